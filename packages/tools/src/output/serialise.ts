import { formatCount } from './cap-text.ts'

const maxDepth = 64
/** A whole text of this many times the cap is still read, so that its tail can be shown; beyond, the end is not read. */
const workFactor = 40

/** Caps of one serialisation. */
export interface SerialiseLimits {
  /** Longest string, most items and most keys that can fit into the result. */
  readonly maxBytes: number
}

/** JSON text of a value, and whether all of it was read. */
export interface Serialised {
  readonly text: string
  readonly isWhole: boolean
}

/** Ends a serialisation that would take too long. */
const stop: unique symbol = Symbol('stop')

interface State {
  readonly pieces: string[]
  readonly path: Set<object>
  readonly maxBytes: number
  work: number
}

/**
 * Writes any value as JSON text, without ever throwing: what JSON has no form for becomes a short string that says what it was
 * (`"[circular]"`, `"[too deep]"`, `"[threw]"`). BigInt, NaN and Infinity become strings, Map becomes an object or a list of pairs,
 * Set a list, Error `{ name, message }`. Properties that are undefined, functions or symbols are left out, as JSON does.
 * The work is bounded by the limits, whatever the value is.
 */
export function serialise(value: unknown, limits: SerialiseLimits): Serialised {
  const state: State = { pieces: [], path: new Set(), maxBytes: limits.maxBytes, work: limits.maxBytes * workFactor }
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

/** A getter, a proxy or a toJSON that throws costs its own value, not the whole. */
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

/** Cut before it is escaped, so that a string of any length costs no more than the cap. */
function writeString(state: State, text: string): void {
  if (text.length <= state.maxBytes) return write(state, JSON.stringify(text))
  const half = Math.floor(state.maxBytes / 2)
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
  if (Array.isArray(value)) return writeList(state, { count: value.length, at: (index) => value[index] })
  if (value instanceof Map) return writeMap(state, value)
  if (value instanceof Set) return writeIterable(state, value)
  const text = textOf(value)
  if (text !== undefined) return writeString(state, text)
  if (value instanceof Error) return writeEntries(state, Object.entries({ name: value.name, message: value.message }))
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return writeValue(state, value.valueOf())
  return writeEntries(state, ownEntries(value))
}

/** The form of objects that are one value, and the names of those whose content is not in their properties. */
function textOf(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp || value instanceof URL) return String(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[binary data, ${formatCount(value.byteLength)} bytes]`
  const opaque = opaqueKind(value)
  return opaque === undefined ? undefined : `[${opaque}]`
}

/** Things whose content takes time to read: read where they are the whole result, named where they are a part of it. */
function opaqueKind(value: object): string | undefined {
  if (value instanceof Promise) return 'promise'
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) return 'weak reference'
  if (value instanceof Blob) return `blob, ${formatCount(value.size)} bytes`
  if (value instanceof Response) return 'response'
  return Symbol.asyncIterator in value || value instanceof ReadableStream ? 'stream' : undefined
}

function* ownEntries(value: object): Generator<readonly [string, unknown]> {
  for (const key of Object.keys(value)) yield [key, readProperty(value, key)]
}

const threw = '[threw]'

function readProperty(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return threw
  }
}

function writeEntries(state: State, entries: Iterable<readonly [string, unknown]>): void {
  write(state, '{')
  let count = 0
  for (const [key, entry] of entries) {
    if (entry === undefined || typeof entry === 'function' || typeof entry === 'symbol') continue
    if (count++ > 0) write(state, ',')
    writeString(state, key)
    write(state, ':')
    writeSafely(state, entry)
  }
  write(state, '}')
}

function writeMap(state: State, map: Map<unknown, unknown>): void {
  for (const key of map.keys()) if (typeof key !== 'string') return writeIterable(state, map)
  writeEntries(state, map as Map<string, unknown>) // every key was just seen to be a string
}

function writeIterable(state: State, iterable: Iterable<unknown>): void {
  write(state, '[')
  let count = 0
  for (const item of iterable) {
    if (count++ > 0) write(state, ',')
    writeSafely(state, item)
  }
  write(state, ']')
}

interface List {
  readonly count: number
  readonly at: (index: number) => unknown
}

/** A list of more items than can fit is shown with its first and its last ones. */
function writeList(state: State, { count, at }: List): void {
  const shown = Math.min(count, state.maxBytes)
  const head = Math.ceil(shown / 2)
  write(state, '[')
  for (let index = 0; index < shown; index++) {
    if (index > 0) write(state, ',')
    if (index === head && shown < count) write(state, `"[… ${formatCount(count - shown)} of ${formatCount(count)} items left out …]",`)
    writeSafely(state, at(index < head ? index : count - shown + index))
  }
  write(state, ']')
}
