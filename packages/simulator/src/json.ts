/** Any JSON value, readonly. */
export type Json = string | number | boolean | null | JsonArray | JsonObject

/** A JSON array, readonly. */
export type JsonArray = readonly Json[]

/** A JSON object, readonly. A key with `undefined` is omitted when it is written. */
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a JSON array; unlike `Array.isArray` it keeps the element type. */
export function isArray(value: Json | undefined): value is JsonArray {
  return Array.isArray(value)
}

/** The value when it is an object, else an empty one. */
export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

/** The value when it is an array, else an empty one. */
export function asArray(value: Json | undefined): JsonArray {
  return isArray(value) ? value : []
}

/** The value when it is a string, else `undefined`. */
export function asString(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Parses JSON; `undefined` when the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    // JSON.parse returns nothing but JSON values.
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The value that the text holds as JSON, else the text itself. */
export function jsonOrText(text: string): Json {
  const parsed = parseJson(text)
  return parsed === undefined ? text : parsed
}

/** JSON text with sorted keys: equal values give equal text. */
export function canonicalJson(value: Json | undefined): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const entries = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
  return `{${entries.join(',')}}`
}
