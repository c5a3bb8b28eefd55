import type { Json, JsonObject } from '@capstan/core'
import { escapePointer, resolveReference } from '../schema/check-schema.ts'
import { isList, isRecord } from './clone-input.ts'

/** A path into an input: property names and array indexes. */
export type InputPath = readonly string[]

/** An input after changes without loss, and where they were made: JSON pointers. */
export interface Coercion {
  readonly value: Json
  readonly pointers: readonly string[]
}

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

const typeNames: readonly TypeName[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const maxReferences = 32

/**
 * Changes values that failed validation to the type that the schema asks for, where nothing is lost: `"5"` to `5`, `"true"` to
 * `true`, JSON in a string to what it says, a single value to a list of it, `null` for an optional property to its absence.
 *
 * @param paths - Where validation failed: nothing else is touched.
 * @returns `undefined` when nothing can be changed.
 */
export function coerceInput(value: Json, schema: JsonObject, paths: readonly InputPath[]): Coercion | undefined {
  const pointers = new Set<string>()
  let result = value
  for (const path of paths) {
    const found = valueAt(result, path)
    if (found === undefined) continue
    const change = coerceValue(found, path, schema)
    if (change === undefined) continue
    result = replaceAt(result, path, change)
    pointers.add(toPointer(path))
  }
  return pointers.size === 0 ? undefined : { value: result, pointers: [...pointers] }
}

/** A path as JSON pointer; the whole input is the empty pointer. */
export function toPointer(path: InputPath): string {
  return path.map((segment) => `/${escapePointer(segment)}`).join('')
}

/** The value at a path; `undefined` when there is none. */
export function valueAt(value: Json, path: InputPath): Json | undefined {
  let place: Json | undefined = value
  for (const key of path) {
    if (place === undefined || place === null || typeof place !== 'object' || !Object.hasOwn(place, key)) return undefined
    place = isList(place) ? place[Number(key)] : place[key]
  }
  return place
}

const removed: unique symbol = Symbol('removed')

function coerceValue(value: Json, path: InputPath, root: JsonObject): Json | typeof removed | undefined {
  const types = allowedTypes(schemasAt(root, path), root)
  if (types === undefined || types.has(typeOf(value)) || (typeof value === 'number' && types.has('number'))) return undefined
  if (value === null) return isOptional(path, root) ? removed : undefined
  const converted = typeof value === 'string' ? fromText(value, types) : fromNumber(value, types)
  if (converted !== undefined) return converted
  return types.has('array') && !isList(value) ? [value] : undefined
}

function fromNumber(value: Json, types: ReadonlySet<TypeName>): Json | undefined {
  return types.has('string') && Number.isSafeInteger(value) ? String(value) : undefined
}

function fromText(text: string, types: ReadonlySet<TypeName>): Json | undefined {
  const trimmed = text.trim()
  if ((types.has('number') || types.has('integer')) && isExactNumber(trimmed)) return Number(trimmed)
  if (types.has('boolean') && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  if (types.has('null') && trimmed === 'null') return null
  const parsed = /^[[{]/.test(trimmed) ? parseJson(trimmed) : undefined
  return parsed !== undefined && types.has(typeOf(parsed)) ? parsed : undefined
}

/** Decimal JSON numbers that a double holds without loss: up to 15 digits. */
function isExactNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && text.replace(/\D/g, '').length <= 15
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function typeOf(value: Json): TypeName {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as 'string' | 'boolean' | 'object' // the only types of JSON that are left
}

/** All schemas that may describe the place, through references and unions. */
function schemasAt(root: JsonObject, path: InputPath): readonly JsonObject[] {
  let schemas = expand([root], root)
  for (const key of path)
    schemas = expand(
      schemas.flatMap((schema) => childrenAt(schema, key)),
      root,
    )
  return schemas
}

function childrenAt(schema: JsonObject, key: string): readonly JsonObject[] {
  const properties = schema['properties']
  const own = isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
  const prefix = schema['prefixItems']
  const item = prefix !== undefined && isList(prefix) ? prefix[Number(key)] : undefined
  return [own ?? schema['additionalProperties'], item ?? schema['items']].filter(isRecord)
}

function expand(schemas: readonly JsonObject[], root: JsonObject): readonly JsonObject[] {
  const found = new Set<JsonObject>(schemas)
  for (const schema of found) {
    if (found.size > maxReferences) break
    const reference = resolveReference(root, schema['$ref'])
    const parts = [schema['anyOf'], schema['oneOf'], schema['allOf']].flatMap((list) => (list !== undefined && isList(list) ? list : []))
    for (const part of [...parts, reference as Json | undefined]) if (isRecord(part)) found.add(part) // references lead inside the JSON schema
  }
  return [...found]
}

/** `undefined` when the schemas do not say. */
function allowedTypes(schemas: readonly JsonObject[], root: JsonObject): ReadonlySet<TypeName> | undefined {
  const types = new Set<TypeName>()
  for (const schema of schemas) {
    const named = [schema['type']].flat()
    const values = [schema['enum'], schema['const']].flat().filter((value) => value !== undefined)
    for (const name of typeNames) if (named.includes(name)) types.add(name)
    if (named[0] === undefined) for (const value of values) types.add(typeOf(value as Json)) // flattened parts of a JSON schema
    const isOpen = named[0] === undefined && values.length === 0 && expand([schema], root).length === 1
    if (isOpen) return undefined
  }
  return types.size === 0 ? undefined : types
}

function isOptional(path: InputPath, root: JsonObject): boolean {
  const key = path.at(-1)
  const parents = schemasAt(root, path.slice(0, -1)).filter((schema) => isRecord(schema['properties']))
  return (
    key !== undefined &&
    parents.length > 0 &&
    parents.every((schema) => !(schema['required'] !== undefined && isList(schema['required']) && schema['required'].includes(key)))
  )
}

function replaceAt(value: Json, path: InputPath, change: Json | typeof removed): Json {
  const [key, ...rest] = path
  if (key === undefined) return change === removed ? null : change
  if (isList(value)) return value.map((item, index) => (String(index) === key && change !== removed ? replaceAt(item, rest, change) : item))
  if (!isRecord(value)) return value
  const entries = Object.entries(value)
  if (rest.length === 0 && change === removed) return Object.fromEntries(entries.filter(([name]) => name !== key))
  return Object.fromEntries(entries.map(([name, entry]) => [name, name === key ? replaceAt(entry, rest, change) : entry]))
}
