import type { Json } from '../json.ts'
import type { Position } from '../wire/positions.ts'

/** A fault that can be applied to a response. `faultHelp` describes every kind. */
export type Fault =
  | StatusFault
  | { readonly kind: 'reset'; readonly at: Position }
  | { readonly kind: 'close'; readonly at: Position }
  /** `keepAliveMs`: the interval of comments while nothing else is sent; only after the headers. */
  | { readonly kind: 'stall'; readonly at: Position; readonly keepAliveMs?: number | undefined }
  /** The body ends after this many bytes. The response ends properly, unless `end` says otherwise. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly end?: 'end' | 'close' | 'reset' | undefined }
  /** Comments before the first event; blank lines before a body that is not a stream. Default 3, every 10 ms. */
  | { readonly kind: 'keep-alive'; readonly count?: number | undefined; readonly everyMs?: number | undefined; readonly comment?: string | undefined }
  /** The sizes of consecutive writes, repeated until the end, with a pause after each write. Default [1] and no pause. */
  | { readonly kind: 'chunking'; readonly sizes?: readonly number[] | undefined; readonly everyMs?: number | undefined }
  /** A pause before each event. */
  | { readonly kind: 'slow'; readonly everyMs: number }
  /** The event with this number, from 1, is replaced by broken JSON (or `data`). Default 2. */
  | { readonly kind: 'malformed'; readonly event?: number | undefined; readonly data?: string | undefined }
  /** The event with this number, from 1, is sent twice. Default 2. */
  | { readonly kind: 'duplicate'; readonly event?: number | undefined }
  /**
   * No finish reason is sent. `done: false` omits the end mark too. `usage: true` keeps the usage that a stream ends with.
   * `as`: how the finish reason of a JSON body, or of the last event with `usage: true`, is written; default `null`.
   */
  | {
      readonly kind: 'no-finish'
      readonly done?: boolean | undefined
      readonly usage?: boolean | undefined
      readonly as?: 'null' | 'missing' | 'empty' | undefined
    }
  | { readonly kind: 'no-done' }
  /** An event after the end mark. */
  | { readonly kind: 'after-done'; readonly data?: string | undefined }
  | { readonly kind: 'html'; readonly status?: number | undefined; readonly bytes?: number | undefined }
  /** Finish reason `length`: the last tool call, else the text, else the reasoning, keeps only its first part. Default half of it. */
  | { readonly kind: 'length'; readonly keepCharacters?: number | undefined }
  /** Finish reason `stop` without text and calls; `reasoning: true` keeps the reasoning. */
  | { readonly kind: 'empty'; readonly reasoning?: boolean | undefined }
  /** The finish reason is this text, whatever the reply holds. */
  | { readonly kind: 'finish-reason'; readonly value: string }
  /** The text (default: that of the reply) is sent in the field `refusal`, without calls. `beside: true` keeps it in `content` too. */
  | { readonly kind: 'refusal'; readonly text?: string | undefined; readonly beside?: boolean | undefined }
  /** An error object in the stream, then the end. */
  | {
      readonly kind: 'error-event'
      readonly at?: 'first' | 'mid-stream' | undefined
      readonly message?: string | undefined
      /** `error.type` and `error.code`; default: what the family sends for status 500. */
      readonly type?: string | undefined
      readonly code?: number | string | undefined
      /**
       * `data` (default): an event. `named`: an event of type `error`. `line`: a line `error: {…}` instead of `data: {…}`.
       * `choice`: the error is in the choice, with finish reason `error`. `beside-choices`: beside an empty list of choices.
       */
      readonly as?: 'data' | 'named' | 'line' | 'choice' | 'beside-choices' | undefined
    }
  /** Every event (or the body) has a field `error` with this value, as JSON or as plain text. Default: an empty string. */
  | { readonly kind: 'error-field'; readonly value?: string | undefined }
  /** The calls are written into the text (or the reasoning) in the model's own markup, with finish reason `stop`. */
  | { readonly kind: 'leaked-markup'; readonly grammar?: MarkupGrammar | undefined; readonly into?: 'text' | 'reasoning' | undefined }
  | { readonly kind: 'usage'; readonly value: UsageShape }
  | { readonly kind: 'content-type'; readonly value: string }
  | { readonly kind: 'line-ending'; readonly value: 'crlf' | 'cr' }
  | { readonly kind: 'byte-order-mark' }
  /** The event with this number, from 1, is padded to this many bytes. Default the second. */
  | { readonly kind: 'huge-event'; readonly bytes: number; readonly event?: number | undefined }
  /** This many blank lines or comments before the first event. */
  | { readonly kind: 'flood'; readonly of: 'blank-lines' | 'comments'; readonly count: number }
  | { readonly kind: 'redirect'; readonly status?: number | undefined; readonly location?: string | undefined }
  /** A compressed body. `corrupt: true` breaks it in the middle; `bombBytes` is the size of the comments that are put before it. */
  | {
      readonly kind: 'gzip'
      readonly corrupt?: boolean | undefined
      readonly encoding?: 'gzip' | 'br' | 'deflate' | undefined
      readonly bombBytes?: number | undefined
    }
  /** A Content-Length that is wrong by this many bytes. */
  | { readonly kind: 'content-length'; readonly by: number }
  /** A JSON body although a stream was requested: the completion, an error, or the completion in an envelope. */
  | { readonly kind: 'json-body'; readonly of?: 'completion' | 'error' | 'envelope' | undefined }
  /** Connections are refused, for the life of the simulator or for `forMs`. Affects all requests. */
  | { readonly kind: 'refuse'; readonly forMs?: number | undefined }
  /** What a client that uses `https` receives instead of a TLS handshake. Counts connections, not requests. */
  | { readonly kind: 'handshake'; readonly as: 'silence' | 'http' | 'alert' | 'reset' | 'close' }
  /** The response ends inside its status line and headers, after this many bytes. */
  | { readonly kind: 'cut-headers'; readonly bytes: number; readonly end?: 'close' | 'reset' | undefined }
  /** Bytes that are not a chunk of a chunked body. Default `mid-stream`. */
  | { readonly kind: 'bad-chunk'; readonly at?: Position | undefined }
  /** Text with bytes that are not UTF-8, with a lone surrogate as a JSON escape, or with a character that the end of the body cuts. */
  | { readonly kind: 'invalid-utf8'; readonly of: 'lone' | 'overlong' | 'truncated' | 'surrogate' }
  /** Characters outside of the Basic Multilingual Plane are divided between two events, as two JSON escapes. One is added where there are none. */
  | { readonly kind: 'surrogate-halves' }
  /** The same events in another form that the standard allows. */
  | { readonly kind: 'framing'; readonly as: Framing }
  /** Text with NUL and other control characters: raw, which is not JSON, or escaped. */
  | { readonly kind: 'control-characters'; readonly as: 'raw' | 'escaped' }
  /** One more event in the middle of the stream, in a form that some servers send. */
  | { readonly kind: 'odd-event'; readonly as: OddEvent }
  /** One more event with text for the choice with this index (JSON, or plain text). */
  | { readonly kind: 'choice-index'; readonly value: string }
  /** How tool calls are numbered. */
  | { readonly kind: 'call-index'; readonly as: 'missing' | 'same' | 'gaps' | 'from-one' | 'huge' | 'reversed' }
  /** How tool calls are identified. The words with `later` are about the fragments after the first. */
  | {
      readonly kind: 'call-id'
      readonly as: 'missing' | 'empty' | 'repeated' | 'every-fragment' | 'later-other' | 'later-null' | 'later-empty' | 'long' | 'non-ascii'
    }
  /** How tool calls are named. The words with `later` are about the fragments after the first. */
  | {
      readonly kind: 'call-name'
      readonly as: 'split' | 'late' | 'empty' | 'long' | 'prefixed' | 'suffixed' | 'every-fragment' | 'later-null' | 'later-empty'
    }
  /** The last call has arguments that its tool does not take, or in an unusual form. */
  | { readonly kind: 'call-arguments'; readonly as: OddArguments }
  /** Arguments are sent in pieces of this many characters; with `interleaved`, those of all calls in turn. Default 1. */
  | { readonly kind: 'fragments'; readonly characters?: number | undefined; readonly interleaved?: boolean | undefined }
  /** The last call is sent this many times. */
  | { readonly kind: 'many-calls'; readonly count: number }
  /**
   * One more call that calls nothing. `empty`: its id, name and arguments are empty strings; `null`: they are null; `bare`: it has
   * an index only; `trailing`: one more fragment of the last call, with empty arguments.
   */
  | { readonly kind: 'phantom-call'; readonly as?: 'empty' | 'null' | 'bare' | 'trailing' | undefined }
  /**
   * The field `function_call`, which `tool_calls` replaced. `empty`: with an empty name and empty arguments beside the content;
   * `null`: null; `whole`: the first call is sent in it, with finish reason `function_call`.
   */
  | { readonly kind: 'function-call'; readonly as: 'empty' | 'null' | 'whole' }
  /** Reasoning is sent in another field, in two fields, or in tags inside the text. */
  | { readonly kind: 'reasoning-field'; readonly as: 'reasoning' | 'reasoning_text' | 'both' | 'think-tags' }
  /** This many more bytes of text, in events with 16 KiB of text (or `eventBytes`). */
  | { readonly kind: 'long-text'; readonly bytes: number; readonly eventBytes?: number | undefined }
  /** Bytes that are not HTTP, instead of the status line. */
  | { readonly kind: 'garbage' }
  /** This many additional headers. */
  | { readonly kind: 'many-headers'; readonly count: number }
  /** A complete response, after which the server closes the connection without announcing it. */
  | { readonly kind: 'hang-up' }

