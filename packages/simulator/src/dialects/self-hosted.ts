import type { JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import type { Dialect } from './dialect.ts'
import { createOpenaiDialect } from './openai.ts'
import { fromStatusList, type Statuses } from './statuses.ts'

function named(rejection: Rejection, names: Readonly<Record<number, string>>): string {
  return rejection.type ?? names[rejection.status] ?? (rejection.status >= 500 ? 'server_error' : 'invalid_request_error')
}

/** The error that a server sends for a status, with its own names for error types. */
function errorFor(status: number, statuses: Statuses, names: Readonly<Record<number, string>>): Rejection {
  return { ...fromStatusList(status, statuses), ...(statuses[status] === undefined && { type: names[status] }) }
}

function withoutKey(message: string, type: string): (key: string | undefined) => Rejection {
  return () => ({ status: 401, message, type })
}

const pythonTypes: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  404: 'NotFoundError',
  500: 'InternalServerError',
  503: 'ServiceUnavailableError',
}
const pythonStatuses: Statuses = { 503: { message: 'Service Unavailable', type: 'ServiceUnavailableError' } }

/** vLLM: reasoning under `reasoning`. https://docs.vllm.ai/en/latest/features/reasoning_outputs */
export const vllmDialect: Dialect = createOpenaiDialect({
  completionId: (seeded, label) => `chatcmpl-${seeded.hex(`id ${label}`, 32)}`,
  fingerprint: undefined,
  toolCallId: (seeded, call) => `chatcmpl-tool-${seeded.hex(`call ${call.label} ${call.position}`, 32)}`,
  reasoning: (text) => ({ reasoning: text }),
  callContent: null,
  choiceFields: (finish) => ({ stop_reason: null, ...(finish === null && { token_ids: null }) }),
  error: (rejection) => ({
    error: { message: rejection.message, type: named(rejection, pythonTypes), param: rejection.parameter ?? null, code: rejection.status },
  }),
  unauthenticated: withoutKey('Unauthorized', 'Unauthorized'),
  statusRejection: (status) => errorFor(status, pythonStatuses, pythonTypes),
})

/**
 * SGLang: deltas filled with null, `matched_stop`, and `stop` as the finish reason of streamed calls.
 *
 * @see https://github.com/sgl-project/sglang/issues/7934
 * @see https://github.com/vercel/ai/tree/main/packages/azure recorded from the same server
 */
export const sglangDialect: Dialect = createOpenaiDialect({
  completionId: (seeded, label) => seeded.hex(`id ${label}`, 32),
  fingerprint: undefined,
  toolCallId: (seeded, call) => `call_${seeded.hex(`call ${call.label} ${call.position}`, 24)}`,
  reasoning: (text) => ({ reasoning_content: text }),
  callContent: null,
  nullFields: ['role', 'content', 'reasoning_content', 'tool_calls'],
  streamedCallFinish: 'stop',
  choiceFields: () => ({ matched_stop: null }),
  // The error is the body, not a field of it.
  error: (rejection) => ({
    object: 'error',
    message: rejection.message,
    type: named(rejection, pythonTypes),
    param: rejection.parameter ?? null,
    code: rejection.status,
  }),
  unauthenticated: withoutKey('Unauthorized', 'Unauthorized'),
  statusRejection: (status) => errorFor(status, pythonStatuses, pythonTypes),
})

const llamaCppTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  501: 'not_supported_error',
  503: 'unavailable_error',
}

/** llama.cpp: numbers as error codes. https://github.com/0xPlaygrounds/rig/tree/main/tests/cassettes/llamacpp */
export const llamaCppDialect: Dialect = createOpenaiDialect({
  completionId: (seeded, label) => `chatcmpl-${seeded.base62(`id ${label}`, 32)}`,
  fingerprint: 'b6123-79c1160b',
  toolCallId: (seeded, call) => seeded.base62(`call ${call.label} ${call.position}`, 32),
  reasoning: (text) => ({ reasoning_content: text }),
  callContent: null,
  error: (rejection) => ({
    error: { code: rejection.status, message: rejection.message, type: named(rejection, llamaCppTypes), ...rejection.fields },
  }),
  unauthenticated: withoutKey('Invalid API Key', 'authentication_error'),
  statusRejection: (status) => errorFor(status, { 503: { message: 'Loading model', type: 'unavailable_error' } }, llamaCppTypes),
})

const ollamaTypes: Readonly<Record<number, string>> = { 400: 'invalid_request_error', 404: 'not_found_error' }

/** Ollama's `/v1`: each call is sent in one chunk. https://github.com/ollama/ollama/blob/main/openai/openai.go */
export const ollamaDialect: Dialect = {
  ...createOpenaiDialect({
    completionId: (seeded, label) => `chatcmpl-${Math.floor(seeded.fraction(`id ${label}`) * 999)}`,
    fingerprint: 'fp_ollama',
    toolCallId: (seeded, call) => `call_${seeded.base62(`call ${call.label} ${call.position}`, 8).toLowerCase()}`,
    reasoning: (text) => ({ reasoning: text }),
    callContent: '',
    completeCalls: true,
    error: (rejection) => ({
      error: { message: rejection.message, type: rejection.type ?? ollamaTypes[rejection.status] ?? 'api_error', param: null, code: null },
    }),
    unauthenticated: withoutKey('unauthorized', 'api_error'),
    statusRejection: (status) =>
      errorFor(status, { 503: { message: 'server busy, please try again.  maximum pending requests exceeded', type: 'api_error' } }, ollamaTypes),
  }),
  // It counts neither cached nor reasoning tokens.
  usage: ({ prompt, completion }) => ({ prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }),
}

const openRouterStatuses: Statuses = {
  402: { message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits' },
  429: { message: 'Rate limit exceeded' },
  502: { message: 'Provider returned error' },
  503: { message: 'No instances available' },
}

/** OpenRouter: comments, reasoning in two fields, and the finish reason of the host. https://openrouter.ai/docs/use-cases/reasoning-tokens */
export const openRouterDialect: Dialect = createOpenaiDialect({
  comment: 'OPENROUTER PROCESSING',
  completionId: (seeded, label) => `gen-1770617860-${seeded.base62(`id ${label}`, 20)}`,
  fingerprint: undefined,
  toolCallId: (seeded, call) => `call_${seeded.base62(`call ${call.label} ${call.position}`, 24)}`,
  reasoning: (text): JsonObject => ({ reasoning: text, reasoning_details: [{ type: 'reasoning.text', text, format: 'unknown', index: 0 }] }),
  callContent: '',
  choiceFields: (finish) => ({ native_finish_reason: finish }),
  fields: { provider: 'Simulated' },
  alwaysUsage: true,
  error: (rejection) => ({ error: { message: rejection.message, code: rejection.status, ...rejection.fields }, user_id: 'user_simulated' }),
  unauthenticated: (key) => ({ status: 401, message: key === undefined ? 'No auth credentials found' : 'User not found.' }),
  statusRejection: (status) => fromStatusList(status, openRouterStatuses),
})
