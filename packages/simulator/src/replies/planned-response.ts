import type { Fault } from '../faults/fault.ts'
import type { Json } from '../json.ts'
import type { RawUsage, ScriptedReply, ScriptedToolCall } from '../options/options.ts'
import type { Rejection } from '../rejection.ts'
import type { Reply, ReplyToolCall } from './reply.ts'

/** What a request will receive, before it is encoded for a family. */
export type PlannedResponse = ResponseContent & {
  readonly delayMs: number
  readonly faults: readonly Fault[]
  /** Replace or extend the headers of the response. */
  readonly headers: Readonly<Record<string, string>>
}

/** A reply in parts, exact chunks, an HTTP response, or an error in the form of the family. */
export type ResponseContent =
  | {
      readonly type: 'reply'
      readonly reply: Reply
      /** Replaces fields of the computed usage; null omits it. */
      readonly usage: RawUsage | null | undefined
      /** Whether `max_tokens` and `stop` do not change the reply. */
      readonly exact: boolean
    }
  | { readonly type: 'chunks'; readonly chunks: readonly Json[] }
  | { readonly type: 'http'; readonly status: number; readonly body: Json | undefined }
  | { readonly type: 'refused'; readonly rejection: Rejection }

const plain = { delayMs: 0, headers: {}, faults: [] } as const

/** The response that a scripted reply describes. */
export function responseFromScript(scripted: ScriptedReply): PlannedResponse {
  const faults = scripted.fault === undefined ? [] : [scripted.fault]
  return { ...contentOf(scripted), delayMs: scripted.delayMs ?? 0, headers: scripted.headers ?? {}, faults }
}

/** A response with a reply and nothing else. */
export function responseFromReply(reply: Reply): PlannedResponse {
  return { type: 'reply', reply, usage: undefined, exact: false, ...plain }
}

/** A response that refuses the request. */
export function refusedResponse(rejection: Rejection): PlannedResponse {
  return { type: 'refused', rejection, ...plain }
}

function contentOf(scripted: ScriptedReply): ResponseContent {
  if (scripted.chunks !== undefined) return { type: 'chunks', chunks: scripted.chunks }
  const isHttp = scripted.status !== undefined || scripted.body !== undefined
  if (isHttp) return { type: 'http', status: scripted.status ?? 200, body: scripted.body }
  const toolCalls = (scripted.toolCalls ?? []).map(scriptedCall)
  const finishReason = scripted.finishReason === undefined ? (toolCalls.length > 0 ? 'tool_calls' : 'stop') : scripted.finishReason
  return {
    type: 'reply',
    reply: { candidates: [{ reasoning: scripted.reasoning, text: scripted.text ?? '', toolCalls, finishReason }] },
    usage: scripted.usage,
    exact: scripted.finishReason !== undefined,
  }
}

function scriptedCall({ name, input, id, index }: ScriptedToolCall): ReplyToolCall {
  return { name, arguments: typeof input === 'string' ? input : JSON.stringify(input), id, index }
}
