import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** What a provider said about an error, in whatever shape. */
export interface ProviderError {
  readonly message: string
  readonly type: string
  /** A word, or a number in words. */
  readonly code: string
  readonly param: string
}

/**
 * Reads an error body: `{error: {message, type, code, param}}`, `{error: 'text'}`, `{message, code}` (vLLM, gateways),
 * `{code, msg}`, `{detail}`.
 *
 * @returns `undefined` when the value does not look like an error.
 */
export function decodeErrorBody(value: Json | undefined): ProviderError | undefined {
  if (!isJsonObject(value)) return undefined
  const error = value['error']
  if (isJsonObject(error)) return fieldsOf(error)
  if (typeof error === 'string' && error !== '') return { ...fieldsOf(value), message: error }
  if (value['choices'] !== undefined) return undefined
  const own = fieldsOf(value)
  const isError = own.message !== '' && (own.code !== '' || own.type !== '' || value['object'] === 'error' || 'detail' in value || value['success'] === false)
  return isError ? own : undefined
}

function fieldsOf(error: JsonObject): ProviderError {
  const { message, msg, detail, type, code, param } = error
  return {
    message: word(message) || word(msg) || (typeof detail === 'string' ? detail : detail === undefined || detail === null ? '' : JSON.stringify(detail)),
    type: word(type),
    code: word(code),
    param: word(param),
  }
}

function word(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
