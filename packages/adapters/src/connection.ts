import { AgentError } from '@capstan/core'
import { invalidOptions, isCredentialName } from '@capstan/core/internal'
import type { ConnectionSettings } from './settings.ts'

/** Where requests go, and with which headers. The key is looked up at each call and stored nowhere else. */
export interface Connection {
  readonly url: URL
  readonly origin: string
  /** With the query. */
  readonly path: string
  /**
   * The headers of a request.
   *
   * @throws {AgentError} `missing-key`, naming the variable; `invalid-options` for a key that a header cannot carry.
   */
  headers(accept: string): RequestHeaders
}

/** Headers, and what must not be shown of the request. */
export interface RequestHeaders {
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  /** Describes where the key came from; `undefined` without a key. */
  readonly keySource: string | undefined
}

/** Headers whose values are not secret. Any other header of the settings may hold one, whatever its name. */
const plainHeader = /^(?:accept|content|user-agent$|referer$|http-referer$|origin$|host$|x-title$|x-request-id$|openai-organization$|openai-project$)/
const scheme = /^(?:bearer|basic|token|digest|apikey)$/i
/** The value of a header with an unusual name counts as a secret from this length on; shorter ones are ordinary words. */
const minValueLength = 8

/**
 * Prepares the connection of a model.
 *
 * @throws {AgentError} `invalid-options` when the base URL is not a valid URL.
 */
export function prepareConnection(settings: ConnectionSettings & { readonly baseURL: string }): Connection {
  const { apiKey, apiKeyEnv, dispatcher } = settings
  const own = Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const ownAuthorization = own.some(([name]) => name === 'authorization')
  const url = endpointUrl(settings.baseURL)
  const fixedSecrets = [...own.flatMap(([name, value]) => secretsOf(name, value)), ...querySecrets(url)]
  const headersFor = (accept: string): RequestHeaders => {
    const key = ownAuthorization || dispatcher?.isOffline === true ? undefined : findKey(apiKey, apiKeyEnv)
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
    return { headers, secrets: key === undefined ? fixedSecrets : [key.value, ...fixedSecrets], keySource }
  }
  return {
    url,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    // A key in the settings stays the same; one from the environment is not stored.
    headers: apiKey === undefined || ownAuthorization ? headersFor : keepEach(headersFor),
  }
}

function secretsOf(name: string, value: string): readonly string[] {
  if (isCredentialName(name)) return [value, ...value.split(/\s+/).filter((word) => !scheme.test(word))]
  return plainHeader.test(name) || value.length < minValueLength ? [] : [value]
}

function querySecrets({ searchParams }: URL): readonly string[] {
  return Array.from(searchParams).flatMap(([name, value]) => (isCredentialName(name) ? [value] : []))
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
  if (url.username !== '' || url.password !== '')
    throw invalidOptions('`baseURL` contains a user name or a password. Use `apiKey` or `headers` for credentials.')
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
  if (/[^\x21-\x7e]/.test(value)) throw invalidOptions(`The API key from ${source} contains a character that a header cannot carry, such as a line break.`)
  return { value, source }
}
