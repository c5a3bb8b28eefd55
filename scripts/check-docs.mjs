// Checks Markdown pages: links, code that is taken from files, and the names that other code blocks import.
import { publicEntries } from './api/read-exports.mjs'
import { embedCode } from './docs/embedded-code.mjs'
import { deadLinks } from './docs/links.mjs'
import { finish, projectFiles, readText } from './project-files.mjs'

const exported = new Map(publicEntries().map(({ specifier, exports }) => [specifier, new Set(exports.map(({ name }) => name))]))
const block = /^```(?:ts|tsx|js|mjs|typescript)\n([\s\S]*?)^```/gm
const imports = /\bimport (?:type )?\{([^}]*)\} from '([^']+)'/g

const pages = projectFiles().filter((path) => path.endsWith('.md'))
finish(pages.flatMap((path) => [...deadLinks(path), ...checkCode(path)]))

function checkCode(path) {
  const { text, problems } = embedCode(path)
  const changed = text === readText(path) ? [] : [`${path}: its code is not that of the files it names: npm run docs`]
  // A decision is a record of its day: its names may be gone.
  const blocks = path.startsWith('docs/decisions/') ? [] : [...text.matchAll(block)]
  return [...problems, ...changed, ...blocks.flatMap(([, code = '']) => checkImports(path, code))]
}

function checkImports(path, code) {
  return [...code.matchAll(imports)].flatMap(([, list = '', specifier = '']) => {
    if (!/^(?:@capstan\/|capstan(?:\/|$))/.test(specifier)) return []
    const names = exported.get(specifier)
    if (names === undefined) return [`${path}: imports from '${specifier}', which no package exports`]
    return namesIn(list)
      .filter((name) => !names.has(name))
      .map((name) => `${path}: imports '${name}' from '${specifier}', which does not export it`)
  })
}

function namesIn(list) {
  return list.split(',').flatMap((item) => /^\s*(?:type )?(\w+)/.exec(item)?.[1] ?? [])
}
