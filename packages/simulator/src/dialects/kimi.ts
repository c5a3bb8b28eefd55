import type { JsonObject } from '../json.ts'
import type { Choice, Completion } from './completion.ts'
import { callDeltas, completeCall, interleave, plainUsage, splitDeltas } from './deltas.ts'
import type { Dialect } from './dialect.ts'
import { fromStatusList, type Statuses, type Types } from './statuses.ts'

/**
 * Kimi's form: usage in `choices[0].usage` on the chunk with the finish reason, and again in a trailing chunk when the request asks for it.
 *
 * @see https://platform.moonshot.ai/docs/api/chat stream shape
 */
export const kimiDialect: Dialect = {
  completionId: (seeded, label) => `cmpl-${seeded.hex(`id ${label}`, 32)}`,
  fingerprint: (seeded) => `fpv0_${seeded.hex('fingerprint', 8)}`,
  toolCallId: (_seeded, call) => `functions.${call.name}:${call.earlierCalls + call.position}`,
  usage: plainUsage,
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

/** Moonshot's own endpoint, which has cached tokens in one flat field. https://platform.moonshot.ai/docs/api/chat */
export const moonshotDialect: Dialect = {
  ...kimiDialect,
  usage(counts) {
    const { prompt_tokens_details: _details, ...usage } = plainUsage(counts)
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

/** One status has several meanings: https://platform.moonshot.ai/docs/api/errors */
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
    ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls.map(completeCall) }),
  }
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
  // Empty reasoning is sent once, so that clients can distinguish it from no reasoning.
  const reasoning = choice.reasoning === '' ? [''] : splitDeltas(choice.reasoning ?? '')
  return [
    chunk({ role: 'assistant', content: '' }),
    ...reasoning.map((piece) => chunk({ reasoning_content: piece })),
    ...splitDeltas(choice.text).map((piece) => chunk({ content: piece })),
    ...choice.toolCalls.flatMap((call) => callDeltas(call).map((delta) => chunk({ tool_calls: [delta] }))),
    ...(choice.finishReason === null ? [] : [chunk({}, end)]),
  ]
}
