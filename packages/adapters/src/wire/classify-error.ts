import type { AgentErrorCode } from '@capstan/core'
import type { ProviderError } from './error-body.ts'

/** What an error of a provider means for a run. */
export interface ErrorClass {
  readonly code: AgentErrorCode
  readonly retryable: boolean
}

interface Rule {
  /** Statuses it holds for; absent: all. */
  readonly statuses?: readonly number[]
  /** Words of `error.type` or `error.code`. */
  readonly words?: readonly string[]
  /** Words of `error.type` alone. */
  readonly types?: readonly string[]
  readonly text?: RegExp
  readonly means: ErrorClass
}

const quota: ErrorClass = { code: 'quota-exhausted', retryable: false }
const overflow: ErrorClass = { code: 'context-overflow', retryable: false }
const unknownModel: ErrorClass = { code: 'model-not-found', retryable: false }
const overloaded: ErrorClass = { code: 'provider-overloaded', retryable: true }
const failed: ErrorClass = { code: 'provider-failed', retryable: true }
const rateLimited: ErrorClass = { code: 'rate-limited', retryable: true }
const refusedRequest: ErrorClass = { code: 'invalid-request', retryable: false }

/**
 * What a status cannot say, in order: one status can hide several facts.
 *
 * @see https://platform.moonshot.ai/docs/api/errors
 * @see https://api-docs.deepseek.com/quick_start/error_codes
 */
const rules: readonly Rule[] = [
  { words: ['exceeded_current_quota_error', 'insufficient_quota', 'insufficient_balance', 'billing_not_active'], means: quota },
  { statuses: [0, 400, 402, 403, 429], text: /insufficient[ _]balance|exceeded your current (?:token )?quota|TPD rate limit/i, means: quota },
  { words: ['context_length_exceeded', 'exceed_context_size_error'], means: overflow },
  {
    statuses: [0, 400, 413, 422, 500],
    text: /maximum context length|longer than the model's context length|exceeded model token limit|Input token length too long|exceeds the available context size/i,
    means: overflow,
  },
  { words: ['content_filter', 'content_policy_violation'], means: { code: 'content-refused', retryable: false } },
  { statuses: [0, 400, 403, 422], text: /Content Exists Risk|considered high risk/i, means: { code: 'content-refused', retryable: false } },
  // OpenRouter says 404 of a model that it has, and llama.cpp 500 of a request that it refuses.
  { statuses: [404], text: /No endpoints found that support/i, means: refusedRequest },
  { statuses: [500], text: /requires --jinja flag|Jinja Exception/i, means: refusedRequest },
  { words: ['resource_not_found_error', 'model_not_found'], means: unknownModel },
  {
    statuses: [0, 400, 404, 422],
    text: /supported API model names|Not found the model|model .{0,80}(?:does not exist|not found)|unknown model|not a valid model ID/i,
    means: unknownModel,
  },
  { words: ['engine_overloaded_error', 'overloaded_error', 'server_overloaded'], means: overloaded },
  { words: ['rate_limit_reached_error', 'rate_limit_error', 'rate_limit_exceeded'], means: rateLimited },
  {
    words: ['invalid_authentication_error', 'incorrect_api_key_error', 'authentication_error', 'invalid_api_key'],
    means: { code: 'auth-failed', retryable: false },
  },
  // Inside a stream there is no status of its own: the type decides. DeepSeek puts invalid_request_error into the code of every error.
  { statuses: [0], types: ['invalid_request_error', 'bad_request', 'BadRequestError'], means: refusedRequest },
]

/**
 * Decides what an error answer means.
 *
 * @param status - The HTTP status; 0 for an error that came with a 200.
 */
export function classifyError(status: number, error: ProviderError): ErrorClass {
  const rule = rules.find((candidate) => fits(candidate, status, error))
  if (rule !== undefined) return rule.means
  // A relay that answers 200 often puts the upstream's status into the code.
  const inner = status === 0 && /^[45]\d\d$/.test(error.code) ? Number(error.code) : status
  return inner === 0 ? failed : classifyStatus(inner)
}

function fits({ statuses, words, types, text }: Rule, status: number, { type, code, message }: ProviderError): boolean {
  if (statuses !== undefined && !statuses.includes(status)) return false
  if (words !== undefined && !words.includes(type) && !words.includes(code)) return false
  if (types !== undefined && !types.includes(type)) return false
  return text === undefined || text.test(message)
}

function classifyStatus(status: number): ErrorClass {
  if (status >= 300 && status < 400) return { code: 'network-redirect', retryable: false }
  switch (status) {
    case 401:
    case 403:
      return { code: 'auth-failed', retryable: false }
    case 402:
      return quota
    case 404:
      return unknownModel
    case 407:
      return { code: 'network-refused', retryable: false }
    case 408:
    case 409:
    case 425:
    case 499:
      return failed
    case 413:
      return { code: 'request-too-large', retryable: false }
    case 429:
      return rateLimited
    case 501:
    case 505:
      return { code: 'provider-failed', retryable: false }
    case 500:
      return failed
    default:
      if (status < 500) return refusedRequest
      return status <= 504 || (status >= 520 && status <= 529) ? overloaded : failed
  }
}
