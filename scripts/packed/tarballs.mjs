// Packs the published packages, and checks the contents of the tarballs.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm as pnpmName } from '../install-folder.mjs'
import { packageNames, readJson, root } from '../project-files.mjs'
import { runCommand } from './run-command.mjs'

/** Arguments of npx. */
export const pnpm = ['-y', pnpmName]

/**
 * Packs all published packages into a folder.
 *
 * @returns {Promise<{ name: string, version: string, file: string, bytes: number, paths: string[] }[]>}
 */
export async function packAll(folder) {
  const names = packageNames().map((name) => readJson(`packages/${name}/package.json`))
  const filters = names.filter((manifest) => !manifest.private).flatMap(({ name }) => ['--filter', name])
  const output = await runCommand('npx', [...pnpm, '-r', ...filters, 'pack', '--json', '--pack-destination', folder], { cwd: root })
  // pnpm prints what each package runs before it is packed first, with `--json` too.
  const packed = JSON.parse(output.slice(output.search(/^\[$/m)))
  return packed.map(({ name, version, filename, files }) => ({
    name,
    version,
    file: filename,
    bytes: statSync(filename).size,
    paths: files.map(({ path }) => path),
  }))
}

/** npm would leave `workspace:*` in what it packs: it must be refused. */
export async function refusesNpm() {
  const folders = packageNames().filter((name) => !readJson(`packages/${name}/package.json`).private)
  for (const name of folders) {
    const packing = runCommand('npm', ['pack', '--dry-run'], { cwd: join(root, 'packages', name) })
    const message = await packing.then(
      () => 'npm packed it',
      (error) => String(error.message),
    )
    if (!message.includes("dependencies as 'workspace:*'")) throw new Error(`${name}: ${message}`)
  }
}

/** What is wrong with a package as it is unpacked in `folder`. */
export function problemsOf({ name, paths }, folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return [
    ...needed(manifest)
      .filter((path) => !existsSync(join(folder, path)))
      .map((path) => `${name}: ${path} is missing`),
    ...paths.filter((path) => /\.test\.|\/testing\/|type-tests|tsbuildinfo|^scripts\//.test(path)).map((path) => `${name}: ${path} must not be packed`),
    ...paths
      .filter((path) => path.endsWith('.map'))
      .flatMap((path) => lostSources(folder, path).map((source) => `${name}: ${path} points to ${source}, which is not packed`)),
    ...(/"(?:workspace|catalog):/.test(JSON.stringify(manifest)) ? [`${name}: a dependency has no real version`] : []),
    ...(Object.keys(manifest.scripts ?? {}).some((script) => /install|prepare/.test(script)) ? [`${name}: runs code when it is installed`] : []),
  ]
}

/** All files that the manifest names, and those that belong into every package. */
function needed({ bin = {}, exports = {} }) {
  const targets = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
  return [...targets, ...Object.values(bin), 'README.md', 'LICENSE']
}

/** A map whose source is gone was left behind by an earlier build: the file beside it must not be published. */
function lostSources(folder, path) {
  const { sources } = JSON.parse(readFileSync(join(folder, path), 'utf8'))
  return sources.filter((source) => !existsSync(join(folder, path, '..', source)))
}
