import { readBody, refuseUnknown } from '../http/read-body.ts'
import { badRequest, Refusal } from '../http/refusal.ts'
import { emptyResponse, jsonResponse } from '../http/responses.ts'
import type { ListedServerRun, StartRequest } from '../protocol.ts'
import { readAnswers } from '../runs/read-answers.ts'
import { isIdempotencyKey, isSessionName } from '../runs/run-ids.ts'
import type { RunsQuery } from '../runs/run-infos.ts'
import type { Route, RouteContext } from './route.ts'

const statuses: readonly ListedServerRun['status'][] = ['finished', 'limit', 'paused', 'unusable', 'unfinished', 'broken']
const maxLimit = 100

/** The routes of runs. */
export const runRoutes: readonly Route[] = [
  { method: 'POST', path: '/runs', handle: startRun },
  { method: 'GET', path: '/runs', handle: listRuns },
  { method: 'GET', path: '/runs/:id', handle: async ({ runs, principal, id }) => jsonResponse(200, await runs.info(principal, id)) },
  { method: 'GET', path: '/runs/:id/events', handle: async (context) => await streamRun(context, context.id) },
  { method: 'POST', path: '/runs/:id/decisions', handle: decideRun },
  { method: 'POST', path: '/runs/:id/stop', handle: stopRun },
  { method: 'GET', path: '/questions', handle: async ({ runs, principal }) => jsonResponse(200, { questions: await runs.questions(principal) }) },
]

async function startRun(context: RouteContext): Promise<Response> {
  const { request, runs, principal, options } = context
  const body = await readBody(request, options)
  refuseUnknown(body, ['agent', 'input', 'session'])
  const { agent, input, session } = body
  if (typeof input !== 'string' || input.trim() === '') throw badRequest('`input` must be a text that is not empty: what the user says.')
  if (agent !== undefined && typeof agent !== 'string') throw badRequest('`agent` must be a text.')
  if (session !== undefined && (typeof session !== 'string' || !isSessionName(session))) {
    throw badRequest('`session` must be 1 to 100 characters of A-Z a-z 0-9 _ . : @ -.')
  }
  const key = request.headers.get('idempotency-key') ?? undefined
  if (key !== undefined && !isIdempotencyKey(key)) throw badRequest('`Idempotency-Key` must be 1 to 200 printable characters.')
  const start: StartRequest = { input, ...(agent !== undefined && { agent }), ...(session !== undefined && { session }) }
  // A stream that cannot be opened must not leave a run behind that nobody reads.
  const wantsStream = request.headers.get('accept')?.includes('text/event-stream') === true
  if (wantsStream) context.streams.check(principal)
  const { runId, isNew } = await runs.start(principal, start, key)
  if (wantsStream) return await streamRun(context, runId)
  return jsonResponse(isNew ? 201 : 200, { runId }, { location: `${options.basePath}/runs/${runId}`, 'capstan-run-id': runId })
}

async function listRuns({ runs, principal, url }: RouteContext): Promise<Response> {
  const { searchParams } = url
  const [status, session, cursor] = ['status', 'session', 'cursor'].map((name) => searchParams.get(name) ?? undefined)
  const limit = Number(searchParams.get('limit') ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) throw badRequest(`\`limit\` must be an integer from 1 to ${maxLimit}.`)
  const known = statuses.find((item) => item === status)
  if (status !== undefined && known === undefined) throw badRequest(`\`status\` must be one of: ${statuses.join(', ')}.`)
  const query: RunsQuery = { limit, ...(known && { status: known }), ...(session !== undefined && { session }), ...(cursor !== undefined && { cursor }) }
  return jsonResponse(200, await runs.list(principal, query))
}

async function streamRun({ request, runs, principal, url, streams }: RouteContext, runId: string): Promise<Response> {
  const after = request.headers.get('last-event-id') ?? url.searchParams.get('after') ?? undefined
  return await streams.open(
    principal,
    runId,
    async (signal) => await runs.follow(principal, runId, { signal, ...(after !== undefined && after !== '' && { after }) }),
  )
}

async function decideRun({ request, runs, principal, options, id }: RouteContext): Promise<Response> {
  const body = await readBody(request, options)
  refuseUnknown(body, ['answers'])
  return jsonResponse(200, await runs.decide(principal, id, readAnswers(body['answers'])))
}

async function stopRun({ request, runs, principal, id }: RouteContext): Promise<Response> {
  // A form of another site has a content type, a program that sends nothing has none.
  const type = request.headers.get('content-type')
  if (type !== null && !/^application\/json\b/i.test(type)) throw new Refusal(415, ['unsupported-media-type', 'Send no body, or JSON.'])
  await runs.stop(principal, id)
  return emptyResponse(202)
}
