import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { escapeSegment } from './references.ts'

/**
 * Makes sure that a schema which refers to itself has an end that Moonshot's checker sees: it takes no list for one, as an empty
 * list would be. A required list of the schema itself becomes optional then, which the local check of arguments makes good.
 *
 * @returns The schema, changed where it had to be; `undefined` where it has no end at all.
 */
export function endRecursion(root: JsonObject): JsonObject | undefined {
  const settled = findEnds(root)
  if (settled.isWhole) return root
  const loosened = loosenLists(root, settled.ends)
  if (!isJsonObject(loosened)) return undefined
  return findEnds(loosened).isWhole ? loosened : undefined
}

interface Ends {
  /** References whose places have an end. */
  readonly ends: ReadonlySet<string>
  /** Whether the schema itself has one. */
  readonly isWhole: boolean
}

function findEnds(root: JsonObject): Ends {
  const { $defs = {}, ...top } = root
  const definitions = isJsonObject($defs) ? Object.entries($defs) : []
  const ends = new Set<string>()
  let before = -1
  // Each round can settle what refers to the places settled before.
  while (ends.size > before) {
    before = ends.size
    for (const [name, schema] of definitions) if (hasEnd(schema, ends)) ends.add(`#/$defs/${escapeSegment(name)}`)
    if (hasEnd(top, ends)) ends.add('#')
  }
  return { ends, isWhole: ends.has('#') }
}

function hasEnd(schema: Json | undefined, ends: ReadonlySet<string>): boolean {
  if (!isJsonObject(schema)) return true
  const { $ref: reference, anyOf, properties, required, items } = schema
  if (typeof reference === 'string') return ends.has(reference)
  if (Array.isArray(anyOf)) return anyOf.some((branch: Json) => hasEnd(branch, ends))
  if (isJsonObject(items)) return hasEnd(items, ends)
  if (!isJsonObject(properties) || !Array.isArray(required)) return true
  return required.every((name: Json) => hasEnd(properties[String(name)], ends))
}

function loosenLists(value: Json, ends: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((item: Json) => loosenLists(item, ends))
  if (!isJsonObject(value)) return value
  const changed = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, key === 'enum' ? child : loosenLists(child, ends)]))
  const { properties, required } = changed
  if (!isJsonObject(properties) || !Array.isArray(required)) return changed
  const isEndlessList = (name: Json): boolean => {
    const property = properties[String(name)]
    return isJsonObject(property) && property['type'] === 'array' && !hasEnd(property, ends)
  }
  return { ...changed, required: required.filter((name: Json) => !isEndlessList(name)) }
}
