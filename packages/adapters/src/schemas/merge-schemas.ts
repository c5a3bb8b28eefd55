import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

type Merge = (left: Json, right: Json) => Json

const tighterLow: Merge = (left, right) => (typeof left === 'number' && typeof right === 'number' ? Math.max(left, right) : left)
const tighterHigh: Merge = (left, right) => (typeof left === 'number' && typeof right === 'number' ? Math.min(left, right) : left)

const byKeyword: Readonly<Record<string, Merge>> = {
  minimum: tighterLow,
  exclusiveMinimum: tighterLow,
  minLength: tighterLow,
  minItems: tighterLow,
  minProperties: tighterLow,
  maximum: tighterHigh,
  exclusiveMaximum: tighterHigh,
  maxLength: tighterHigh,
  maxItems: tighterHigh,
  maxProperties: tighterHigh,
  type: mergeTypes,
  enum: (left, right) => (Array.isArray(left) && Array.isArray(right) ? left.filter((item: Json) => right.some((other: Json) => isSame(item, other))) : left),
  required: (left, right) => [...new Set([...asList(left), ...asList(right)])],
  properties: mergeProperties,
  items: (left, right) => both(left, right),
  additionalProperties: (left, right) => (isJsonObject(left) && isJsonObject(right) ? both(left, right) : left === false || right === false ? false : left),
}

/**
 * One schema for what must fit two. A keyword that cannot be joined stays that of the first; `allOf` keeps the rest.
 */
export function mergeSchemas(first: JsonObject, second: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...first }
  const rest: Record<string, Json> = {}
  for (const [key, value] of Object.entries(second)) {
    const known = merged[key]
    const merge = Object.hasOwn(byKeyword, key) ? byKeyword[key] : undefined
    if (known === undefined || isSame(known, value)) merged[key] = value
    else if (merge !== undefined) merged[key] = merge(known, value)
    else if (key === 'anyOf' || key === 'oneOf' || key === 'pattern' || key === 'format' || key === 'not') rest[key] = value
  }
  return Object.keys(rest).length === 0 ? merged : { ...merged, allOf: [...asList(merged['allOf'] ?? []), rest] }
}

function both(left: Json, right: Json): Json {
  if (left === true) return right
  if (right === true || !isJsonObject(left)) return left
  return isJsonObject(right) ? mergeSchemas(left, right) : right
}

function mergeProperties(left: Json, right: Json): Json {
  if (!isJsonObject(left) || !isJsonObject(right)) return left
  const merged: Record<string, Json> = { ...left }
  for (const [name, schema] of Object.entries(right)) {
    const known = merged[name]
    merged[name] = known === undefined ? schema : both(known, schema)
  }
  return merged
}

function mergeTypes(left: Json, right: Json): Json {
  const second = asList(right)
  const kept = asList(left).filter((type) => second.includes(type) || (type === 'integer' && second.includes('number')))
  const whole = second.filter((type) => type === 'integer' && asList(left).includes('number'))
  const all = [...new Set([...kept, ...whole])]
  return all.length === 1 ? (all[0] ?? left) : all
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value]
}

function isSame(left: Json, right: Json): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
