import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** The types of JSON Schema. */
export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null'

const typeNames: readonly string[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] satisfies readonly TypeName[]

/** All types, each once: `number` holds every `integer`. */
export const anyTypes: readonly TypeName[] = ['string', 'number', 'boolean', 'object', 'array', 'null']

/** True for the name of a type. */
export function isTypeName(value: Json | undefined): value is TypeName {
  return typeof value === 'string' && typeNames.includes(value)
}

/** The type that a keyword speaks of. */
export const typeOfKeyword: Readonly<Record<string, 'string' | 'number' | 'array' | 'object'>> = {
  minLength: 'string',
  maxLength: 'string',
  pattern: 'string',
  format: 'string',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  items: 'array',
  prefixItems: 'array',
  minItems: 'array',
  maxItems: 'array',
  uniqueItems: 'array',
  contains: 'array',
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  patternProperties: 'object',
  propertyNames: 'object',
  minProperties: 'object',
  maxProperties: 'object',
  dependentRequired: 'object',
}

/** Keywords that constrain a value and that no flavour has. They are added to the description. */
export const alwaysInWords: readonly string[] = [
  ...['not', 'if', 'then', 'else', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'patternProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas', 'examples', 'contentEncoding', 'contentMediaType'],
]

/** The type of a value. */
export function typeOfValue(value: Json): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (isJsonObject(value)) return 'object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'string' ? 'string' : 'boolean'
}

/** True when a value is of a type. */
export function fitsType(value: Json, type: TypeName): boolean {
  const own = typeOfValue(value)
  return own === type || (own === 'integer' && type === 'number')
}

/** The types that a schema without `type` can mean: those that its keywords speak of. */
export function inferTypes(schema: JsonObject): readonly TypeName[] {
  const values = Array.isArray(schema['enum']) ? schema['enum'] : schema['const'] === undefined ? [] : [schema['const']]
  if (values.length > 0) return [...new Set(values.map((value: Json) => typeOfValue(value)))]
  const types = new Set<TypeName>()
  for (const key of Object.keys(schema)) {
    const type = Object.hasOwn(typeOfKeyword, key) ? typeOfKeyword[key] : undefined
    if (type !== undefined) types.add(type)
  }
  return types.size === 0 ? anyTypes : [...types]
}

const maxWords = 2_000

/** A keyword and its value, for a description. */
export function inWords(key: string, value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `${key}: ${text.length <= maxWords ? text : `${text.slice(0, maxWords)}…`}`
}
