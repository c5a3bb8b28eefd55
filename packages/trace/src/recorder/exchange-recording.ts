import { isUtf8 } from 'node:buffer'
import type { ObservedRequest, ResponseObserver } from '@capstan/core'
import { keyOfExchange } from '../format/exchange-key.ts'
import type { ExchangeLine, TracedRequest, TracedResponse } from '../format/lines.ts'
import { redactURL } from '../format/redact-url.ts'
import { type Chunk, type CleanBody, cleanBody } from './body.ts'
import type { ByteBudget } from './byte-budget.ts'
import { shownResponseHeaders } from './headers.ts'
import type { Redact } from './stream-texts.ts'

/** What one recording needs of its recorder. */
export interface RecordingParts {
  readonly id: number
  /** True to write the key of the exchange. */
  readonly isKeyed: boolean
  /** Replaces what must not be recorded in a body. */
  readonly clean: (text: string, kind: 'request' | 'response') => string
  readonly budget: ByteBudget
  readonly onEnd: (line: ExchangeLine) => void
}

/** Collects one exchange, and makes its line when it ends. */
export class ExchangeRecording implements ResponseObserver {
  readonly #parts: RecordingParts
  readonly #redact: Redact
  readonly #place: ObservedRequest['origin']
  readonly #request: TracedRequest
  readonly #chunks: Chunk[] = []
  #response: TracedResponse | undefined
  readonly #requestBytes: number
  #responseBytes = 0
  #omittedBytes = 0

  constructor(request: ObservedRequest, parts: RecordingParts) {
    const { method, body, at, origin } = request
    this.#parts = parts
    this.#redact = request.redact
    this.#place = origin
    const isKept = parts.budget.take(body.length, 0)
    this.#requestBytes = isKept ? body.length : 0
    const headers = cleanHeaders(request.headers, request.redact)
    this.#request = { method, url: redactURL(request.url), headers, ...(isKept ? this.#bodyOf(body) : { body: '', omittedBytes: body.length }), at }
  }

  onHeaders(status: number, headers: Readonly<Record<string, string>>, at: number): void {
    this.#response = { status, headers: redactValues(shownResponseHeaders(headers, this.#request.url), this.#redact), at }
  }

  onChunk(chunk: Uint8Array, at: number): void {
    const isKept = this.#omittedBytes === 0 && this.#parts.budget.take(chunk.length, this.#responseBytes)
    if (!isKept) {
      this.#omittedBytes += chunk.length
      return
    }
    this.#responseBytes += chunk.length
    this.#chunks.push([Math.round((at - this.#request.at) * 10) / 10, Buffer.from(chunk)])
  }

  onEnd(at: number): void {
    this.#end(at)
  }

  onError({ code, message, retryable }: Parameters<ResponseObserver['onError']>[0], at: number): void {
    this.#end(at, { code, message: this.#redact(message), retryable })
  }

  #bodyOf(body: Uint8Array): Pick<TracedRequest, 'body' | 'bodyEncoding'> {
    if (!isUtf8(body)) return { body: Buffer.from(body).toString('base64'), bodyEncoding: 'base64' }
    return { body: this.#parts.clean(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'), 'request') }
  }

  #end(at: number, error?: ExchangeLine['error']): void {
    const { id, isKeyed, budget, onEnd } = this.#parts
    budget.give(this.#requestBytes + this.#responseBytes)
    const request = this.#request
    const { response, chunks } = this.#cleanResponse()
    onEnd({
      type: 'exchange',
      id,
      ...this.#place,
      ...(isKeyed && { key: keyOfExchange({ request }) }),
      request,
      ...(response !== undefined && { response }),
      chunks: chunks.map(([ms, chunk]) => [ms, chunk.toString('base64')]),
      ...(error !== undefined && { error }),
      endAt: at,
    })
  }

  #cleanResponse(): { readonly response: TracedResponse | undefined; readonly chunks: readonly Chunk[] } {
    const response = this.#response
    if (response === undefined) return { response, chunks: [] }
    const encoding = (response.headers['content-encoding'] ?? '').trim().toLowerCase()
    const clean = cleanBody(this.#chunks, encoding, (text) => this.#parts.clean(text, 'response'))
    const omittedBytes = this.#omittedBytes + (clean === undefined ? this.#responseBytes : 0)
    const headers = headersOf(response, clean?.change)
    return { response: { ...response, headers, ...(omittedBytes > 0 && { omittedBytes }) }, chunks: clean?.chunks ?? [] }
  }
}

/** By the headers that are sent, which are one object for many requests. */
const cleaned = new WeakMap<ObservedRequest['headers'], ObservedRequest['headers']>()

function cleanHeaders(headers: ObservedRequest['headers'], redact: Redact): ObservedRequest['headers'] {
  let clean = cleaned.get(headers)
  if (clean === undefined) {
    clean = redactValues(headers, redact)
    cleaned.set(headers, clean)
  }
  return clean
}

function redactValues(headers: Readonly<Record<string, string>>, redact: Redact): Readonly<Record<string, string>> {
  const joined = Object.values(headers).join('\n')
  if (redact(joined) === joined) return headers
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value)]))
}

// The length of a body that was changed is another one.
function headersOf({ headers }: TracedResponse, change: CleanBody['change'] = 'none'): TracedResponse['headers'] {
  if (change === 'none') return headers
  const { 'content-length': _, ...rest } = headers
  return change === 'decoded' ? { ...rest, 'content-encoding': 'identity' } : rest
}
