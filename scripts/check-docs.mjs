// Compares the code blocks of docs and READMEs with what the packages export.
import { publicEntries } from './api/read-exports.mjs'
import { finish, projectFiles, readText } from './project-files.mjs'

const exported = new Map(publicEntries().map(({ specifier, exports }) => [specifier, new Set(exports.map(({ name }) => name))]))
const block = /^```(?:ts|tsx|js|mjs|typescript)\n([\s\S]*?)^```/gm
const imports = /\bimport (?:type )?\{([^}]*)\} from '([^']+)'/g

// A decision is a record of its day: its names may be gone.
const pages = projectFiles().filter((path) => path.endsWith('.md') && !path.startsWith('docs/decisions/'))
finish(pages.flatMap((path) => [...readText(path).matchAll(block)].flatMap(([, code = '']) => checkImports(path, code))))

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
