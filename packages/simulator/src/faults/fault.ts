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
  /** Bytes in pieces of these sizes, over and over, each in a write of its own, with a pause after each. Default [1] and none. */
  | { readonly kind: 'chunking'; readonly sizes?: readonly number[] | undefined; readonly everyMs?: number | undefined }
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
      /** `error.type` and `error.code`; default: the family's words for a 500. */
      readonly type?: string | undefined
      readonly code?: string | undefined
      readonly named?: boolean | undefined
    }
  /** The calls are written as the model's own markup into the text (or the reasoning), with finish reason `stop`. */
  | { readonly kind: 'leaked-markup'; readonly grammar?: MarkupGrammar | undefined; readonly into?: 'text' | 'reasoning' | undefined }
  /** `at-limit`: the output tokens are said to be `max_tokens`, whatever the finish reason. */
  | { readonly kind: 'usage'; readonly value: 'missing' | 'every-event' | 'negative' | 'text' | 'fraction' | 'at-limit' }
  | { readonly kind: 'content-type'; readonly value: string }
  | { readonly kind: 'line-ending'; readonly value: 'crlf' | 'cr' }
  | { readonly kind: 'byte-order-mark' }
  /** The event with this number, from 1, is padded to this many bytes. Default the second. */
  | { readonly kind: 'huge-event'; readonly bytes: number; readonly event?: number | undefined }
  /** This many blank lines or comments before the first event. */
  | { readonly kind: 'flood'; readonly of: 'blank-lines' | 'comments'; readonly count: number }
  | { readonly kind: 'redirect'; readonly status?: number | undefined; readonly location?: string | undefined }
  /** A compressed body; `corrupt: true` breaks it in the middle; `bombBytes` comments of so many bytes come before it. */
  | {
      readonly kind: 'gzip'
      readonly corrupt?: boolean | undefined
      readonly encoding?: 'gzip' | 'br' | 'deflate' | undefined
      readonly bombBytes?: number | undefined
    }
  /** A Content-Length that is wrong by this many bytes. */
  | { readonly kind: 'content-length'; readonly by: number }
  /** A whole body although a stream was asked for: the completion, an error, or the completion in an envelope. */
  | { readonly kind: 'json-body'; readonly of?: 'completion' | 'error' | 'envelope' | undefined }
  /** Nothing listens: connections are refused, for ever or for so long. Strikes the whole simulator. */
  | { readonly kind: 'refuse'; readonly forMs?: number | undefined }
  /** What comes instead of a TLS handshake, to a client that was told `https`. Strikes connections, not requests. */
  | { readonly kind: 'handshake'; readonly answer: 'silence' | 'http' | 'alert' | 'reset' | 'close' }
  /** The response ends within its status line and headers, after so many bytes. */
  | { readonly kind: 'cut-headers'; readonly bytes: number; readonly end?: 'close' | 'reset' | undefined }
  /** Bytes that are no chunk of a chunked body. Default in mid-stream. */
  | { readonly kind: 'bad-chunk'; readonly at?: Place | undefined }
  /** A text with bytes that are no UTF-8, an escaped lone surrogate, or a character that the end of the body cuts. */
  | { readonly kind: 'invalid-utf8'; readonly of: 'lone' | 'overlong' | 'truncated' | 'surrogate' }
  /** The same events in a form that the standard allows. */
  | { readonly kind: 'framing'; readonly as: Framing }
  /** A text with NUL and other control characters: raw, which is no JSON, or escaped. */
  | { readonly kind: 'control-characters'; readonly as: 'raw' | 'escaped' }
  /** One more event in mid-stream, of a form that some servers send. */
  | { readonly kind: 'odd-event'; readonly as: OddEvent }
  /** One more event with text for the choice with this index (JSON, or a word). */
  | { readonly kind: 'choice-index'; readonly value: string }
  /** Tool calls are numbered otherwise. */
  | { readonly kind: 'call-index'; readonly as: 'missing' | 'same' | 'gaps' | 'from-one' | 'huge' | 'reversed' }
  /** Tool calls are identified otherwise. */
  | { readonly kind: 'call-id'; readonly as: 'missing' | 'empty' | 'repeated' | 'every-fragment' | 'long' | 'non-ascii' }
  /** Tool calls are named otherwise. */
  | { readonly kind: 'call-name'; readonly as: 'split' | 'late' | 'empty' | 'long' | 'prefixed' | 'suffixed' | 'every-fragment' }
  /** The last call has arguments that are not what its tool takes. */
  | { readonly kind: 'call-arguments'; readonly as: OddArguments }
  /** Arguments come in pieces of so many characters, of all calls in turn with `interleaved`. Default 1. */
  | { readonly kind: 'fragments'; readonly characters?: number | undefined; readonly interleaved?: boolean | undefined }
  /** The last call comes so many times. */
  | { readonly kind: 'many-calls'; readonly count: number }
  /** Reasoning comes in another field, in two, or as tags in the text. */
  | { readonly kind: 'reasoning-field'; readonly as: 'reasoning' | 'reasoning_text' | 'both' | 'think-tags' }
  /** So many more bytes of text, in events of 16 KiB of it (or `eventBytes`). */
  | { readonly kind: 'long-text'; readonly bytes: number; readonly eventBytes?: number | undefined }
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
  /** Value of `Retry-After`: seconds, any text, or `date+2` and `date-2`: an HTTP date so many seconds from now. */
  readonly retryAfter?: number | string | undefined
  /** Value of `retry-after-ms`. */
  readonly retryAfterMs?: number | undefined
  /** Value of `x-should-retry`. */
  readonly shouldRetry?: boolean | undefined
  /** True: the message repeats the key of the request, as some relays do. */
  readonly echoKey?: boolean | undefined
  /** Default: what the model's family says for the status. */
  readonly message?: string | undefined
  /** `error.type`. */
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Instead of the family's error object. A string is sent as it is. */
  readonly body?: Json | undefined
}

