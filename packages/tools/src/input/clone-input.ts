import type { Json, JsonObject } from '@capstan/core'
import { maxInputDepth } from '../limits.ts'

/** An input that is refused before any schema sees it. */
export class InputRefusal extends Error {
  override readonly name = 'InputRefusal'
}

/**
 * Copies an input, so that a tool that changes its input changes neither the history nor another call. Keys such as `constructor`
 * become own properties; `__proto__` is refused, because a later `Object.assign` in a tool would set the prototype with it.
 *
 * @throws {InputRefusal} When it is nested too deep, has a key `__proto__` or a number that is too large.
 */
export function cloneInput(value: Json, depth = 0): Json {
  // JSON has no infinity; a number such as 1e400 becomes one when it is parsed.
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw new InputRefusal('a number in it is too large')
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxInputDepth) throw new InputRefusal(`it is nested deeper than ${maxInputDepth} levels`)
  if (isList(value)) return value.map((item) => cloneInput(item, depth + 1))
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new InputRefusal('the key "__proto__" is not allowed')
    copy[key] = cloneInput(value[key] ?? null, depth + 1)
  }
  return copy
}

/** `Array.isArray` does not narrow readonly arrays. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** True for a JSON object. */
export function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
