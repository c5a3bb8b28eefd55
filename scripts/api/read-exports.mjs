// Reads what the published packages export, from the declarations that the build writes.
import { posix } from 'node:path'
import { packageNames, readJson, readText } from '../project-files.mjs'

/**
 * @typedef {object} Export
 * @property {string} name
 * @property {string} kind `class`, `function`, `const`, `interface` or `type`.
 * @property {string} summary First sentence of its docstring; empty without one.
 * @property {string} file The declaration, from the root.
 *
 * @typedef {{ specifier: string, exports: readonly Export[] }} Entry
 */

/** All entries of the published packages except those that say they are internal. @returns {readonly Entry[]} */
export function publicEntries() {
  return packageNames()
    .map((folder) => ({ folder, manifest: readJson(`packages/${folder}/package.json`) }))
    .filter(({ manifest }) => !manifest.private)
    .flatMap(({ folder, manifest }) =>
      Object.entries(manifest.exports)
        .filter(([entry, target]) => target.types !== undefined && entry !== './internal')
        .map(([entry, target]) => ({
          specifier: posix.join(manifest.name, entry),
          exports: [...exportsOf(posix.join('packages', folder, target.types)).values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
        })),
    )
}

/** @returns {Map<string, Export>} */
function exportsOf(file) {
  const text = readText(file)
  const found = new Map()
  for (const [, list = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    const source = sourceOf(file, from)
    for (const item of list.split(',')) {
      const [, name, alias = name] = /^\s*(?:type )?(\w+)(?: as (\w+))?\s*$/.exec(item) ?? []
      if (name === undefined || alias === undefined) continue
      found.set(alias, source === undefined ? foreign(alias, from) : { ...exportsOf(source).get(name), name: alias })
    }
  }
  for (const [declaration, comment = '', kind = '', name = ''] of text.matchAll(
    /((?:^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?)^export (?:declare )?(?:abstract )?(class|function|const|interface|type) (\w+)/gm,
  )) {
    // Overloads share the comment of the first one.
    if (declaration && !found.has(name)) found.set(name, { name, kind, summary: summaryOf(comment), file })
  }
  return found
}

/** What a package of others declares. */
function foreign(name, from) {
  return { name, kind: 'function', summary: `Re-exported from \`${from}\`.`, file: from }
}

function sourceOf(file, from) {
  if (from.startsWith('.')) return posix.join(posix.dirname(file), from.replace(/\.js$/, '.d.ts').replace(/(?<!\.d)\.ts$/, '.d.ts'))
  const [, name, entry = ''] = /^(?:@capstan\/)?([\w-]+)(\/.+)?$/.exec(from) ?? []
  if (!from.startsWith('@capstan/') && from !== 'capstan') return undefined
  const { exports } = readJson(`packages/${name}/package.json`)
  return posix.join('packages', name ?? '', exports[`.${entry}`].types)
}

/** First sentence of a docstring, on one line. */
function summaryOf(comment) {
  const text = comment
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .split(/^@/m)[0]
    .split(/\n\s*\n/)[0]
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?[.:](?= |$)(?<!\b(?:e\.g|i\.e)\.)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}
