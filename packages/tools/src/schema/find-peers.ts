import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Loads all copies of an optional peer that can be found: beside this package, then in the current folder of the process.
 * Uses `require`, because `tool()` is synchronous and the peers ship CommonJS. Bundlers do not follow it.
 */
export function findPeers<Module>(name: string, isModule: (value: unknown) => value is Module): readonly Module[] {
  return bases().flatMap((base) => {
    try {
      const found: unknown = createRequire(base)(name)
      return isModule(found) ? [found] : []
    } catch {
      return []
    }
  })
}

function bases(): readonly string[] {
  // In a CommonJS bundle `import.meta` is empty.
  const own: unknown = import.meta.url
  const current = join(process.cwd(), 'package.json')
  return typeof own === 'string' && own.startsWith('file:') ? [own, current] : [current]
}
