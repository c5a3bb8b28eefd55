import { AgentError } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'
import type { ConnectionSettings } from './settings.ts'

/** Where requests go, and what goes with them. The key is looked up at each call and held nowhere else. */
export interface Connection {
  readonly url: URL
  readonly origin: string
  /** With the query. */
  readonly path: string
  /**
   * The headers of a request.
   *
   * @throws {AgentError} `missing-key`, naming the variable; `invalid-options` for a key that no header can carry.
   */
  headers(accept: string): RequestHeaders
}

/** Headers and what must not be shown of them. */
export interface RequestHeaders {
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  /** Where the key came from, in words; `undefined` without a key. */
  readonly keySource: string | undefined
}

const credentialHeader = /auth|key|token|secret|cookie|password/

/**
 * Prepares the connection of a model.
 *
 * @throws {AgentError} `invalid-options` for a base URL that is none.
 */
export function prepareConnection(settings: ConnectionSettings & { readonly baseURL: string }): Connection {
  const { apiKey, apiKeyEnv } = settings
  const own = Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const ownSecrets = own.filter(([name]) => credentialHeader.test(name)).flatMap(([, value]) => [value, ...value.split(/\s+/)])
  const ownAuthorization = own.some(([name]) => name === 'authorization')
  const url = endpointUrl(settings.baseURL)
  const headersFor = (accept: string): RequestHeaders => {
    const key = ownAuthorization ? undefined : findKey(apiKey, apiKeyEnv)
    const headers = {
      'content-type': 'application/json',
      accept,
      // A compressed stream comes in larger pieces, later.
      'accept-encoding': 'identity',
      'user-agent': 'capstan',
      ...(key !== undefined && { authorization: `Bearer ${key.value}` }),
      ...Object.fromEntries(own),
    }
    const keySource = ownAuthorization ? 'the header `authorization` of the settings' : key?.source
    return { headers, secrets: key === undefined ? ownSecrets : [key.value, ...ownSecrets], keySource }
  }
  return {
    url,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    // A key that is a setting stays the same; that of the environment is not kept.
    headers: apiKey === undefined || ownAuthorization ? headersFor : keepEach(headersFor),
  }
}

function keepEach(make: (accept: string) => RequestHeaders): (accept: string) => RequestHeaders {
  const kept = new Map<string, RequestHeaders>()
  return (accept) => {
    let headers = kept.get(accept)
    if (headers === undefined) {
      headers = make(accept)
      kept.set(accept, headers)
    }
    return headers
  }
}

function endpointUrl(baseURL: string): URL {
  const help = 'Give the address up to and without `/chat/completions`, such as https://api.evolink.ai/v1.'
  if (typeof baseURL !== 'string' || !URL.canParse(baseURL)) throw invalidOptions(`\`baseURL\` is not a URL. ${help}`)
  const url = new URL(baseURL)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalidOptions(`\`baseURL\` must begin with https:// or http://. ${help}`)
  if (url.username !== '' || url.password !== '') throw invalidOptions('`baseURL` holds a user name or a password. Use `apiKey` or `headers` for credentials.')
  const path = url.pathname.replace(/\/+$/, '')
  if (path.endsWith('/chat/completions')) throw invalidOptions(`\`baseURL\` already ends with /chat/completions. ${help}`)
  url.pathname = `${path}/chat/completions`
  return url
}

function findKey(apiKey: string | undefined, apiKeyEnv: string | undefined): { readonly value: string; readonly source: string } | undefined {
  if (apiKey === undefined && apiKeyEnv === undefined) return undefined
  const source = apiKey !== undefined ? 'the setting `apiKey`' : `the environment variable ${apiKeyEnv}`
  const value = (apiKey ?? process.env[apiKeyEnv ?? ''] ?? '').trim()
  if (value === '') {
    const message =
      apiKey !== undefined ? 'The setting `apiKey` is empty.' : `No API key: the environment variable ${apiKeyEnv} is not set. Set it, or pass \`apiKey\`.`
    throw new AgentError(message, { code: 'missing-key' })
  }
  if (/[^\x21-\x7e]/.test(value)) throw invalidOptions(`The API key from ${source} holds a character that a header cannot carry, such as a line break.`)
  return { value, source }
}
