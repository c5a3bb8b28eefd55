import type { ListedServerRun, OpenQuestion, ServerAnswer, ServerEvent, ServerRun, ServerSession, StartRequest } from './protocol.ts'

/** Options of `connect`. */
export interface ClientOptions {
  /** Where the server is, such as `https://agents.example.com` or `/api`. */
  readonly url: string
  /** Called for each request: headers that say who asks. Default: none. */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** Options of `client.events`. */
export interface EventsOptions {
  /** Ends the iteration. The run continues. */
  readonly signal?: AbortSignal
  /** The id of the last event that the caller has, from `onId`. Default: from the beginning. */
  readonly after?: string
  /** Called with the id of each event. */
  readonly onId?: (id: string) => void
  /** Called when the connection is lost, with the time until the next try in milliseconds. The next event says that there is one again. */
  readonly onRetry?: (delayMs: number, error: unknown) => void
}

/** A client of an agent server. It has no dependencies and runs in browsers and in Node. All methods throw `ServerError`. */
export interface Client {
  start(request: StartRequest & { readonly idempotencyKey?: string }): Promise<{ readonly runId: string }>
  /** The events of a run, to its end. A lost connection is made again: what was shown continues, or `restart` says that it begins again. */
  events(runId: string, options?: EventsOptions): AsyncGenerator<ServerEvent, void>
  run(runId: string): Promise<ServerRun>
  runs(query?: Query): Promise<{ readonly runs: readonly ListedServerRun[]; readonly cursor?: string }>
  decide(runId: string, answers: Readonly<Record<string, ServerAnswer>>): Promise<{ readonly status: string }>
  stop(runId: string): Promise<void>
  questions(): Promise<readonly OpenQuestion[]>
  sessions(query?: Query): Promise<readonly { readonly session: string; readonly changedAt: number }[]>
  session(name: string): Promise<ServerSession>
  deleteSession(name: string): Promise<void>
}

/** Parameters of a list, as in the table of the protocol. */
type Query = Readonly<Record<string, string>>
