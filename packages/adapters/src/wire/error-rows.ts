import type { AgentErrorCode } from '@capstan/core'

/** What an error of a provider means for a run. */
export interface ErrorClass {
  readonly code: AgentErrorCode
  readonly retryable: boolean
}

/** One row: an error belongs to it when everything that the row names fits. */
export interface ErrorRow {
  /** Stable, for tests. */
  readonly id: string
  readonly means: ErrorClass
  /** Statuses it holds for; absent: all. 0 is an error inside a 200. */
  readonly statuses?: readonly number[]
  /** Words of `type` or `code`, without case. */
  readonly words?: readonly string[]
  /** Words of `type` only. */
  readonly types?: readonly string[]
  readonly text?: RegExp
  /** Where this was read. */
  readonly source: string
}

const quota: ErrorClass = { code: 'quota-exhausted', retryable: false }
const overflow: ErrorClass = { code: 'context-overflow', retryable: false }
const model: ErrorClass = { code: 'model-not-found', retryable: false }
const content: ErrorClass = { code: 'content-refused', retryable: false }
const auth: ErrorClass = { code: 'auth-failed', retryable: false }
const rate: ErrorClass = { code: 'rate-limited', retryable: true }
const overloaded: ErrorClass = { code: 'provider-overloaded', retryable: true }
const failed: ErrorClass = { code: 'provider-failed', retryable: true }
/** What the endpoint cannot do, or a request that it does not understand: neither changes by asking again. */
const request: ErrorClass = { code: 'invalid-request', retryable: false }

/** Statuses that say nothing about the cause by themselves. */
const any = [0, 400, 401, 402, 403, 413, 422, 429, 500, 503] as const
const failures = [0, 404, 500, 501] as const

