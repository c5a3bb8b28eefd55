import type { Json } from '../json.ts'
import type { Place } from '../wire/places.ts'

/** Something that goes wrong with an answer. `faultNames` lists the kinds with their meaning. */
export type Fault =
  | StatusFault
  | { readonly kind: 'reset'; readonly at: Place }
  | { readonly kind: 'close'; readonly at: Place }
  /** `keepAliveMs`: comments at this interval while nothing else comes; only after the headers. */
  | { readonly kind: 'stall'; readonly at: Place; readonly keepAliveMs?: number | undefined }
  /** The body ends after this many bytes; the response ends properly, unless `end` says otherwise. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly end?: 'end' | 'close' | 'reset' | undefined }
  /** Comments before the first event (blank lines before a body that is no stream). Default 3, every 10 ms. */
  | { readonly kind: 'keep-alive'; readonly count?: number | undefined; readonly everyMs?: number | undefined; readonly comment?: string | undefined }
  /** Bytes in pieces of these sizes, over and over, each in a write of its own. Default [1]. */
  | { readonly kind: 'chunking'; readonly sizes?: readonly number[] | undefined }
  /** A pause before each event. */
  | { readonly kind: 'slow'; readonly everyMs: number }
  /** The event with this number, from 1, is replaced by broken JSON (or `data`). Default 2. */
  | { readonly kind: 'malformed'; readonly event?: number | undefined; readonly data?: string | undefined }
  /** The event with this number, from 1, is sent twice. Default 2. */
  | { readonly kind: 'duplicate'; readonly event?: number | undefined }
  /** The stream ends without a finish reason; `done: false` leaves the end mark out too. */
  | { readonly kind: 'no-finish'; readonly done?: boolean | undefined }
  | { readonly kind: 'no-done' }
  /** An event after the end mark. */
  | { readonly kind: 'after-done'; readonly data?: string | undefined }
  | { readonly kind: 'html'; readonly status?: number | undefined; readonly bytes?: number | undefined }
  /** Finish reason `length`: the last tool call, else the text, else the reasoning, keeps its first part. Default half of it. */
  | { readonly kind: 'length'; readonly keepCharacters?: number | undefined }
  /** Finish reason `stop` without text and calls; `reasoning: true` keeps the reasoning. */
  | { readonly kind: 'empty'; readonly reasoning?: boolean | undefined }
  | { readonly kind: 'finish-reason'; readonly value: string }
  /** An error object in the stream, then the end. `named: true` sends it as `event: error`. */
  | {
      readonly kind: 'error-event'
      readonly at?: 'first' | 'mid-stream' | undefined
      readonly message?: string | undefined
      readonly named?: boolean | undefined
    }
  /** The calls are written as the model's own markup into the text (or the reasoning), with finish reason `stop`. */
  | { readonly kind: 'leaked-markup'; readonly grammar?: MarkupGrammar | undefined; readonly into?: 'text' | 'reasoning' | undefined }
  | { readonly kind: 'usage'; readonly value: 'missing' | 'every-event' | 'negative' | 'text' }
  | { readonly kind: 'content-type'; readonly value: string }
  | { readonly kind: 'line-ending'; readonly value: 'crlf' | 'cr' }
  | { readonly kind: 'byte-order-mark' }
  /** The event with this number, from 1, is padded to this many bytes. Default the second. */
  | { readonly kind: 'huge-event'; readonly bytes: number; readonly event?: number | undefined }
  /** This many blank lines or comments before the first event. */
  | { readonly kind: 'flood'; readonly of: 'blank-lines' | 'comments'; readonly count: number }
  | { readonly kind: 'redirect'; readonly status?: number | undefined; readonly location?: string | undefined }
  /** A compressed body; `corrupt: true` breaks it in the middle. */
  | { readonly kind: 'gzip'; readonly corrupt?: boolean | undefined }
  /** A Content-Length that is wrong by this many bytes. */
  | { readonly kind: 'content-length'; readonly by: number }
  /** A whole body although a stream was asked for: the completion, an error, or the completion in an envelope. */
  | { readonly kind: 'json-body'; readonly of?: 'completion' | 'error' | 'envelope' | undefined }
  /** Bytes that are no HTTP, instead of the status line. */
  | { readonly kind: 'garbage' }
  /** This many extra headers. */
  | { readonly kind: 'many-headers'; readonly count: number }
  /** A whole answer, after which the connection is closed without a word. */
  | { readonly kind: 'hang-up' }

/** An error status instead of the answer. */
export interface StatusFault {
  readonly kind: 'status'
  readonly status: number
  /** Value of `Retry-After`: seconds, or any text. */
  readonly retryAfter?: number | string | undefined
  /** Default: what the model's family says for the status. */
  readonly message?: string | undefined
  /** `error.type`. */
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Instead of the family's error object. A string is sent as it is. */
  readonly body?: Json | undefined
}

/** The markup that a family of models writes when its tool calls are not parsed. */
export type MarkupGrammar = 'kimi' | 'deepseek-v3' | 'deepseek-v3.1' | 'deepseek-v3.2' | 'deepseek-v4' | 'deepseek-v4.1'

/** Names of the faults. */
export type FaultKind = Fault['kind']

/** One kind of fault. */
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>

/** A fault and the requests that it strikes. */
export interface FaultRule {
  readonly fault: Fault
  /** Numbers of requests, from 1; default `all`. */
  readonly requests?: readonly number[] | 'all' | 'first' | undefined
}

/** The faults that strike the request with this number, from 1, in the order of the rules. */
export function faultsFor(rules: readonly FaultRule[], requestNumber: number): readonly Fault[] {
  return rules.filter(({ requests = 'all' }) => strikes(requests, requestNumber)).map((rule) => rule.fault)
}

function strikes(requests: readonly number[] | 'all' | 'first', requestNumber: number): boolean {
  if (requests === 'all') return true
  return requests === 'first' ? requestNumber === 1 : requests.includes(requestNumber)
}