/** An error status instead of the completion. */
export interface StatusFault {
  readonly kind: 'status'
  readonly status: number
  /** Value of `Retry-After`: seconds, any text, or `date+2` and `date-2`: an HTTP date this many seconds from now. */
  readonly retryAfter?: number | string | undefined
  /** Value of `retry-after-ms`. */
  readonly retryAfterMs?: number | undefined
  /** Value of `x-should-retry`. */
  readonly shouldRetry?: boolean | undefined
  /** True: the message repeats the key of the request, as some relays do. */
  readonly echoKey?: boolean | undefined
  /** Default: the message that the model's family sends for the status. */
  readonly message?: string | undefined
  /** `error.type`. */
  readonly type?: string | undefined
  /** `error.code`. */
  readonly code?: number | string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Replaces the family's error object. A string is sent as it is. */
  readonly body?: Json | undefined
}

/**
 * How the usage of a completion is reported. `at-limit`: the output tokens equal `max_tokens`. `reasoning-beside`: reasoning is counted in the
 * total, but not in the output tokens. `zeros-last`: the counts, then an event with zeros. `other-names`: the names of another API beside the
 * usual ones, with zeros.
 */
export type UsageShape =
  | 'missing'
  | 'null'
  | 'every-event'
  | 'twice'
  | 'negative'
  | 'text'
  | 'fraction'
  | 'zeros'
  | 'zeros-last'
  | 'other-names'
  | 'reasoning-beside'
  | 'at-limit'

