import { isJsonObject } from '@capstan/core/internal'

const keyword = 'x-mcp-header'
const maxDepth = 64

/**
 * Finds an `x-mcp-header` in an input schema that breaks the rules of the protocol. Over HTTP, such a tool must not be offered: the header
 * that it asks for could not be sent, or would say something else than the arguments.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#custom-headers
 */
export function findBadHeader(schema: unknown): string | undefined {
  return findIn(schema, { isReachable: false, depth: 0, seen: new Set() })
}

interface Position {
  /** True for a property that is reached through `properties` only. */
  readonly isReachable: boolean
  readonly depth: number
  /** Names of headers, in lower case. */
  readonly seen: Set<string>
}

function findIn(schema: unknown, position: Position): string | undefined {
  if (Array.isArray(schema)) return firstOf(schema, (entry) => findIn(entry, { ...position, isReachable: false }))
  if (!isJsonObject(schema) || position.depth > maxDepth) return undefined
  const { properties, ...others } = schema
  const { [keyword]: header, ...rest } = others
  const problem = header === undefined ? undefined : problemOf(header, rest['type'], position)
  const deeper = { ...position, depth: position.depth + 1 }
  const isOpen = position.isReachable || position.depth === 0
  return (
    problem ??
    firstOf(isJsonObject(properties) ? Object.values(properties) : [], (entry) => findIn(entry, { ...deeper, isReachable: isOpen })) ??
    firstOf(Object.values(rest), (entry) => findIn(entry, { ...deeper, isReachable: false }))
  )
}

function problemOf(header: unknown, type: unknown, { isReachable, seen }: Position): string | undefined {
  if (!isReachable) return `${keyword} stands where it is not allowed`
  if (typeof header !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) return `the value of ${keyword} is not the name of a header`
  if (!['string', 'integer', 'boolean'].includes(String(type))) return `${keyword} stands beside a type that is not string, integer or boolean`
  const name = header.toLowerCase()
  if (seen.has(name)) return `two properties have the same ${keyword}`
  seen.add(name)
  return undefined
}

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
