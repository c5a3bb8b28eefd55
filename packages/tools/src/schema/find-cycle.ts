import { isJsonObject, resolveReference } from '@capstan/core/internal'
import { walkSchemas } from './walk-schemas.ts'

/**
 * Finds a schema that refers to itself without entering a property or an item: checking a value against it would never end.
 *
 * @returns The JSON pointer of the schema, or `undefined`.
 */
export function findCycle(root: Readonly<Record<string, unknown>>): string | undefined {
  const finished = new Set<unknown>()
  for (const { schema, pointer } of walkSchemas(root)) {
    if (leadsToItself(schema, { root, current: new Set(), finished })) return pointer
  }
  return undefined
}

interface Search {
  readonly root: unknown
  /** The chain of schemas for the same value that led to this one. */
  readonly current: Set<unknown>
  /** Schemas that were searched completely without finding a cycle. */
  readonly finished: Set<unknown>
}

function leadsToItself(schema: unknown, search: Search): boolean {
  if (!isJsonObject(schema) || search.finished.has(schema)) return false
  if (search.current.has(schema)) return true
  search.current.add(schema)
  const isCycle = sameValueSchemas(schema, search.root).some((other) => leadsToItself(other, search))
  search.current.delete(schema)
  if (!isCycle) search.finished.add(schema)
  return isCycle
}

/** The schemas that are applied to the same value as this one. */
function sameValueSchemas(schema: Readonly<Record<string, unknown>>, root: unknown): readonly unknown[] {
  const lists = [schema['allOf'], schema['anyOf'], schema['oneOf']].flatMap((list) => (Array.isArray(list) ? list : []))
  const maps = [schema['dependentSchemas'], schema['dependencies']].flatMap((map) => (isJsonObject(map) ? Object.values(map) : []))
  const references = ['$ref', '$dynamicRef', '$recursiveRef'].map((keyword) => resolveReference(root, schema[keyword]))
  return [...lists, ...maps, ...references, schema['not'], schema['if'], schema['then'], schema['else']]
}
