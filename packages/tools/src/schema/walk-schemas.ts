import { escapePointer, isJsonObject } from '@capstan/core/internal'

/** Keywords whose value is a schema. */
const schemaKeywords: readonly string[] = [
  ...['additionalProperties', 'items', 'additionalItems', 'contains', 'not', 'if', 'then', 'else'],
  ...['propertyNames', 'unevaluatedItems', 'unevaluatedProperties'],
]
/** Keywords whose value is a list of schemas. */
export const listKeywords: readonly string[] = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
/** Keywords whose value is an object of schemas. */
export const mapKeywords: readonly string[] = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']

/** A value in the position of a schema, and the JSON pointer to it. */
export interface FoundSchema {
  readonly schema: unknown
  readonly pointer: string
}

/** All schemas of a document, each before those inside it. Malformed schemas are not entered. */
export function* walkSchemas(schema: unknown, pointer: string = ''): Generator<FoundSchema> {
  yield { schema, pointer }
  if (!isJsonObject(schema)) return
  for (const { way, child } of childrenOf(schema)) yield* walkSchemas(child, `${pointer}/${way}`)
}

interface Child {
  readonly way: string
  readonly child: unknown
}

function* childrenOf(schema: Readonly<Record<string, unknown>>): Generator<Child> {
  for (const keyword of schemaKeywords) {
    // Before draft 2020-12, a tuple was a list of schemas in `items`.
    if (schema[keyword] !== undefined && !Array.isArray(schema[keyword])) yield { way: keyword, child: schema[keyword] }
  }
  for (const keyword of ['items', ...listKeywords, ...mapKeywords]) {
    const children = schema[keyword]
    const isList = Array.isArray(children)
    if (!isList && (keyword === 'items' || !isJsonObject(children))) continue
    for (const [name, child] of Object.entries(children)) {
      // Before draft 2019-09, a dependency was a list of names or a schema.
      if (keyword !== 'dependencies' || !Array.isArray(child)) yield { way: `${keyword}/${escapePointer(name)}`, child }
    }
  }
}
