import { formatCount } from '@capstan/core/internal'
import type { ResultBounds } from './result-bounds.ts'

const maxDepth = 64

/** Caps of one serialisation. */
export type SerialiseLimits = Pick<ResultBounds, 'maxItemCharacters' | 'maxWork'>

/** The JSON text of a value, and whether all of the value was read. */
export interface Serialised {
  readonly text: string
  readonly isWhole: boolean
}

/** Thrown to end a serialisation that would take too long. */
const stop: unique symbol = Symbol('stop')

interface State {
  readonly pieces: string[]
  readonly path: Set<object>
  readonly maxItem: number
  work: number
}

/**
 * Writes any value as JSON text. Never throws: a value without a JSON form becomes a short string that describes it (`"[circular]"`,
 * `"[too deep]"`, `"[threw]"`). BigInt, NaN and Infinity become strings, Map becomes an object or a list of pairs, Set a list, Error
 * `{ name, message }`. Properties that are undefined, functions or symbols are left out, as `JSON.stringify` does. The limits bound the
 * work for any value.
 */
export function serialise(value: unknown, limits: SerialiseLimits): Serialised {
  const state: State = { pieces: [], path: new Set(), maxItem: limits.maxItemCharacters, work: limits.maxWork }
  try {
    writeSafely(state, value)
    return { text: state.pieces.join(''), isWhole: true }
  } catch (error) {
    if (error !== stop) state.pieces.push('"[threw]"')
    return { text: state.pieces.join(''), isWhole: error !== stop }
  }
}

function write(state: State, text: string): void {
  state.pieces.push(text)
  state.work -= text.length
  if (state.work < 0) throw stop
}

/** If a getter, a proxy or a toJSON throws, only its own value is lost. */
function writeSafely(state: State, value: unknown): void {
  const { length } = state.pieces
  try {
    writeValue(state, value)
  } catch (error) {
    if (error === stop) throw error
    state.pieces.length = length
    write(state, '"[threw]"')
  }
}

function writeValue(state: State, value: unknown): void {
  switch (typeof value) {
    case 'string':
      return writeString(state, value)
    case 'number':
      return write(state, Number.isFinite(value) ? String(value) : `"${value}"`)
    case 'bigint':
      return write(state, `"${value}"`)
    case 'boolean':
      return write(state, String(value))
    case 'object':
      return value === null ? write(state, 'null') : writeObject(state, value)
    default:
      return write(state, 'null')
  }
}

/** Cuts the string before escaping it, so that the work does not exceed the cap. */
function writeString(state: State, text: string): void {
  if (text.length <= state.maxItem) return write(state, JSON.stringify(text))
  const half = Math.floor(state.maxItem / 2)
  const note = `[… ${formatCount(text.length - 2 * half)} of ${formatCount(text.length)} characters left out …]`
  write(state, JSON.stringify(`${text.slice(0, half)}${note}${text.slice(-half)}`))
}

function writeObject(state: State, value: object): void {
  if (state.path.has(value)) return write(state, '"[circular]"')
  if (state.path.size >= maxDepth) return write(state, '"[too deep]"')
  state.path.add(value)
  try {
    writeByKind(state, value)
  } finally {
    state.path.delete(value)
  }
}

function writeByKind(state: State, value: object): void {
  if ('toJSON' in value && typeof value.toJSON === 'function' && !(value instanceof Date) && !Buffer.isBuffer(value)) {
    return writeValue(state, Reflect.apply(value.toJSON, value, ['']))
  }
  if (Array.isArray(value)) return writeList(state, value)
  if (value instanceof Map) return writeMap(state, value)
  if (value instanceof Set) return writeIterable(state, value)
  const text = textOf(value)
  if (text !== undefined) return writeString(state, text)
  if (value instanceof Error) return writeEntries(state, { entries: Object.entries({ name: value.name, message: value.message }) })
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return writeValue(state, value.valueOf())
  const own = ownEntries(value)
  // The content of iterators, URLSearchParams, Headers and the like is not in their properties.
  if (own.count === 0 && Symbol.iterator in value && typeof value[Symbol.iterator] === 'function') return writeIterable(state, value as Iterable<unknown>)
  return writeEntries(state, own)
}

