import type { JsonObject } from '../json.ts'
import type { Choice, ChoiceToolCall, Completion } from './completion.ts'
import { splitDeltas } from './deltas.ts'
import type { Dialect } from './dialect.ts'
import { fromStatusList, type Statuses, type Types } from './statuses.ts'

/**
 * Kimi's form: usage in `choices[0].usage` on the chunk with the finish reason, and once more in a trailing chunk when it was asked for.
 *
 * @see https://platform.moonshot.ai/docs/api/chat stream shape
 */
export const kimiDialect: Dialect = {
  completionId: (seeded, label) => `cmpl-${seeded.hex(`id ${label}`, 32)}`,
  fingerprint: (seeded) => `fpv0_${seeded.hex('fingerprint', 8)}`,
  toolCallId: (_seeded, place) => `functions.${place.name}:${place.earlierCalls + place.position}`,
  usage: (counts) => ({
    prompt_tokens: counts.prompt,
    completion_tokens: counts.completion,
    total_tokens: counts.prompt + counts.completion,
    prompt_tokens_details: { cached_tokens: counts.cached },
    ...(counts.reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: counts.reasoning } }),
  }),
  body: (completion) => ({
    id: completion.id,
    model: completion.model,
    object: 'chat.completion',
    created: completion.createdSeconds,
    choices: completion.choices.map((choice) => ({
      index: choice.index,
      message: message(choice),
      finish_reason: choice.finishReason,
    })),
    usage: completion.usage,
  }),
  chunks: (completion) => [
    ...interleave(completion.choices.map((choice) => choiceChunks(completion, choice))),
    ...(completion.includeUsage && completion.usage !== undefined ? [{ ...head(completion), choices: [], usage: completion.usage }] : []),
  ],
  error: (rejection) => ({ error: { message: rejection.message, type: rejection.type ?? 'invalid_request_error' } }),
  unauthenticated: (key) =>
    key === undefined
      ? { status: 401, message: 'Invalid Authentication', type: 'invalid_authentication_error' }
      : { status: 401, message: 'Incorrect API key provided', type: 'incorrect_api_key_error' },
  statusRejection: (status, type) => fromStatusList(status, statusMessages, { type, types: typeMessages }),
}

/** Moonshot's own endpoint, which names cached tokens in one flat field. https://platform.moonshot.ai/docs/api/chat */
export const moonshotDialect: Dialect = {
  ...kimiDialect,
  usage(counts) {
    const { prompt_tokens_details: _details, ...usage } = kimiDialect.usage(counts)
    return { ...usage, cached_tokens: counts.cached }
  },
}

const statusMessages: Statuses = {
  402: { message: 'Your account is suspended due to insufficient balance, please recharge your account.', type: 'exceeded_current_quota_error' },
  403: { message: 'The API you are accessing is not open', type: 'permission_denied_error' },
  429: {
    message: 'Your account request reached organization max concurrency: 1, please try again after 1 seconds',
    type: 'rate_limit_reached_error',
  },
  500: { message: 'Internal server error', type: 'server_error' },
  503: { message: 'The engine is currently overloaded, please try again later', type: 'engine_overloaded_error' },
}

/** One status, several facts: https://platform.moonshot.ai/docs/api/errors */
const typeMessages: Types = {
  rate_limit_reached_error: 'Your account org-simulated<ak-simulated> request reached organization max RPM: 3, please try again after 1 seconds',
  engine_overloaded_error: 'The engine is currently overloaded, please try again later',
  exceeded_current_quota_error:
    'Your account org-simulated<ak-simulated> is suspended due to insufficient balance, please recharge your account or check your plan and billing details',
  content_filter: 'The request was rejected because it was considered high risk',
}

function message(choice: Choice): JsonObject {
  return {
    role: 'assistant',
    content: choice.text,
    ...(choice.reasoning !== undefined && { reasoning_content: choice.reasoning }),
    ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls.map(wholeCall) }),
  }
}

function wholeCall(call: ChoiceToolCall): JsonObject {
  return { index: call.index, id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
}

function head(completion: Completion): JsonObject {
  return { id: completion.id, object: 'chat.completion.chunk', created: completion.createdSeconds, model: completion.model }
}

function choiceChunks(completion: Completion, choice: Choice): readonly JsonObject[] {
  const chunk = (delta: JsonObject, end: JsonObject = { finish_reason: null }): JsonObject => ({
    ...head(completion),
    choices: [{ index: choice.index, delta, ...end }],
    system_fingerprint: completion.fingerprint,
  })
  const end = { finish_reason: choice.finishReason, ...(choice.usage !== undefined && { usage: choice.usage }) }
  // A reasoning that is empty is still said once: clients must tell it from none at all.
  const reasoning = choice.reasoning === '' ? [''] : splitDeltas(choice.reasoning ?? '')
  return [
    chunk({ role: 'assistant', content: '' }),
    ...reasoning.map((piece) => chunk({ reasoning_content: piece })),
    ...splitDeltas(choice.text).map((piece) => chunk({ content: piece })),
    ...choice.toolCalls.flatMap((call) => callDeltas(call).map((delta) => chunk({ tool_calls: [delta] }))),
    ...(choice.finishReason === null ? [] : [chunk({}, end)]),
  ]
}

function callDeltas(call: ChoiceToolCall): readonly JsonObject[] {
  const first = { index: call.index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }
  return [first, ...splitDeltas(call.arguments).map((piece) => ({ index: call.index, function: { arguments: piece } }))]
}

function interleave(lists: readonly (readonly JsonObject[])[]): readonly JsonObject[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat()
}
