import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { isPlainNumber, type TypedContext } from './context.ts'
import { inWords } from './keywords.ts'

/** The keywords of an array. A list of schemas, one for each position, becomes one schema for all positions. */
export function lowerArray(schema: JsonObject, context: TypedContext): JsonObject {
  const { position, lowering } = context
  const { items } = schema
  const bounds = keepBounds(schema, ['minItems', 'maxItems'], context)
  const tuple = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : items
  if (Array.isArray(tuple)) return { ...bounds, ...lowerTuple(tuple, schema, context) }
  if (items === false) return { ...bounds, ...(lowering.dialect.keywords.array.includes('maxItems') && { maxItems: 0 }) }
  if (items === undefined || items === true || (isJsonObject(items) && Object.keys(items).length === 0)) {
    if (lowering.dialect.closed) lowering.refuse(`${position.pointer}/items`, 'items of any type cannot be sent in strict mode: give them a `type`.')
    return bounds
  }
  return { ...bounds, ...lowerItems(items, { ...context, position: { ...position, pointer: `${position.pointer}/items` } }) }
}

function lowerItems(items: Json, { position, lowering }: TypedContext): JsonObject {
  const lowered = lowering.lower(items, { ...position, isRequired: false })
  return lowered === undefined ? {} : { items: lowered }
}

function lowerTuple(tuple: readonly Json[], { items, prefixItems, additionalItems }: JsonObject, context: TypedContext): JsonObject {
  const { position, lowering, words } = context
  const key = prefixItems === tuple ? 'prefixItems' : 'items'
  const rest = key === 'items' ? additionalItems : items
  const at = { ...position, pointer: `${position.pointer}/${key}` }
  if (tuple.length === 0) lowering.refuse(at.pointer, 'expected a schema.')
  words.push(inWords('by place', tuple))
  if (rest === undefined || rest === true) return {}
  return lowerItems({ anyOf: rest === false ? tuple : [...tuple, rest] }, { ...context, position: at })
}

/** The keywords of a string. */
export function lowerString(schema: JsonObject, context: TypedContext): JsonObject {
  const { lowering, words } = context
  const { keywords, formats } = lowering.dialect
  const kept: Record<string, Json> = {}
  for (const key of ['pattern', 'format']) {
    const value = schema[key]
    if (value === undefined) continue
    const isKept = keywords.string.includes(key) && (key !== 'format' || formats.includes(String(value)))
    if (isKept) kept[key] = value
    else words.push(inWords(key, value))
  }
  return { ...kept, ...keepBounds(schema, ['minLength', 'maxLength'], context) }
}

/** Sizes: integers >= 0. */
function keepBounds(schema: JsonObject, [low, high]: readonly [string, string], { position, lowering, words }: TypedContext): JsonObject {
  const kept: Record<string, Json> = {}
  for (const key of [low, high]) {
    const value = schema[key]
    if (value === undefined) continue
    if (!Number.isInteger(value) || Number(value) < 0) lowering.refuse(`${position.pointer}/${key}`, 'expected a whole number of at least 0.')
    if (Object.values(lowering.dialect.keywords).flat().includes(key)) kept[key] = value
    else words.push(inWords(key, value))
  }
  if (Number(schema[low] ?? 0) > Number(schema[high] ?? Number.POSITIVE_INFINITY)) {
    lowering.refuse(`${position.pointer}/${low}`, `it is greater than \`${high}\`: no value fits.`)
  }
  return kept
}

interface Bound {
  readonly key: string
  readonly isLow: boolean
  /** The inclusive bound of integers that replaces an exclusive one. */
  readonly included?: 'minimum' | 'maximum'
}

const bounds: readonly Bound[] = [
  { key: 'minimum', isLow: true },
  { key: 'maximum', isLow: false },
  { key: 'exclusiveMinimum', isLow: true, included: 'minimum' },
  { key: 'exclusiveMaximum', isLow: false, included: 'maximum' },
]

/** The keywords of a number. An exclusive bound becomes the next integer, or is added to the description. */
export function lowerNumber(schema: JsonObject, context: TypedContext): JsonObject {
  const { position, lowering, words } = context
  const kept: Record<string, number> = {}
  for (const bound of bounds) lowerBound(schema, bound, { ...context, kept })
  const { multipleOf } = schema
  if (typeof multipleOf === 'number') {
    if (lowering.dialect.keywords.number.includes('multipleOf') && isPlainNumber(multipleOf)) kept['multipleOf'] = multipleOf
    else words.push(inWords('multipleOf', multipleOf))
  }
  if ((kept['minimum'] ?? Number.NEGATIVE_INFINITY) > (kept['maximum'] ?? Number.POSITIVE_INFINITY)) {
    lowering.refuse(`${position.pointer}/minimum`, 'it is greater than `maximum`: no value fits.')
  }
  return kept
}

function lowerBound(schema: JsonObject, bound: Bound, context: TypedContext & { readonly kept: Record<string, number> }): void {
  const { position, lowering, words, kept } = context
  const { key, isLow } = bound
  const value = schema[key]
  if (value === undefined || typeof value === 'boolean') return
  if (typeof value !== 'number') return lowering.refuse(`${position.pointer}/${key}`, 'expected a number.')
  const isWhole = schema['type'] === 'integer'
  const found = lowering.dialect.keywords.number.includes(key) ? ownBound(value, bound, isWhole) : nextBound(value, bound, isWhole)
  if (found === undefined || !isPlainNumber(found.value)) words.push(inWords(key, value))
  else kept[found.name] = (isLow ? Math.max : Math.min)(kept[found.name] ?? found.value, found.value)
}

interface NamedBound {
  readonly name: string
  readonly value: number
}

function ownBound(value: number, { key, isLow, included }: Bound, isWhole: boolean): NamedBound {
  if (!isWhole || included !== undefined) return { name: key, value }
  return { name: key, value: isLow ? Math.ceil(value) : Math.floor(value) }
}

function nextBound(value: number, { isLow, included }: Bound, isWhole: boolean): NamedBound | undefined {
  if (!isWhole || included === undefined) return undefined
  return { name: included, value: isLow ? Math.floor(value) + 1 : Math.ceil(value) - 1 }
}
