import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject, type Steps } from '@capstan/core/internal'
import type { Work } from '../interpreter/work.ts'
import { maxInputDepth } from '../limits.ts'

/** An input that is refused before any schema checks it. */
export class InputRefusal extends Error {
  override readonly name = 'InputRefusal'
}

/**
 * Copies an input, so that a tool that changes its input changes neither the history nor another call. Keys such as `constructor`
 * become own properties; `__proto__` is refused, because a later `Object.assign` in a tool would set the prototype with it.
 *
 * @throws {InputRefusal} If it is nested too deeply, or has a key `__proto__` or an infinite number.
 */
export function* cloneInput(value: Json, work: Work, depth = 0): Steps<Json> {
  if (typeof value !== 'object' || value === null) return cloneLeaf(value)
  if (depth >= maxInputDepth) throw new InputRefusal(`it is nested deeper than ${maxInputDepth} levels`)
  return isJsonObject(value) ? yield* cloneObject(value, work, depth) : yield* cloneList(value, work, depth)
}

function* cloneList(list: readonly Json[], work: Work, depth: number): Steps<Json> {
  const copy: Json[] = []
  for (const item of list) {
    if (work.spend(1)) yield
    copy.push(typeof item === 'object' ? yield* cloneInput(item, work, depth + 1) : cloneLeaf(item))
  }
  return copy
}

function* cloneObject(object: JsonObject, work: Work, depth: number): Steps<Json> {
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(object)) {
    if (key === '__proto__') throw new InputRefusal('the key "__proto__" is not allowed')
    if (work.spend(1)) yield
    const item = object[key] ?? null
    copy[key] = typeof item === 'object' ? yield* cloneInput(item, work, depth + 1) : cloneLeaf(item)
  }
  return copy
}

function cloneLeaf<Leaf extends Json>(value: Leaf): Leaf {
  // JSON has no infinity, but a number such as 1e400 becomes Infinity when it is parsed.
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw new InputRefusal('a number in it is too large')
  return value
}