/** Forms of a stream that the standard allows. */
export type Framing = 'no-space' | 'multi-line' | 'mixed-endings' | 'fields' | 'no-last-break'

/** Events that hold nothing, or content that is not text. */
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

/** Arguments of a call that are hard to read. `empty-first` and `null-first`: `{}` or null is sent before the real arguments. */
export type OddArguments =
  | 'empty'
  | 'null'
  | 'array'
  | 'empty-array'
  | 'object'
  | 'empty-first'
  | 'null-first'
  | 'double-encoded'
  | 'trailing-comma'
  | 'trailing-text'
  | 'concatenated'
  | 'duplicate-keys'
  | 'huge-number'
  | 'long-number'
  | 'deep'
  | 'proto'
  | 'cut'

/** The markup that a family of models writes when its tool calls are not parsed. */
export type MarkupGrammar = 'kimi' | 'deepseek-v3' | 'deepseek-v3.1' | 'deepseek-v3.2' | 'deepseek-v4' | 'deepseek-v4.1' | TextGrammar

/** Calls as text that a client asked for: as asked, in an explanation of the form, or with half of the form. */
export type TextGrammar = 'tool-call-tags' | 'quoted-tool-call-tags' | 'half-tool-call-tags'

/** Names of the faults. */
export type FaultKind = Fault['kind']

/** One kind of fault. */
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>

/** A fault and the requests that it affects. */
export interface FaultRule {
  readonly fault: Fault
  /** Numbers of requests, from 1; default `all`. Faults of connections count connections. */
  readonly requests?: readonly number[] | 'all' | 'first' | undefined
  /** The share of those requests that is affected: 0 to 1, default 1. Which requests these are depends only on the simulator's seed. */
  readonly probability?: number | undefined
}

/**
 * The faults that affect the request with this number, from 1, in the order of the rules.
 *
 * @param fraction - Gives a number from 0 up to 1 for a label, for rules with a probability.
 */
export function faultsFor(rules: readonly FaultRule[], requestNumber: number, fraction: (label: string) => number): readonly Fault[] {
  return rules
    .filter(({ requests = 'all', probability = 1 }, index) => {
      if (!includesRequest(requests, requestNumber)) return false
      return probability >= 1 || fraction(`fault ${index} request ${requestNumber}`) < probability
    })
    .map((rule) => rule.fault)
}

function includesRequest(requests: readonly number[] | 'all' | 'first', requestNumber: number): boolean {
  if (requests === 'all') return true
  return requests === 'first' ? requestNumber === 1 : requests.includes(requestNumber)
}
