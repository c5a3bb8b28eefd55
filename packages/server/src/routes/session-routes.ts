import { badRequest } from '../http/refusal.ts'
import { emptyResponse, jsonResponse } from '../http/responses.ts'
import type { Route } from './route.ts'

const maxLimit = 100

/** The routes of conversations. */
export const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/sessions',
    handle: async ({ sessions, principal, url: { searchParams } }) => {
      const limit = Number(searchParams.get('limit') ?? 20)
      if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) throw badRequest(`\`limit\` must be an integer from 1 to ${maxLimit}.`)
      return jsonResponse(200, { sessions: await sessions.list(principal, { limit, after: searchParams.get('after') ?? '' }) })
    },
  },
  { method: 'GET', path: '/sessions/:id', handle: async ({ sessions, principal, id }) => jsonResponse(200, await sessions.read(principal, id)) },
  {
    method: 'DELETE',
    path: '/sessions/:id',
    handle: async ({ sessions, principal, id }) => {
      await sessions.delete(principal, id)
      return emptyResponse(204)
    },
  },
]
