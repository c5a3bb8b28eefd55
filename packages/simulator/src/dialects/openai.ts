import type { Json, JsonObject } from '../json.ts'
import type { Seeded } from '../seeded.ts'
import type { Choice, Completion } from './completion.ts'
import { callDeltas, completeCall, oneLogprob, plainUsage, splitDeltas } from './deltas.ts'
import type { Dialect, ToolCallContext } from './dialect.ts'

/** What differs between servers that implement chat completions in their plain form. */
export interface OpenaiForm extends Pick<Dialect, 'completionId' | 'error' | 'unauthenticated' | 'statusRejection'> {
  readonly comment?: string
  readonly fingerprint: string | undefined
  readonly toolCallId: (seeded: Seeded, call: ToolCallContext) => string
  /** The fields that hold reasoning, each with the same text. */
  readonly reasoning: (text: string) => JsonObject
  /** The content of a message that only calls tools. */
  readonly callContent: '' | null
  /** A call is sent in one chunk, not in pieces. */
  readonly completeCalls?: boolean
  /** Fields that every delta has, with null where they have no value. */
  readonly nullFields?: readonly string[]
  /** The finish reason of a streamed reply with calls, where it is not `tool_calls`. */
  readonly streamedCallFinish?: string
  /** More fields of a choice, by its finish reason; null before the last chunk. */
  readonly choiceFields?: (finish: string | null) => JsonObject
  /** More fields of every body and chunk. */
  readonly fields?: JsonObject
  /** True where the last chunk has the usage, even if the request does not ask for it. */
  readonly alwaysUsage?: boolean
}

/**
 * Chat completions in their plain form: usage in a separate chunk without choices, when the request asks for it.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function createOpenaiDialect(form: OpenaiForm): Dialect {
  return {
    ...form,
    fingerprint: () => form.fingerprint ?? '',
    usage: plainUsage,
    body: (completion) => ({
      ...head(completion, form, 'chat.completion'),
      choices: completion.choices.map((choice) => ({
        index: choice.index,
        message: message(choice, form),
        logprobs: choice.logprobs === undefined ? null : { content: choice.logprobs.text },
        finish_reason: choice.finishReason,
        ...form.choiceFields?.(choice.finishReason),
      })),
      usage: completion.usage,
    }),
    chunks: (completion) => [...completion.choices.flatMap((choice) => choiceChunks(completion, choice, form)), ...usageChunk(completion, form)],
  }
}

function head(completion: Completion, form: OpenaiForm, object: string): JsonObject {
  return {
    id: completion.id,
    object,
    created: completion.createdSeconds,
    model: completion.model,
    ...(form.fingerprint !== undefined && { system_fingerprint: form.fingerprint }),
    ...form.fields,
  }
}

function message(choice: Choice, form: OpenaiForm): JsonObject {
  return {
    role: 'assistant',
    content: choice.text === '' && choice.toolCalls.length > 0 ? form.callContent : choice.text,
    ...(choice.reasoning !== undefined && form.reasoning(choice.reasoning)),
    ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls.map(completeCall) }),
  }
}

function usageChunk(completion: Completion, form: OpenaiForm): readonly JsonObject[] {
  const isAsked = completion.includeUsage || form.alwaysUsage === true
  if (!isAsked || completion.usage === undefined) return []
  return [{ ...head(completion, form, 'chat.completion.chunk'), choices: [], usage: completion.usage }]
}

function choiceChunks(completion: Completion, choice: Choice, form: OpenaiForm): readonly JsonObject[] {
  const empty = Object.fromEntries((form.nullFields ?? []).map((name) => [name, null]))
  const chunk = (delta: JsonObject, finish: string | null = null, logprobs: Json = null): JsonObject => ({
    ...head(completion, form, 'chat.completion.chunk'),
    choices: [{ index: choice.index, delta: { ...empty, ...delta }, logprobs, finish_reason: finish, ...form.choiceFields?.(finish) }],
  })
  const hasCalls = choice.toolCalls.length > 0
  const finish = hasCalls && choice.finishReason === 'tool_calls' ? (form.streamedCallFinish ?? 'tool_calls') : choice.finishReason
  return [
    chunk({ role: 'assistant', content: '' }),
    ...splitDeltas(choice.reasoning ?? '').map((piece) => chunk(form.reasoning(piece))),
    ...splitDeltas(choice.text).map((piece, index) => chunk({ content: piece }, null, oneLogprob('content', choice.logprobs?.text[index]))),
    ...choice.toolCalls.flatMap((call) =>
      (form.completeCalls === true ? [completeCall(call)] : callDeltas(call)).map((delta) => chunk({ tool_calls: [delta] })),
    ),
    ...(finish === null ? [] : [chunk({}, finish)]),
  ]
}
