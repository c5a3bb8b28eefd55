import { AgentError } from '@capstan/core'
import type { ErrorBody } from '../protocol.ts'
import { safeMessage } from '../runs/shown-event.ts'
import { Refusal } from './refusal.ts'

const common: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** A response with a JSON body. */
export function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...common, 'content-type': 'application/json; charset=utf-8', ...headers } })
}

/** A response with a text body. */
export function textResponse(text: string, contentType: string): Response {
  return new Response(text, { headers: { ...common, 'content-type': contentType } })
}

/** A response without a body. */
export function emptyResponse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...common, ...headers } })
}

/** The headers of an event stream. The last one asks nginx not to collect it. */
export const streamHeaders: Readonly<Record<string, string>> = {
  ...common,
  'cache-control': 'no-store, no-transform',
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
}

/** The HTTP status of errors of the framework that a request can cause. Any other is a defect: 500. */
const statuses: Readonly<Partial<Record<AgentError['code'], number>>> = {
  'invalid-messages': 400,
  'invalid-use': 409,
  'run-not-found': 404,
  'run-locked': 409,
  'session-busy': 409,
  'session-conflict': 409,
  'state-mismatch': 409,
  'journal-failed': 503,
}

/** Makes a response of whatever was thrown below a route. No other place does. */
export function errorResponse(thrown: unknown, onError: (error: unknown) => void): Response {
  const refusal = thrown instanceof Refusal ? thrown : refusalOf(thrown)
  const { status, code, message, details } = refusal
  if (status >= 500 && !(thrown instanceof Refusal)) onError(thrown)
  const { retryAfterSeconds, headers, runId, decided } = details
  const body: ErrorBody = { error: { code, message, ...(runId !== undefined && { runId }), ...(decided !== undefined && { decided }) } }
  return jsonResponse(status, body, { ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }), ...headers })
}

function refusalOf(thrown: unknown): Refusal {
  if (!AgentError.is(thrown)) return new Refusal(500, ['internal', 'The server failed.'], { cause: thrown })
  const { code, runId } = thrown
  const status = statuses[code] ?? 500
  const retryAfterSeconds = status === 503 ? { retryAfterSeconds: 5 } : {}
  return new Refusal(status, [status === 500 ? 'internal' : code, safeMessage(code)], {
    cause: thrown,
    ...retryAfterSeconds,
    ...(runId !== undefined && { runId }),
  })
}