/** Forms of a stream that the standard allows. */
export type Framing = 'no-space' | 'multi-line' | 'mixed-endings' | 'fields' | 'no-last-break'

/** Events that hold nothing, or something that is no text. */
export type OddEvent =
  | 'empty-choices'
  | 'no-choices'
  | 'no-delta'
  | 'null-delta'
  | 'null-content'
  | 'number-content'
  | 'array-content'
  | 'object-content'
  | 'choices-object'

/** Arguments of a call that are hard to read. */
export type OddArguments =
  | 'empty'
  | 'null'
  | 'array'
  | 'object'
  | 'double-encoded'
  | 'trailing-comma'
  | 'trailing-text'
  | 'concatenated'
  | 'duplicate-keys'
  | 'huge-number'
  | 'deep'
  | 'proto'
  | 'cut'

/** The markup that a family of models writes when its tool calls are not parsed. */
export type MarkupGrammar = 'kimi' | 'deepseek-v3' | 'deepseek-v3.1' | 'deepseek-v3.2' | 'deepseek-v4' | 'deepseek-v4.1'

/** Names of the faults. */
export type FaultKind = Fault['kind']

/** One kind of fault. */
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>

/** A fault and the requests that it strikes. */
export interface FaultRule {
  readonly fault: Fault
  /** Numbers of requests, from 1; default `all`. Faults of connections count connections. */
  readonly requests?: readonly number[] | 'all' | 'first' | undefined
  /** How often it strikes a request that it could: 0 to 1, default 1. Which ones follows from the simulator's seed. */
  readonly probability?: number | undefined
}

/**
 * The faults that strike the request with this number, from 1, in the order of the rules.
 *
 * @param fraction - A number from 0 up to 1 for a label: the dice of rules with a probability.
 */
export function faultsFor(rules: readonly FaultRule[], requestNumber: number, fraction: (label: string) => number): readonly Fault[] {
  return rules
    .filter(({ requests = 'all', probability = 1 }, index) => {
      if (!strikes(requests, requestNumber)) return false
      return probability >= 1 || fraction(`fault ${index} request ${requestNumber}`) < probability
    })
    .map((rule) => rule.fault)
}

function strikes(requests: readonly number[] | 'all' | 'first', requestNumber: number): boolean {
  if (requests === 'all') return true
  return requests === 'first' ? requestNumber === 1 : requests.includes(requestNumber)
}
