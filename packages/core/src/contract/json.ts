import { finishAtOnce, finishInTurns, Slice, type Steps } from './turns.ts'

/** A JSON value: what is recorded, sent or kept is always one of these. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The type of a value after it was written as JSON and read again: a `Date` is a string, a `Set` a list, a `bigint` a string of its
 * digits. Types that are JSON stay what they are.
 */
export type JsonForm<Value> = unknown extends Value
  ? Value
  : Value extends Json | undefined
    ? Value
    : Value extends bigint
      ? string
      : Value extends { toJSON(): infer Form }
        ? JsonForm<Form>
        : Value extends ReadonlyMap<infer Key, infer Entry>
          ? Key extends string
            ? { [name: string]: JsonForm<Entry> }
            : [JsonForm<Key>, JsonForm<Entry>][]
          : Value extends ReadonlySet<infer Item>
            ? JsonItem<Item>[]
            : Value extends symbol | ((...args: never) => unknown)
              ? undefined
              : Value extends readonly unknown[]
                ? { [Key in keyof Value]: JsonItem<Value[Key]> }
                : { [Key in keyof Value]: JsonForm<Value[Key]> }

/** In a list, what has no form in JSON is `null`. */
type JsonItem<Item> = Item extends undefined | symbol | ((...args: never) => unknown) ? null : JsonForm<Item>

/**
 * Writes a value as JSON and reads it again.
 *
 * @throws {TypeError} When it refers to itself, or has no form in JSON.
 */
function toJsonForm<Value>(value: Value): JsonForm<Value> {
  return readBack(
    JSON.stringify(value, (_key, part: unknown) => jsonPart(part)),
    value,
  )
}

/**
 * The same as `toJsonForm`, for values of which each part must keep what its type says.
 *
 * @throws {TypeError} Also for a number that is not finite and for an invalid date, which JSON would make `null`.
 */
export function toHonestJson<Value>(value: Value): JsonForm<Value> {
  const text = JSON.stringify(value, function (this: unknown, key, part: unknown) {
    const isLost = typeof part === 'number' ? !Number.isFinite(part) : part === null && Reflect.get(Object(this), key) instanceof Date
    if (isLost) throw new TypeError(`${JSON.stringify(key)} has no form in JSON.`)
    return jsonPart(part)
  })
  return readBack(text, value)
}

function jsonPart(part: unknown): unknown {
  if (typeof part === 'bigint') return String(part)
  if (part instanceof Set) return [...part]
  if (part instanceof Map) return [...part.keys()].every((key) => typeof key === 'string') ? Object.fromEntries(part) : [...part]
  return part
}

function readBack<Value>(text: string | undefined, value: Value): JsonForm<Value> {
  if (text === undefined) throw new TypeError(`A ${typeof value} has no form in JSON.`)
  return JSON.parse(text) as JsonForm<Value> // as the type says
}

/** True for a plain JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A deep copy; some times faster than `structuredClone` for the size of a tool's arguments.
 *
 * @throws {RangeError} Where it is nested thousands of levels deep.
 */
export function copyJson(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (!isJsonObject(value)) return value.map(copyJson)
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(value)) setOwn(copy, key, copyJson(value[key] ?? null))
  return copy
}

/**
 * The JSON form of any value, as `toJsonForm` makes it, for records. A large value is read in several turns of the event loop.
 *
 * @returns The form, and whether it is the value itself: plain JSON that a record gives back unchanged. `undefined` for a value that has
 * no JSON form, such as one that contains itself.
 */
export async function jsonFormOf(value: unknown): Promise<{ readonly value: Json; readonly isExact: boolean } | undefined> {
  try {
    const copy = await finishInTurns(copyPlainJson(value, new Slice()))
    if (copy !== undefined) return { value: copy, isExact: true }
    return { value: toJsonForm(value) as Json, isExact: false }
  } catch {
    return undefined
  }
}

/** True for plain JSON, which a record gives back unchanged. */
export function isPlainJson(value: unknown): boolean {
  try {
    return finishAtOnce(copyPlainJson(value, new Slice())) !== undefined
  } catch {
    // It contains itself, or a getter of it threw.
    return false
  }
}

/** The same as `copyJson`, in several turns of the event loop where the value is large. */
export function copyJsonInTurns(value: Json): Json | Promise<Json> {
  return finishInTurns(copyInSteps(value, new Slice()))
}

function* copyInSteps(value: Json, slice: Slice): Steps<Json> {
  const copy = yield* copyPlainJson(value, slice)
  // JSON that was not made by JSON.parse, such as an object with a prototype.
  return copy ?? copyJson(value)
}

/** A deep copy of plain JSON; `undefined` for any other value. */
function* copyPlainJson(value: unknown, slice: Slice): Steps<Json | undefined> {
  if (typeof value !== 'object' || value === null) return isPlainLeaf(value) ? value : undefined
  return Array.isArray(value) ? yield* copyPlainList(value, slice) : yield* copyPlainObject(value, slice)
}

function* copyPlainObject(object: object, slice: Slice): Steps<Json | undefined> {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  const copy: Record<string, Json> = {}
  for (const key of Reflect.ownKeys(object)) {
    if (slice.spend(1)) yield
    const property = Object.getOwnPropertyDescriptor(object, key)
    if (typeof key !== 'string' || property?.enumerable !== true) return undefined
    const copied = yield* copyPlainJson(property.value, slice)
    if (copied === undefined) return undefined
    setOwn(copy, key, copied)
  }
  return copy
}

function* copyPlainList(list: readonly unknown[], slice: Slice): Steps<Json | undefined> {
  if (Object.keys(list).length !== list.length) return undefined
  const copy: Json[] = []
  for (const item of list) {
    if (slice.spend(1)) yield
    const copied = yield* copyPlainJson(item, slice)
    if (copied === undefined) return undefined
    copy.push(copied)
  }
  return copy
}

/** Sets a property of the object itself, whatever its name. */
export function setOwn(object: Record<string, Json>, key: string, value: Json): void {
  // Assigning this key would set the prototype.
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

function isPlainLeaf(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

/** True for the same JSON, whatever the order of keys. */
export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  if (!isJsonObject(left) || !isJsonObject(right)) {
    if (isJsonObject(left) || isJsonObject(right) || left.length !== right.length) return false
    return left.every((item, index) => equalJson(item, right[index]))
  }
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]))
}

/** JSON text that is the same whatever the order of keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (isJsonObject(item) ? sorted(item) : item))
}

function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}

/** Fails to compile if a member of a union is not handled; throws if an unknown member arrives at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`)
}
