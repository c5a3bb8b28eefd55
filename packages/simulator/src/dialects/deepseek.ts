import type { Json, JsonObject } from '../json.ts'
import type { Choice, Completion } from './completion.ts'
import { callDeltas, completeCall, oneLogprob, plainUsage, splitDeltas } from './deltas.ts'
import type { Dialect } from './dialect.ts'
import { fromStatusList, type Statuses } from './statuses.ts'

/**
 * DeepSeek's form: usage on the chunk with the finish reason, `usage: null` on the others, arguments in pieces.
 *
 * @see https://github.com/vercel/ai/tree/main/packages/deepseek/src/chat/__fixtures__ recorded streams
 */
export const deepseekDialect: Dialect = {
  completionId: (seeded, label) => seeded.uuid(`id ${label}`),
  fingerprint: (seeded) => `fp_${seeded.hex('fingerprint', 10)}_prod0820_fp8_kvcache`,
  toolCallId: (seeded, call) => `call_${String(call.position).padStart(2, '0')}_${seeded.base62(`call ${call.label} ${call.position}`, 24)}`,
  usage: (counts) => ({
    ...plainUsage(counts),
    prompt_cache_hit_tokens: counts.cached,
    prompt_cache_miss_tokens: counts.prompt - counts.cached,
  }),
  body: (completion) => ({
    id: completion.id,
    object: 'chat.completion',
    created: completion.createdSeconds,
    model: completion.model,
    choices: completion.choices.map((choice) => ({
      index: choice.index,
      message: message(choice),
      logprobs: logprobsOf(choice),
      finish_reason: choice.finishReason,
    })),
    usage: completion.usage,
    system_fingerprint: completion.fingerprint,
  }),
  chunks: (completion) => completion.choices.flatMap((choice) => choiceChunks(completion, choice)),
  error: (rejection) => ({
    error: {
      message: rejection.message,
      type: rejection.type ?? 'invalid_request_error',
      param: rejection.parameter ?? null,
      code: 'invalid_request_error',
    },
  }),
  unauthenticated: (key) => ({
    status: 401,
    message:
      key === undefined
        ? 'Authentication Fails (auth header format should be Bearer sk-...)'
        : `Authentication Fails, Your api key: ****${key.slice(-4)} is invalid`,
    type: 'authentication_error',
  }),
  statusRejection: (status) => fromStatusList(status, statusMessages),
}

const statusMessages: Statuses = {
  402: { message: 'Insufficient Balance', type: 'unknown_error' },
  429: { message: 'Rate limit reached for this account: too many concurrent requests.', type: 'rate_limit_error' },
  500: { message: 'Internal server error', type: 'server_error' },
  503: { message: 'Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.', type: 'service_unavailable_error' },
}

function message(choice: Choice): JsonObject {
  return {
    role: 'assistant',
    content: choice.text,
    ...(choice.reasoning !== undefined && { reasoning_content: choice.reasoning }),
    ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls.map(completeCall) }),
  }
}

function logprobsOf({ logprobs, reasoning }: Choice): Json {
  if (logprobs === undefined) return null
  return { content: logprobs.text, ...(reasoning !== undefined && { reasoning_content: logprobs.reasoning }) }
}

function choiceChunks(completion: Completion, choice: Choice): readonly JsonObject[] {
  const thinks = choice.reasoning !== undefined
  const chunk = (delta: JsonObject, logprobs: Json = null): JsonObject => frame(completion, choice, { delta, logprobs })
  const last = thinks ? { content: '', reasoning_content: null } : { content: '' }
  return [
    chunk(thinks ? { role: 'assistant', content: null, reasoning_content: '' } : { role: 'assistant', content: '' }),
    ...splitDeltas(choice.reasoning ?? '').map((piece, index) =>
      chunk({ content: null, reasoning_content: piece }, oneLogprob('reasoning_content', choice.logprobs?.reasoning[index])),
    ),
    ...splitDeltas(choice.text).map((piece, index) =>
      chunk(thinks ? { content: piece, reasoning_content: null } : { content: piece }, oneLogprob('content', choice.logprobs?.text[index])),
    ),
    ...choice.toolCalls.flatMap((call) => callDeltas(call).map((delta) => chunk({ tool_calls: [delta] }))),
    ...(choice.finishReason === null ? [] : [frame(completion, choice, { delta: last, finish: choice.finishReason })]),
  ]
}

interface FrameParts {
  readonly delta: JsonObject
  readonly logprobs?: Json
  readonly finish?: string
}

function frame(completion: Completion, choice: Choice, parts: FrameParts): JsonObject {
  return {
    id: completion.id,
    object: 'chat.completion.chunk',
    created: completion.createdSeconds,
    model: completion.model,
    system_fingerprint: completion.fingerprint,
    choices: [{ index: choice.index, delta: parts.delta, logprobs: parts.logprobs ?? null, finish_reason: parts.finish ?? null }],
    // When the script has `usage: null`, the chunk with the finish reason has no usage either.
    usage: parts.finish === undefined ? null : (completion.usage ?? null),
  }
}
