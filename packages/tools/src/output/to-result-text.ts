import { capEnds, capText, formatCount } from '@capstan/core/internal'
import { noOutput } from '../limits.ts'
import { plainJsonText } from './plain-json-text.ts'
import { isBinary, readStream } from './read-stream.ts'
import type { ResultBounds } from './result-bounds.ts'
import { serialise } from './serialise.ts'

/** Options of `toResultText`. */
export interface ResultOptions extends ResultBounds {
  /** Stops the reading of streams. */
  readonly signal: AbortSignal
}

/**
 * Converts the return value of a tool to a text for the model. Strings stay as they are; bytes that are text become this text, other bytes
 * become a note with their size; `Response`, `Blob`, streams and async iterables are read, up to a cap. `undefined`, `null` and `''`
 * become `(no output)`. Everything else becomes JSON. Throws only what a stream throws.
 */
export async function toResultText(value: unknown, options: ResultOptions): Promise<string> {
  const text = typeof value === 'object' && value !== null ? await objectText(value, options) : plainText(value, options)
  return text === '' ? noOutput : text
}

function plainText(value: unknown, { maxBytes }: ResultOptions): string {
  switch (typeof value) {
    case 'undefined':
    case 'object': // null
      return ''
    case 'string':
      return capText(value, maxBytes)
    case 'function':
      return '[function]'
    case 'symbol':
      return capText(String(value), maxBytes)
    default:
      return capText(String(value), maxBytes)
  }
}

async function objectText(value: object, options: ResultOptions): Promise<string> {
  const bytes = safely(() => bytesOf(value))
  if (bytes !== undefined) return bytesText(bytes, options.maxBytes)
  if (safely(() => value instanceof Response) === true) return await responseText(value as Response, options) // just checked
  const stream = safely(() => streamOf(value))
  if (stream !== undefined) return await readStream(stream, options, options.signal)
  const plain = options.maxPlainCharacters > 0 ? await plainJsonText(value, options.maxPlainCharacters) : undefined
  if (plain !== undefined) return plain
  const { text, isWhole } = serialise(value, options)
  return isWhole ? capText(text, options.maxBytes) : capEnds({ head: text, tail: '', size: text.length, note: 'the rest was not read' }, options.maxBytes)
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined
}

function streamOf(value: object): AsyncIterable<unknown> | undefined {
  if (value instanceof Blob) return value.stream()
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function' ? (value as AsyncIterable<unknown>) : undefined // just checked
}

async function responseText(response: Response, options: ResultOptions): Promise<string> {
  const status = response.ok ? '' : `HTTP ${response.status} ${response.statusText}`.trimEnd()
  const body = response.body === null ? '' : await readStream(response.body, options, options.signal)
  return [status, body].filter((part) => part !== '').join('\n\n')
}

function bytesText(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.byteLength === 0) return ''
  const head = bytes.subarray(0, maxBytes)
  const text = decodeText(head)
  if (isBinary(head) || text === undefined) return `[binary data, ${formatCount(bytes.byteLength)} bytes, not shown]`
  if (bytes.byteLength <= maxBytes) return text
  const tail = new TextDecoder().decode(bytes.subarray(-maxBytes)).replace(/^\uFFFD+/, '')
  return capEnds({ head: text, tail, size: bytes.byteLength, unit: 'bytes' }, maxBytes)
}

/** Decodes UTF-8; `undefined` if the bytes are not UTF-8. An incomplete character at the end is dropped. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}

/** Reading any property of a proxy may throw. */
function safely<Result>(ask: () => Result): Result | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