/** The text of an object that is a single value, such as a Date, or of one whose content is not in its properties. */
function textOf(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp || value instanceof URL) return String(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[binary data, ${formatCount(value.byteLength)} bytes]`
  const opaque = opaqueKind(value)
  return opaque === undefined ? undefined : `[${opaque}]`
}

/** The kind of an object whose content takes time to read. It is read only if it is the result itself; inside another value it is named. */
function opaqueKind(value: object): string | undefined {
  if (value instanceof Promise) return 'promise'
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) return 'weak reference'
  if (value instanceof Blob) return `blob, ${formatCount(value.size)} bytes`
  if (value instanceof Response) return 'response'
  return Symbol.asyncIterator in value || value instanceof ReadableStream ? 'stream' : undefined
}

/** The entries of an object by name, and their number if it is known. */
interface Entries {
  readonly count?: number
  readonly entries: Iterable<readonly [string, unknown]>
}

function ownEntries(value: object): Entries {
  const keys = Object.keys(value)
  return { count: keys.length, entries: readProperties(value, keys) }
}

function* readProperties(value: object, keys: readonly string[]): Generator<readonly [string, unknown]> {
  for (const key of keys) yield [key, readProperty(value, key)]
}

function readProperty(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return '[threw]'
  }
}

/** True when no more can be shown of one object or list: the rest is only counted. */
function isFull(state: State, startWork: number): boolean {
  return startWork - state.work > 4 * state.maxItem
}

function writeEntries(state: State, { count, entries }: Entries): void {
  const start = state.work
  let read = 0
  let separator = ''
  write(state, '{')
  for (const [key, entry] of entries) {
    if (isFull(state, start)) {
      write(state, `${separator}"[…]":"${leftOut(count === undefined ? undefined : count - read, 'properties')}"`)
      break
    }
    read++
    if (entry === undefined || typeof entry === 'function' || typeof entry === 'symbol') continue
    write(state, separator)
    writeString(state, key)
    write(state, ':')
    writeSafely(state, entry)
    separator = ','
  }
  write(state, '}')
}

function leftOut(count: number | undefined, what: string): string {
  return count === undefined ? `[… more ${what} left out …]` : `[… ${formatCount(count)} ${what} left out …]`
}

function writeMap(state: State, map: Map<unknown, unknown>): void {
  for (const key of map.keys()) if (typeof key !== 'string') return writeIterable(state, map)
  writeEntries(state, { count: map.size, entries: map as Map<string, unknown> }) // the loop above has checked that every key is a string
}

function writeIterable(state: State, iterable: Iterable<unknown>): void {
  const start = state.work
  let separator = ''
  write(state, '[')
  for (const item of iterable) {
    write(state, separator)
    separator = ','
    if (isFull(state, start)) {
      write(state, `"${leftOut(undefined, 'items')}"`)
      break
    }
    writeSafely(state, item)
  }
  write(state, ']')
}

/** Of a list that is longer than the cap, the first and the last items are shown, each within half of the cap. */
function writeList(state: State, list: readonly unknown[]): void {
  const start = state.work
  let index = 0
  write(state, '[')
  for (; index < list.length && start - state.work <= state.maxItem / 2; index++) {
    if (index > 0) write(state, ',')
    writeSafely(state, list[index])
  }
  const tail = lastItems(state, list, index)
  const left = list.length - index - tail.length
  if (left > 0) write(state, `,"${leftOut(left, `of ${formatCount(list.length)} items`)}"`)
  for (const item of tail) write(state, `,${item}`)
  write(state, ']')
}

function lastItems(state: State, list: readonly unknown[], from: number): readonly string[] {
  const start = state.work
  const items: string[] = []
  for (let index = list.length - 1; index >= from && start - state.work <= state.maxItem / 2; index--) {
    const { length } = state.pieces
    writeSafely(state, list[index])
    items.push(state.pieces.splice(length).join(''))
  }
  return items.reverse()
}
