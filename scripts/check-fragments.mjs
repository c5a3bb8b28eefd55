// Type-checks the TypeScript of Markdown pages that is not taken from a file. A fragment may use what the packages export without importing it,
// and the names that scripts/docs/fragment-stubs.d.ts declares. `…` stands for what a fragment leaves out of an object or a list;
// a fragment that leaves out what is required has the line `<!-- incomplete -->` above it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publicEntries } from './api/read-exports.mjs'
import { finish, packageNames, projectFiles, readJson, readText, root } from './project-files.mjs'

const folder = join(root, 'examples/dist/fragments')
const block = /(<!-- (?:code: \S+|incomplete) -->\n+)?^( *)```ts\n([\s\S]*?)^ *```$/gm
/** Packages of others that fragments use. */
const others = { z: 'zod', DBOS: '@dbos-inc/dbos-sdk' }
const exported = new Map([
  ...[...publicEntries()]
    .sort((left, right) => Number(left.specifier === 'capstan') - Number(right.specifier === 'capstan'))
    .flatMap(({ specifier, exports }) => exports.map(({ name }) => /** @type {const} */ ([name, specifier]))),
  ...Object.entries(others),
])

/** @type {Map<string, string>} */
const places = new Map()
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const page of projectFiles().filter((path) => path.endsWith('.md') && !path.startsWith('docs/decisions/'))) writeFragments(page)
// A module, because declaration files are not checked themselves.
const stubs = readText('scripts/docs/fragment-stubs.d.ts').replaceAll('declare const', 'const')
writeFileSync(join(folder, 'stubs.ts'), `export {}; declare global {${stubs}}`)
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config()))
const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], {
  cwd: folder,
  encoding: 'utf8',
})
finish(stdout.split('\n').filter(Boolean).map(readable))

/** @param {string} page */
function writeFragments(page) {
  const text = readText(page)
  for (const { 1: marker, 2: indent = '', 3: code = '', index } of text.matchAll(block)) {
    if (marker !== undefined) continue
    const line = text.slice(0, index).split('\n').length
    const name = `${page.replaceAll('/', '_').replace('.md', '')}_${line}.ts`
    places.set(name, `${page}, the code at line ${line}`)
    const complete = code.replaceAll(`\n${indent}`, '\n').replace(/(?<=[{([,] ?)… ?,?\s*/g, '')
    writeFileSync(join(folder, name), `${importsFor(complete)}export {};${complete}`)
  }
}

/** On the first line, so that the lines of errors are those of the fragment. @param {string} code */
function importsFor(code) {
  const declared = new Set(
    [...code.matchAll(/\b(?:const|let|using|function|class|interface|type) (\w+)|^import (?:type )?\{([^}]*)\}/gm)].flatMap(
      ([, one, list]) => one ?? list?.match(/\w+/g) ?? [],
    ),
  )
  const used = new Set(code.match(/\b[A-Za-z_]\w*\b/g))
  const needed = [...used].filter((name) => exported.has(name) && !declared.has(name) && !code.includes(`const { ${name}`))
  return needed.map((name) => `import { ${name} } from '${exported.get(name)}';`).join('')
}

function config() {
  const types = publicEntries().map(({ specifier }) => [specifier, [declarationOf(specifier)]])
  const sdk = join(root, 'packages/dbos/node_modules/@dbos-inc/dbos-sdk')
  return {
    extends: join(root, 'tsconfig.tests.json'),
    compilerOptions: {
      exactOptionalPropertyTypes: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      noUncheckedIndexedAccess: false,
      noPropertyAccessFromIndexSignature: false,
      verbatimModuleSyntax: false,
      paths: { ...Object.fromEntries(types), '@dbos-inc/dbos-sdk': [join(sdk, readJson('packages/dbos/node_modules/@dbos-inc/dbos-sdk/package.json').types)] },
    },
    include: ['*.ts'],
  }
}

/** @param {string} specifier */
function declarationOf(specifier) {
  for (const name of packageNames()) {
    const manifest = readJson(`packages/${name}/package.json`)
    if (specifier !== manifest.name && !specifier.startsWith(`${manifest.name}/`)) continue
    const target = manifest.exports[specifier.replace(manifest.name, '.')]?.types
    if (target !== undefined && existsSync(join(root, 'packages', name, target))) return join(root, 'packages', name, target)
  }
  throw new Error(`No package exports ${specifier}`)
}

/** @param {string} line */
function readable(line) {
  if (/^\s/.test(line)) return line
  const [, name = '', at = '', message = line] = /^(\S+?\.ts)\((\d+),\d+\): error (.*)$/.exec(line) ?? []
  const hint = /Cannot find name|No value exists in scope/.test(message) ? ' Export it, or declare it in scripts/docs/fragment-stubs.d.ts.' : ''
  return `${places.get(name) ?? name}, its line ${at}: ${message}${hint}`
}
