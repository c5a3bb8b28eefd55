import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import type { ServerRuns } from '../runs/server-runs.ts'
import type { ServerSessions } from '../sessions.ts'
import type { Streams } from '../streams.ts'

/** What a route works with. */
export interface RouteContext {
  readonly request: Request
  readonly url: URL
  readonly principal: Principal
  /** What the path has in place of `:id`; empty for a path without it. */
  readonly id: string
  readonly options: ResolvedOptions
  readonly runs: ServerRuns
  readonly sessions: ServerSessions
  readonly streams: Streams
}

/** A method and a path, and what answers them. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Parts that are texts, and at most one `:id`. */
  readonly path: string
  readonly handle: (context: RouteContext) => Promise<Response>
}

/** A route, and what the path of a request has in place of `:id`. */
export interface MatchedPath {
  readonly routes: readonly Route[]
  readonly id: string
}

/** The routes of a path, whatever their method; an empty list when there are none. */
export function matchPath(routes: readonly Route[], path: string): MatchedPath {
  const parts = path.split('/')
  let id = ''
  const found = routes.filter((route) => {
    const wanted = route.path.split('/')
    if (wanted.length !== parts.length || !wanted.every((part, index) => part === parts[index] || (part === ':id' && parts[index] !== ''))) return false
    id = decodePart(parts[wanted.indexOf(':id')] ?? '')
    return true
  })
  return { routes: found, id }
}

/** A part that cannot be decoded names nothing. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
