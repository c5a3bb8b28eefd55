import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** What a provider said about an error, in whatever form. */
export interface ProviderError {
  readonly message: string
  readonly type: string
  /** A word, or a number as text. */
  readonly code: string
  readonly param: string
  /** How long to wait, where a field says so; empty where none does. */
  readonly delay: string
  /** Sizes of a request that is too long, where fields have them (llama.cpp). */
  readonly windowTokens?: number
  readonly promptTokens?: number
}

/** True for a value of `error` that reports one: some servers send `null`, `false`, `""` or `{}` with every chunk. */
export function saysError(error: Json | undefined): boolean {
  if (isJsonObject(error)) return Object.values(error).some(saysError)
  return Array.isArray(error) ? error.length > 0 : Boolean(error)
}

/**
 * Reads an error body. Known forms:
 *
 * - `{error: {message, type, code, param}}` (OpenAI, DeepSeek, Moonshot), `{type: 'error', error: {…}}` (Anthropic, MiniMax);
 * - the same with `status` for the type, and in a list (Gemini); with `metadata.raw` of the host behind it (OpenRouter);
 * - `{error: 'text', code}` (xAI, LM Studio, Ollama), `{message, type, code, object: 'error'}` (Mistral, vLLM, SGLang), `{code, msg}`;
 * - `{detail}` as a text or a list (FastAPI), `{errors: [{message, code}]}` (Cloudflare), `{message, __type}` (AWS);
 * - `{base_resp: {status_code, status_msg}}` inside a 200 (MiniMax).
 *
 * @returns `undefined` when the value does not look like an error.
 * @see https://ai.google.dev/gemini-api/docs/openai
 * @see https://openrouter.ai/docs/api-reference/errors
 * @see https://platform.minimax.io/docs/api-reference/errorcode
 */
export function decodeErrorBody(value: Json | undefined): ProviderError | undefined {
  if (Array.isArray(value)) return decodeErrorBody(value[0])
  if (!isJsonObject(value)) return undefined
  const { error, errors, base_resp: base } = value
  if (isJsonObject(error) && saysError(error)) return fieldsOf(error)
  if (typeof error === 'string' && error !== '') return { ...fieldsOf(value), message: error }
  if (Array.isArray(errors) && isJsonObject(errors[0])) return fieldsOf(errors[0])
  if (isJsonObject(base) && typeof base['status_code'] === 'number' && base['status_code'] !== 0) {
    return { message: word(base['status_msg']), type: 'base_resp', code: '', param: '', delay: '' }
  }
  if ((value['choices'] ?? null) !== null) return undefined
  const own = fieldsOf(value)
  const isError = own.message !== '' && (own.code !== '' || own.type !== '' || value['object'] === 'error' || 'detail' in value || value['success'] === false)
  return isError ? own : undefined
}

function fieldsOf(error: JsonObject): ProviderError {
  const { message, msg, detail, type, status, __type: awsType, code, param, metadata, details, n_ctx: windowTokens, n_prompt_tokens: promptTokens } = error
  const text = word(message) || word(msg) || (typeof detail === 'string' ? detail : detail === undefined || detail === null ? '' : JSON.stringify(detail))
  // OpenRouter says "Provider returned error"; the words of the provider are beside it.
  const raw = isJsonObject(metadata) ? word(metadata['raw']) : ''
  return {
    message: raw === '' ? text : `${text}: ${raw}`,
    type: word(type) || (typeof status === 'string' ? status : '') || word(awsType),
    code: word(code) || (typeof status === 'number' ? String(status) : ''),
    param: word(param),
    delay: delayIn(details),
    ...(typeof windowTokens === 'number' && { windowTokens }),
    ...(typeof promptTokens === 'number' && { promptTokens }),
  }
}

/** Gemini's `RetryInfo`. */
function delayIn(details: Json | undefined): string {
  const info = Array.isArray(details) ? details.find((detail: Json) => isJsonObject(detail) && typeof detail['retryDelay'] === 'string') : undefined
  return isJsonObject(info) ? `retry after ${word(info['retryDelay'])}` : ''
}

function word(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
