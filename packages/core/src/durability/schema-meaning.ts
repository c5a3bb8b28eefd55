import { isJsonObject, type Json, type JsonObject } from '../contract/json.ts'

/** Keywords that only describe: changing them changes no input that a schema accepts. */
const wording: ReadonlySet<string> = new Set(['title', 'description', 'examples', '$comment', '$schema', 'deprecated', 'readOnly', 'writeOnly'])
/** Keywords whose value is an object of schemas by name. */
const schemaMaps: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
/** Keywords whose value is data, where a key named `description` is data too. */
const data: ReadonlySet<string> = new Set(['const', 'default', 'enum'])

/**
 * What a JSON Schema means for inputs: the schema without the keywords that only describe, its required names in one order. Two schemas with
 * equal meanings accept the same inputs, so an approval given under one of them counts under the other.
 *
 * @see https://json-schema.org/draft/2020-12/json-schema-validation#section-9
 */
export function schemaMeaning(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(schemaMeaning)
  if (!isJsonObject(schema)) return schema
  const meant = Object.entries(schema).filter(([keyword]) => !wording.has(keyword))
  return Object.fromEntries(meant.map(([keyword, value]) => [keyword, meaningOf(keyword, value)]))
}

function meaningOf(keyword: string, value: Json): Json {
  if (data.has(keyword)) return value
  if (keyword === 'required' && Array.isArray(value)) return [...value].sort()
  if (schemaMaps.has(keyword) && isJsonObject(value)) return mapValues(value)
  return schemaMeaning(value)
}

function mapValues(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaMeaning(schema)]))
}
