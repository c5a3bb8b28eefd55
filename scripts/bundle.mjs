// Joins the built files of a package into a few files for publishing: reading and linking a hundred small modules takes longer than
// everything else that `import 'capstan'` does. The workspace itself runs on the plain files.
//   node scripts/bundle.mjs         the package in this folder, as scripts/prepack.mjs calls it
//   node scripts/bundle.mjs --all   every package whose `publishConfig` exports joined files
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { packageNames, root } from './project-files.mjs'

const folders = process.argv.includes('--all') ? packageNames().map((name) => join(root, 'packages', name)) : [process.cwd()]
await Promise.all(folders.map(bundle))

/** @param {string} folder */
async function bundle(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const input = entriesOf(manifest)
  if (Object.keys(input).length === 0) return
  const out = join(folder, 'dist/bundle')
  rmSync(out, { recursive: true, force: true })
  // Other packages stay imports, so that there is one copy of core for all of them.
  // Comments with the paths of the joined modules are for whoever debugs the bundler.
  const experimental = { attachDebugInfo: /** @type {const} */ ('none') }
  const work = await rolldown({ cwd: folder, input, external: /^[^./]/, platform: 'node', logLevel: 'warn', experimental })
  // One file holds what the first entry reads and others share: more files would take longer to read.
  const [first = ''] = Object.values(input)
  const read = filesReadBy(join(folder, first))
  const codeSplitting = { groups: [{ name: 'shared', minShareCount: 2, test: (id) => read.has(id) }] }
  // The documentation is in the type declarations, which are published too. Bundlers read `sideEffects` of the package, not annotations of calls.
  await work.write({
    dir: out,
    format: 'esm',
    comments: { jsdoc: false, annotation: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name]-[hash].js',
    codeSplitting,
  })
  await work.close()
}

/**
 * A built file and all files of its package that it imports statically.
 *
 * @param {string} file
 * @param {Set<string>} found
 */
function filesReadBy(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"()]*?["'](\.[^"']+)["']/gm)) {
    filesReadBy(join(dirname(file), specifier), found)
  }
  return found
}

/** The built files to join, by the names of the joined files: what is exported in the workspace, and as `publishConfig` exports it. */
function entriesOf({ name, exports = {}, bin = {}, publishConfig }) {
  if (publishConfig?.exports === undefined) return {}
  const plain = [...Object.values(exports).flatMap((target) => target.default ?? []), ...Object.values(bin)]
  const published = [...Object.values(publishConfig.exports).flatMap((target) => target.default ?? []), ...Object.values(publishConfig.bin ?? {})]
  const expected = plain.map((path) => path.replace('./dist/', './dist/bundle/'))
  if (JSON.stringify(published) !== JSON.stringify(expected)) throw new Error(`${name}: publishConfig must export ${expected.join(', ')}, in this order`)
  return Object.fromEntries(plain.map((path) => [path.replace(/^\.\/dist\/|\.js$/g, ''), path]))
}
