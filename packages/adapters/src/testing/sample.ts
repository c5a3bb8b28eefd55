import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/**
 * Values near a schema, for tests: some fit it, some nearly do. The same seed gives the same value.
 *
 * @param next - A source of numbers from 0 up to 1.
 */
export function sampleOf(schema: Json, next: () => number, { root = schema as JsonObject, depth = 0 }: { root?: JsonObject; depth?: number } = {}): Json {
  if (!isJsonObject(schema) || depth > 6 || next() < 0.08) return pick(['x', 3, 2.5, true, null, {}, []], next)
  const inner = { root, depth: depth + 1 }
  const { $ref: reference, anyOf, oneOf, enum: values, const: constant, type } = schema
  if (typeof reference === 'string') return sampleOf(follow(root, reference), next, inner)
  const branches = anyOf ?? oneOf
  if (Array.isArray(branches) && branches.length > 0) return sampleOf(pick(branches, next), next, inner)
  if (constant !== undefined) return constant
  if (Array.isArray(values) && values.length > 0) return pick(values, next)
  return ofType(Array.isArray(type) ? pick(type, next) : (type ?? 'object'), schema, { next, inner })
}

function ofType(type: Json, schema: JsonObject, { next, inner }: { next: () => number; inner: { root: JsonObject; depth: number } }): Json {
  switch (type) {
    case 'object': {
      const properties = isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : []
      const kept = properties.filter(() => next() < 0.85).map(([name, child]) => [name, sampleOf(child, next, inner)])
      return Object.fromEntries(next() < 0.2 ? [...kept, ['other', 'x']] : kept)
    }
    case 'array':
      return Array.from({ length: Math.floor(next() * 4) }, () => sampleOf(schema['items'] ?? {}, next, inner))
    case 'string':
      return pick(['', 'a', 'abc', 'hello', 'x'.repeat(12)], next)
    case 'integer':
      return Math.floor(next() * 30) - 10
    case 'number':
      return Math.round(next() * 300) / 10 - 10
    case 'boolean':
      return next() < 0.5
    default:
      return null
  }
}

function pick<Item>(items: readonly Item[], next: () => number): Item {
  // The lists are never empty.
  return items[Math.floor(next() * items.length)] as Item
}

function follow(root: JsonObject, reference: string): Json {
  let place: Json = root
  for (const key of reference.split('/').slice(1)) place = (place as JsonObject)[key] ?? {}
  return place
}

/** Numbers from 0 up to 1 that depend only on the seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed + 0x6d2b79f5
  return () => {
    state = Math.imul(state ^ (state >>> 15), 1 | state)
    state ^= state + Math.imul(state ^ (state >>> 7), 61 | state)
    return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296
  }
}
