import type { IncomingMessage } from 'node:http'
import { type StandardSchema, type Tool, ToolError } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'
import { toolFlow } from '../flow-options.ts'
import { jsonSchema } from '../schema/json-schema.ts'
import { refineSchema } from '../schema/refine-schema.ts'
import { tool } from '../tool.ts'
import { explainNetworkError } from './explain-error.ts'
import type { Target } from './hosts.ts'
import { type CheckedOptions, checkOptions, type HttpCall, type HttpOptions, type HttpSendOptions, type SendMethod } from './options.ts'
import { acceptedEncodings } from './read-body.ts'
import { readContent } from './read-content.ts'
import { type Answer, send, sendAndFollow } from './request.ts'
import { showResponse } from './show-response.ts'

export type { HostOptions } from './hosts.ts'
export type { HttpCall, HttpOptions, HttpSendOptions, SendMethod } from './options.ts'
export type { HostAddress, ResolveHost } from './resolve.ts'

const readHeaders = { accept: 'text/markdown, text/html;q=0.9, application/json;q=0.9, text/*;q=0.8, */*;q=0.1', 'accept-encoding': acceptedEncodings }
/** After the deadline of the call, which has a better message. */
const graceMs = 5_000
const sendMethods: readonly SendMethod[] = ['POST', 'PUT', 'PATCH', 'DELETE']
const maxBodyLength = 1_000_000
const urlSchema = { type: 'string', description: 'The complete URL, such as https://example.org/page.' } as const

/**
 * Makes the tool `http_fetch`: requests a URL with GET or HEAD and returns the page as Markdown, or JSON or other text as it is. Only listed hosts
 * are reached, or all public ones. Every address is checked when the connection is made, also after redirects.
 *
 * @throws {AgentError} `invalid-options`
 */
export function http(options: HttpOptions): Tool {
  const checked = checkOptions(options, 'http')
  return tool({
    name: 'http_fetch',
    description:
      `Requests a URL and returns the status and the content: HTML as ${checked.html === 'markdown' ? 'Markdown' : 'source'}, JSON and other text as it is; not PDF, images or other binary ` +
      `content. HEAD returns only status and headers. Redirects are followed. Hosts: ${checked.client.hosts.describe()}.`,
    inputSchema: schemaFor<HttpCall>(checked, { method: { type: 'string', enum: ['GET', 'HEAD'], description: 'Default: GET.' } }),
    effect: 'read',
    ...flowOf(checked),
    execute: ({ url, method = 'GET' }, { signal }) =>
      withDeadline(checked, signal, async (deadline) => {
        const request = { target: targetOf(checked, url), method, headers: readHeaders, signal: deadline.signal }
        return await show(await sendAndFollow(checked.client, request), { ...checked, ...deadline, method })
      }),
  })
}

/**
 * Makes the tool `http_send`: sends a request that changes something. A person approves each call, unless `needsApproval` says otherwise. Redirects are not
 * followed. The key of the call is sent as `Idempotency-Key`.
 *
 * @throws {AgentError} `invalid-options`
 */
export function httpSend(options: HttpSendOptions): Tool {
  const checked = checkOptions(options, 'httpSend')
  const methods = checkMethods(options.methods)
  return tool({
    name: 'http_send',
    description: `Sends a request that changes something, and returns the status and the content of the response. Redirects are not followed. Hosts: ${checked.client.hosts.describe()}.`,
    inputSchema: schemaFor<HttpCall & { readonly method: string }>(
      checked,
      {
        method: { type: 'string', enum: methods },
        body: { type: 'string', maxLength: maxBodyLength, description: 'The body of the request.' },
        content_type: { type: 'string', pattern: '^[\\w.+-]{1,60}/[\\w.+-]{1,60}(; ?charset=[\\w-]{1,30})?$', description: 'Default: application/json.' },
      },
      ['method'],
    ),
    effect: 'once',
    ...flowOf(checked),
    execute: ({ url, method, body, content_type: contentType = 'application/json' }, { signal, idempotencyKey }) =>
      withDeadline(checked, signal, async (deadline) => {
        const headers = { ...readHeaders, ...(body !== undefined && { 'content-type': contentType }), 'idempotency-key': idempotencyKey }
        const target = targetOf(checked, url)
        const message = await send(checked.client, { target, method, headers, signal: deadline.signal, ...(body !== undefined && { body: Buffer.from(body) }) })
        return await show({ message, target, via: [] }, { ...checked, ...deadline, method })
      }),
  })
}

function checkMethods(methods: unknown): readonly SendMethod[] {
  const isList = Array.isArray(methods) && methods.length > 0 && methods.every((method) => sendMethods.includes(method))
  if (!isList) throw invalidOptions(`\`methods\` must be a list of ${sendMethods.join(', ')}.`)
  return [...methods]
}

/** The schema, and the hosts: a call of a URL that is not allowed is invalid, so nobody is asked about it. */
function schemaFor<Call extends HttpCall>(
  { client }: CheckedOptions,
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): StandardSchema<Call> {
  const base = jsonSchema<Call>({ type: 'object', properties: { url: urlSchema, ...properties }, required: ['url', ...required], additionalProperties: false })
  return refineSchema(base, ({ url }) => {
    const target = client.hosts.target(url)
    return 'problem' in target ? { message: target.problem, path: ['url'] } : undefined
  })
}

function targetOf({ client }: CheckedOptions, url: string): Target {
  const target = client.hosts.target(url)
  if ('problem' in target) throw new ToolError(`Nothing was requested: ${target.problem}.`)
  return target
}

/** What flows through the tools: hosts that the owner listed are allowed destinations. */
function flowOf(checked: CheckedOptions) {
  const { returns, reaches, needsApproval = false, timeoutMs } = checked
  const targets = ({ url }: HttpCall) => {
    const { host, isListed } = targetOf(checked, url)
    return isListed ? [{ target: host, allowed: true as const }] : [host]
  }
  return { ...toolFlow({ returns, reaches, targets }), needsApproval, timeoutMs: timeoutMs + graceMs }
}

interface Deadline {
  readonly signal: AbortSignal
  /** In milliseconds of `performance.now()`. */
  readonly endsAt: number
}

/** Ends work at the deadline: also what a server sends slowly. */
async function withDeadline({ timeoutMs }: CheckedOptions, parent: AbortSignal, work: (deadline: Deadline) => Promise<string>): Promise<string> {
  const late = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([parent, late])
  try {
    return await work({ signal, endsAt: performance.now() + timeoutMs })
  } catch (error) {
    if (late.aborted && !parent.aborted) throw new ToolError(`There is no complete response after ${timeoutMs / 1_000} s.`)
    throw explainNetworkError(error, signal)
  }
}

async function show({ message, target, via }: Answer, { method, ...options }: CheckedOptions & Deadline & { readonly method: string }): Promise<string> {
  const url = target.url.href
  const hasBody = method !== 'HEAD' && message.statusCode !== 204 && message.statusCode !== 304
  const content = hasBody ? await readContent(message, { ...options, url }) : { notes: [] }
  message.destroy()
  return showResponse({
    method,
    url,
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? '',
    via,
    headers: shownHeaders(message, hasBody),
    ...content,
  })
}

const alwaysShown = ['content-type', 'location'] as const
const shownWithoutBody = ['content-length', 'last-modified', 'etag'] as const

function shownHeaders({ headers }: IncomingMessage, hasBody: boolean): readonly (readonly [string, string])[] {
  return [...alwaysShown, ...(hasBody ? [] : shownWithoutBody)].flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [[name, value] as const]
  })
}