/** Rows by the text of an error, in order: the first that matches decides. One status can have several meanings. */
const byWords: readonly ErrorRow[] = [
  // A quota per minute is a rate limit, even where the text calls it a quota: it says when a retry can succeed.
  {
    id: 'gemini-quota-by-minute',
    means: rate,
    statuses: [0, 429],
    text: /exceeded your current quota[\s\S]*retry in \d/i,
    source: 'https://ai.google.dev/gemini-api/docs/rate-limits',
  },

  { id: 'moonshot-quota', means: quota, words: ['exceeded_current_quota_error'], source: 'https://platform.moonshot.ai/docs/api/errors' },
  {
    id: 'openai-quota',
    means: quota,
    words: ['insufficient_quota', 'billing_not_active', 'billing_hard_limit_reached', 'usage_limit_reached'],
    source: 'https://platform.openai.com/docs/guides/error-codes',
  },
  {
    id: 'evolink-quota',
    means: quota,
    words: ['insufficient_quota_error'],
    source: 'https://docs.evolink.ai/cn/api-manual/language-series/gpt-5.6/gpt-5.6-chat',
  },
  {
    id: 'new-api-quota',
    means: quota,
    words: ['insufficient_user_quota', 'pre_consume_token_quota_failed', 'insufficient_balance'],
    source: 'https://github.com/QuantumNous/new-api/blob/main/types/error.go',
  },
  { id: 'litellm-budget', means: quota, words: ['budget_exceeded'], source: 'https://docs.litellm.ai/docs/proxy/users' },
  { id: 'zai-quota', means: quota, words: ['1113'], source: 'https://docs.z.ai/api-reference/api-code' },
  {
    id: 'dashscope-quota',
    means: quota,
    words: ['arrearage', 'allocationquota.freetieronly'],
    source: 'https://www.alibabacloud.com/help/en/model-studio/error-code',
  },
  { id: 'ark-quota', means: quota, words: ['accountoverdue', 'accountoverdueerror'], source: 'https://www.volcengine.com/docs/82379/1299023' },
  {
    id: 'deepseek-balance',
    means: quota,
    statuses: any,
    text: /insufficient[ _](?:account )?(?:balance|credits?|funds?|quota)/i,
    source: 'https://api-docs.deepseek.com/quick_start/error_codes',
  },
  {
    id: 'moonshot-quota-words',
    means: quota,
    statuses: any,
    text: /exceeded your current (?:token )?quota|TPD rate limit/i,
    source: 'https://platform.moonshot.ai/docs/api/errors',
  },
  {
    id: 'plan-limit',
    means: quota,
    statuses: any,
    text: /(?:usage|spend(?:ing)?|billing|credit|plan|subscription|(?:per |a )?(?:day|dai|week|month)(?:ly)?) (?:limit|quota)\b[^.]{0,60}(?:reached|exceeded|exhausted|billing|cycle)|(?:reached|exceeded|hit|exhausted)[^.]{0,60}(?:usage|spend(?:ing)?|billing|credit|daily|weekly|monthly)[^.]{0,30}(?:limit|quota)/i,
    source: 'https://www.kimi.com/code/docs/en/benefits.html',
  },
  {
    id: 'quota-words',
    means: quota,
    statuses: any,
    text: /quota (?:is |has been )?(?:not enough|insufficient|exceeded|exhausted|used up)|(?:out of|no(?: more)?|not enough) (?:credits?|quota|balance)|(?:credit )?balance is (?:too low|insufficient|not enough)|key limit exceeded|budget has been exceeded|余额不足|额度(?:不足|已用尽)|in arrears|prepaid credits|purchase (?:more )?credits/i,
    source: 'https://docs.z.ai/api-reference/api-code',
  },

  {
    id: 'openai-overflow',
    means: overflow,
    words: ['context_length_exceeded', 'context_window_exceeded'],
    source: 'https://platform.openai.com/docs/guides/error-codes',
  },
  {
    id: 'llama.cpp-overflow',
    means: overflow,
    words: ['exceed_context_size_error'],
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
  },
  {
    id: 'prompt-tokens-type',
    means: overflow,
    words: ['too_many_prompt_tokens', 'prompt_too_long', 'model_max_prompt_tokens_exceeded'],
    source: 'https://docs.github.com/en/copilot/concepts/rate-limits',
  },
  { id: 'zai-overflow', means: overflow, words: ['1261'], source: 'https://docs.z.ai/api-reference/api-code' },
  {
    id: 'overflow-context',
    means: overflow,
    statuses: any,
    text: /maximum context length|(?:exceed(?:s|ed)?|greater than|longer than|over)[^.]{0,40}(?:max(?:imum)?[^.]{0,10} )?context (?:length|window|size)|context (?:length|window|size)[^.]{0,30} exceed(?:s|ed)|exceeded model token limit/i,
    source: 'https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/serving_engine.py',
  },
  {
    id: 'overflow-prompt',
    means: overflow,
    statuses: any,
    text: /prompt (?:is )?too (?:long|large)|prompt exceeds max(?:imum)? (?:length|number of tokens)|loaded with context length of only|maximum prompt length is \d|input (?:token length |is )?too long|too many (?:total )?(?:input |prompt )?tokens|`inputs` (?:tokens|must have less)/i,
    source: 'https://docs.anthropic.com/en/api/errors',
  },
  {
    id: 'overflow-count',
    means: overflow,
    statuses: any,
    text: /tokens in request more than max|(?:input|prompt) token (?:count|length)[^.]{0,40} exceeds|Range of input length should be|reduce the length of the (?:messages|prompt|input)/i,
    source: 'https://docs.mistral.ai/api',
  },

  // A single request that exceeds the tokens of a minute is refused each time.
  { id: 'groq-overflow', means: overflow, statuses: [413, 429], text: /request too large for model/i, source: 'https://console.groq.com/docs/rate-limits' },

  {
    id: 'content-words',
    means: content,
    words: ['content_filter', 'content_policy_violation', 'responsibleaipolicyviolation', 'invalid_prompt'],
    source: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-filter',
  },
  {
    id: 'dashscope-content',
    means: content,
    words: ['data_inspection_failed', 'datainspectionfailed'],
    source: 'https://www.alibabacloud.com/help/en/model-studio/error-code',
  },
  { id: 'zai-content', means: content, words: ['1301'], source: 'https://docs.z.ai/api-reference/api-code' },
  {
    id: 'content-text',
    means: content,
    statuses: any,
    text: /Content Exists Risk|considered high risk|content management policy|inappropriate content|new_sensitive|(?:input|prompt|request)[^.]{0,40} (?:was|were|is) flagged|requires moderation/i,
    source: 'https://api-docs.deepseek.com/quick_start/error_codes',
  },

  // OpenRouter responds with 404 although it has the model, and llama.cpp with 500 to a request that it refuses.
  {
    id: 'openrouter-capability',
    means: request,
    statuses: [404],
    text: /No endpoints found that support|No endpoints found matching/i,
    source: 'https://openrouter.ai/docs/features/provider-routing',
  },
  {
    id: 'llama.cpp-capability',
    means: request,
    statuses: failures,
    text: /requires --jinja flag|Jinja Exception|cannot use both|failed to (?:parse|initialize) (?:messages|tools|grammar|samplers?)|roles must alternate/i,
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/common/chat.cpp',
  },
  {
    id: 'capability',
    means: request,
    statuses: failures,
    text: /(?:image|audio|video|file|tool|function|vision|input|parameter|feature|mode|schema|grammar)s?\b[^.]{0,40}(?:(?:is|are) not|isn't|aren't) (?:supported|allowed)|does(?: not|n't) support|unsupported (?:content|media|image|input|parameter|feature)/i,
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/utils.hpp',
  },

  {
    id: 'model-words',
    means: model,
    words: ['resource_not_found_error', 'model_not_found', 'deploymentnotfound', 'modelnotopen', 'unknown_model'],
    source: 'https://platform.moonshot.ai/docs/api/errors',
  },
  { id: 'invalid-model', means: model, words: ['invalid_model', 'invalid_model_error'], source: 'https://docs.mistral.ai/api' },
  { id: 'zai-model', means: model, words: ['1211'], source: 'https://docs.z.ai/api-reference/api-code' },
  {
    id: 'model-text',
    means: model,
    statuses: [0, 400, 403, 404, 422],
    text: /supported API model names|Model Not Exist|Not found the model|model .{0,80}(?:does not exist|not found|isn't supported on this route)|unknown model|not a valid model/i,
    source: 'https://api-docs.deepseek.com/quick_start/pricing',
  },

  {
    id: 'overloaded-words',
    means: overloaded,
    words: ['engine_overloaded_error', 'overloaded_error', 'server_overloaded', 'model_overloaded', 'service_unavailable', 'unavailable'],
    source: 'https://platform.moonshot.ai/docs/api/errors',
  },
  {
    id: 'overloaded-text',
    means: overloaded,
    statuses: [0, 429, 500, 503],
    text: /(?:engine|model|server|service|provider)[^.]{0,20} (?:is |are )?(?:currently |temporarily )?(?:overloaded|at capacity)/i,
    source: 'https://api-docs.deepseek.com/quick_start/error_codes',
  },

  {
    id: 'rate-words',
    means: rate,
    words: ['rate_limit_reached_error', 'rate_limit_error', 'rate_limit_exceeded', 'ratelimitexceeded', 'too_many_requests', 'resource_exhausted'],
    source: 'https://platform.moonshot.ai/docs/api/errors',
  },
  { id: 'zai-rate', means: rate, words: ['1302', '1303', '1305'], source: 'https://docs.z.ai/api-reference/api-code' },
  {
    id: 'dashscope-rate',
    means: rate,
    words: ['throttling', 'throttling.ratequota', 'throttling.allocationquota', 'throttlingexception'],
    source: 'https://www.alibabacloud.com/help/en/model-studio/error-code',
  },

  {
    id: 'auth-words',
    means: auth,
    words: ['invalid_authentication_error', 'incorrect_api_key_error', 'authentication_error', 'invalid_api_key', 'invalidapikey', 'unauthenticated'],
    source: 'https://platform.moonshot.ai/docs/api/errors',
  },
  {
    id: 'auth-text',
    means: auth,
    statuses: [0, 400, 500],
    text: /API key not valid|(?:invalid|incorrect|missing|expired) API[ _]key|invalid or expired token/i,
    source: 'https://ai.google.dev/gemini-api/docs/troubleshooting',
  },

  // Inside a stream there is no status: the type decides. DeepSeek puts invalid_request_error into the code of every error.
  {
    id: 'request-type',
    means: request,
    statuses: [0],
    types: ['invalid_request_error', 'bad_request', 'badrequesterror', 'invalid_argument'],
    source: 'https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/protocol.py',
  },
]

const http = 'https://www.rfc-editor.org/rfc/rfc9110#section-15'
const vendor = 'https://api-docs.deepseek.com/quick_start/error_codes'

/** Rows by status, for errors whose text no row matches. */
const byStatus: readonly ErrorRow[] = [
  { id: 'redirect', means: { code: 'network-redirect', retryable: false }, statuses: range(300, 399), source: http },
  { id: 'status-401', means: auth, statuses: [401], source: vendor },
  { id: 'status-402', means: quota, statuses: [402], source: vendor },
  { id: 'status-404', means: model, statuses: [404], source: 'https://platform.moonshot.ai/docs/api/errors' },
  { id: 'status-407', means: { code: 'network-refused', retryable: false }, statuses: [407], source: http },
  { id: 'status-408', means: failed, statuses: [408, 409, 425, 499], source: 'https://github.com/openai/openai-node#retries' },
  { id: 'status-413', means: { code: 'request-too-large', retryable: false }, statuses: [413], source: http },
  { id: 'status-429', means: rate, statuses: [429], source: vendor },
  { id: 'status-501', means: { ...failed, retryable: false }, statuses: [501, 505], source: http },
  { id: 'status-500', means: failed, statuses: [500], source: vendor },
  { id: 'status-503', means: overloaded, statuses: [502, 503, 504, ...range(520, 529)], source: vendor },
]

/** The table of refusals: rows by text, then rows by status. */
export const errorRows: readonly ErrorRow[] = [...byWords, ...byStatus]

/** The class of an error that no row matches. */
export function unknownClass(status: number): ErrorClass {
  if (status === 403) return auth
  return status >= 400 && status < 500 ? request : failed
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
