import type { Fault } from '../faults/fault.ts'
import type { Json } from '../json.ts'
import type { RawUsage, ScriptedReply, ScriptedToolCall } from '../options.ts'
import type { Reply, ReplyToolCall } from './reply.ts'

/** What will be answered, before it is encoded for a family. */
export type Answer = AnswerContent & {
  readonly delayMs: number
  readonly faults: readonly Fault[]
  /** Laid over the headers of the answer. */
  readonly headers: Readonly<Record<string, string>>
}

/** A reply in parts, exact chunks, an HTTP answer of its own, or a status that the family words. */
export type AnswerContent =
  | {
      readonly type: 'reply'
      readonly reply: Reply
      /** Laid over the computed usage; null sends none. */
      readonly usage: RawUsage | null | undefined
      /** Whether `max_tokens` and `stop` leave the reply alone. */
      readonly exact: boolean
    }
  | { readonly type: 'chunks'; readonly chunks: readonly Json[] }
  | { readonly type: 'http'; readonly status: number; readonly body: Json | undefined }

/** Reads a scripted reply. */
export function answerFromScript(scripted: ScriptedReply): Answer {
  const faults = scripted.fault === undefined ? [] : [scripted.fault]
  return { ...contentOf(scripted), delayMs: scripted.delayMs ?? 0, headers: scripted.headers ?? {}, faults }
}

/** An answer that is a plain reply. */
export function answerFromReply(reply: Reply): Answer {
  return { type: 'reply', reply, usage: undefined, exact: false, delayMs: 0, headers: {}, faults: [] }
}

function contentOf(scripted: ScriptedReply): AnswerContent {
  if (scripted.chunks !== undefined) return { type: 'chunks', chunks: scripted.chunks }
  const hasHttp = scripted.status !== undefined || scripted.body !== undefined
  if (hasHttp) return { type: 'http', status: scripted.status ?? 200, body: scripted.body }
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
