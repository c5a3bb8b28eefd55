import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { Dialect } from './dialect.ts'
import { escapeSegment } from './references.ts'

/**
 * Makes sure that a schema which refers to itself has an end that the checker of the endpoint sees. Moonshot's does not accept a list
 * as one, although it may be empty: a required list of the schema itself becomes optional then, which the local check of arguments makes good.
 *
 * @returns The schema, changed where it had to be; `undefined` where it has no end at all.
 */
export function endRecursion(root: JsonObject, dialect: Dialect): JsonObject | undefined {
  const settled = findEnds(root, dialect)
  if (settled.isWhole) return root
  const loosened = loosenLists(root, { ends: settled.ends, listsEnd: dialect.listsEnd })
  if (!isJsonObject(loosened)) return undefined
  return findEnds(loosened, dialect).isWhole ? loosened : undefined
}

interface Ends {
  /** References whose targets end. */
  readonly ends: ReadonlySet<string>
  /** Whether the schema itself has one. */
  readonly isWhole: boolean
}

function findEnds(root: JsonObject, { definitions: key, listsEnd }: Dialect): Ends {
  const { [key]: named = {}, ...top } = root
  const definitions = isJsonObject(named) ? Object.entries(named) : []
  const ends = new Set<string>()
  let before = -1
  // Each round can settle schemas that refer to those settled before.
  while (ends.size > before) {
    before = ends.size
    for (const [name, schema] of definitions) if (hasEnd(schema, { ends, listsEnd })) ends.add(`#/${key}/${escapeSegment(name)}`)
    if (hasEnd(top, { ends, listsEnd })) ends.add('#')
  }
  return { ends, isWhole: ends.has('#') }
}

interface Known {
  readonly ends: ReadonlySet<string>
  readonly listsEnd: boolean
}

function hasEnd(schema: Json | undefined, known: Known): boolean {
  if (!isJsonObject(schema)) return true
  const { $ref: reference, anyOf, properties, required, items } = schema
  if (typeof reference === 'string') return known.ends.has(reference)
  if (Array.isArray(anyOf)) return anyOf.some((branch: Json) => hasEnd(branch, known))
  if (isJsonObject(items)) return known.listsEnd || hasEnd(items, known)
  if (!isJsonObject(properties) || !Array.isArray(required)) return true
  return required.every((name: Json) => hasEnd(properties[String(name)], known))
}

function loosenLists(value: Json, known: Known): Json {
  if (Array.isArray(value)) return value.map((item: Json) => loosenLists(item, known))
  if (!isJsonObject(value)) return value
  const changed = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, key === 'enum' ? child : loosenLists(child, known)]))
  const { properties, required } = changed
  if (!isJsonObject(properties) || !Array.isArray(required)) return changed
  const isEndlessList = (name: Json): boolean => {
    const property = properties[String(name)]
    return isJsonObject(property) && property['type'] === 'array' && !hasEnd(property, known)
  }
  return { ...changed, required: required.filter((name: Json) => !isEndlessList(name)) }
}
