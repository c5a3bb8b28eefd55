import { validateHeaderName, validateHeaderValue } from 'node:http'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import type { FlowOptions } from '../flow-options.ts'
import { type HostOptions, HostPattern, Hosts, type Target } from './hosts.ts'
import type { Client } from './request.ts'
import { type ResolveHost, resolveBySystem } from './resolve.ts'

/** Options of `http()`. By default `returns` is `'untrusted'`, and `reaches` is `['external']`, because data can leave in a URL, with the host as the destination. */
export interface HttpOptions extends HostOptions, FlowOptions {
  /**
   * Headers for requests to single hosts, such as `{ 'api.example.org': { authorization: 'Bearer …' } }`. A redirect to another host does not get them, and
   * neither does a request by `http:`, except to `privateHosts`. The model does not see them, unless the host returns them. Default: none.
   */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** When a call ends, with all redirects, the complete body and its conversion, in milliseconds, up to 10 minutes. Default: 30,000. */
  readonly timeoutMs?: number
  /** The most bytes of a body that are read, as sent and decompressed. Of a longer body the beginning is used. Default: 2,000,000, up to 16 MiB. */
  readonly maxBytes?: number
  /** How pages are shown: as Markdown, which needs the package `@mdream/js`, or as HTML. Default: `'markdown'`. */
  readonly html?: 'markdown' | 'source'
  /** The header `User-Agent`; many sites ask for a contact in it. Default: `'capstan'`. */
  readonly userAgent?: string
  /** Finds the addresses of a host name; they are checked. Default: as the system does. */
  readonly resolve?: ResolveHost
  /** Whether a person must approve a call. A function decides for each one; if it throws, a person is asked. Default: false, and true for `httpSend()`. */
  readonly needsApproval?: boolean | ((call: HttpCall) => boolean | Promise<boolean>)
}

/** Options of `httpSend()`. */
export interface HttpSendOptions extends HttpOptions {
  /** The methods that the model can use. */
  readonly methods: readonly SendMethod[]
}

/** A method that changes something. */
export type SendMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A call, as the model wrote it. */
export interface HttpCall {
  readonly url: string
  readonly method?: string
  /** Only of `http_send`. */
  readonly body?: string
  /** Only of `http_send`. */
  readonly content_type?: string
}

/** Options that were checked, with their defaults. */
export interface CheckedOptions extends Required<Pick<HttpOptions, 'timeoutMs' | 'maxBytes' | 'html' | 'returns' | 'reaches'>> {
  readonly needsApproval: HttpOptions['needsApproval']
  readonly client: Client
}

const optionNames: Readonly<Record<keyof HttpOptions, true>> = {
  hosts: true,
  privateHosts: true,
  allowHttp: true,
  headers: true,
  timeoutMs: true,
  maxBytes: true,
  html: true,
  userAgent: true,
  resolve: true,
  needsApproval: true,
  returns: true,
  reaches: true,
}
const instead = {
  allow: 'hosts',
  allowList: 'hosts',
  allowedHosts: 'hosts',
  domains: 'hosts',
  allowPrivate: 'privateHosts',
  localhost: 'privateHosts',
  insecure: 'allowHttp',
  timeout: 'timeoutMs',
  maxSize: 'maxBytes',
  lookup: 'resolve',
  dns: 'resolve',
  approve: 'needsApproval',
  method: '`httpSend({ methods })`',
  body: '`httpSend({ methods })`',
}
/** What belongs to the connection, or is set by the tools. */
const ownHeaders =
  /^(?:host|connection|keep-alive|content-length|content-type|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|proxy-.*|idempotency-key)$/i
const maxTimeoutMs = 600_000
const maxBytesLimit = 16 * 1_024 * 1_024
const minBytes = 1_024

/** @throws {AgentError} `invalid-options` */
export function checkOptions(options: HttpOptions, name: 'http' | 'httpSend'): CheckedOptions {
  const names = [...Object.keys(optionNames), ...(name === 'httpSend' ? ['methods'] : [])]
  checkNames(options, { names, what: `an option of ${name}()`, instead: name === 'http' ? { ...instead, methods: '`httpSend({ methods })`' } : instead })
  const { timeoutMs = 30_000, maxBytes = 2_000_000, html = 'markdown', userAgent = 'capstan', resolve = resolveBySystem } = options
  const { headers = {}, needsApproval = name === 'httpSend', returns = 'untrusted', reaches = ['external'] } = options
  checkRange('timeoutMs', timeoutMs, [1, maxTimeoutMs])
  checkRange('maxBytes', maxBytes, [minBytes, maxBytesLimit])
  if (html !== 'markdown' && html !== 'source') throw invalidOptions("`html` must be 'markdown' or 'source'.")
  if (typeof resolve !== 'function') throw invalidOptions('`resolve` must be a function that returns the addresses of a host name.')
  if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function') throw invalidOptions('`needsApproval` must be true, false or a function.')
  checkHeader('userAgent', 'user-agent', userAgent)
  const own = checkHeaders(headers)
  const headersFor = (target: Target): Readonly<Record<string, string>> => ({
    'user-agent': userAgent,
    ...Object.assign({}, ...own.filter(({ pattern }) => target.mayGetHeaders && pattern.matches(target.url)).map(({ values }) => values)),
  })
  return { timeoutMs, maxBytes, html, returns, reaches, needsApproval, client: { hosts: new Hosts(options), resolve, headersFor } }
}

function checkHeaders(headers: unknown): readonly { readonly pattern: HostPattern; readonly values: Readonly<Record<string, string>> }[] {
  const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isRecord(headers)) throw invalidOptions("`headers` must be an object of hosts, such as { 'api.example.org': { authorization: 'Bearer …' } }.")
  return Object.entries(headers).map(([host, values]) => {
    if (!isRecord(values))
      throw invalidOptions(`\`headers\` must have an object of headers for each host, such as { 'api.example.org': { authorization: 'Bearer …' } }.`)
    const checked = Object.entries(values).map(([name, value]) => [name.toLowerCase(), checkHeader(`headers[${JSON.stringify(host)}]`, name, value)] as const)
    return { pattern: HostPattern.parse(host, 'headers'), values: Object.fromEntries(checked) }
  })
}

/** The message does not contain the value, which may be a key. */
function checkHeader(path: string, name: string, value: unknown): string {
  if (ownHeaders.test(name)) throw invalidOptions(`\`${path}\` must not set ${JSON.stringify(name)}: the tool does.`)
  try {
    validateHeaderName(name)
    if (typeof value !== 'string') throw new TypeError('not a text')
    validateHeaderValue(name, value)
    return value
  } catch {
    throw invalidOptions(`\`${path}\` has a header ${JSON.stringify(name)} whose name or value is not valid.`)
  }
}

function checkRange(name: string, value: unknown, [min, max]: readonly [number, number]): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return
  throw invalidOptions(`\`${name}\` must be a whole number from ${min} to ${max}, not ${String(value)}.`)
}
