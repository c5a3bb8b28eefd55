import { AgentError } from '@capstan/core'
import { ServedAgents } from './agents.ts'
import { type Connection, Guard, preflightHeaders } from './http/guard.ts'
import { badRequest, Refusal } from './http/refusal.ts'
import { emptyResponse, errorResponse, jsonResponse, textResponse } from './http/responses.ts'
import { LoadGauge } from './limits/load-gauge.ts'
import { RateLimiter, resolveRate } from './limits/rate.ts'
import type { Listening, ListenOptions } from './listening.ts'
import { Metrics } from './metrics.ts'
import { type AgentServerOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import type { Principal } from './principal.ts'
import { matchPath, type Route } from './routes/route.ts'
import { runRoutes } from './routes/run-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import type { LiveRun } from './runs/live-run.ts'
import { LiveRuns } from './runs/live-runs.ts'
import { recoverRuns } from './runs/recover-runs.ts'
import { ServerRuns } from './runs/server-runs.ts'
import { watchWaiting } from './runs/watch-waiting.ts'
import { ServerSessions } from './sessions.ts'
import { Streams } from './streams.ts'

const routes: readonly Route[] = [...runRoutes, ...sessionRoutes]

/** Options of `server.close`. */
export interface CloseOptions {
  /** How long work that has begun may take, in milliseconds. Default: 10,000. */
  readonly graceMs?: number
}

/** What handles a request whose principal is known. */
export type Handler = (request: Request, principal: Principal) => Promise<Response>

/** What `close` leaves behind. */
export interface Closed {
  /** Runs that had not ended in time. With a journal they are as after a crash: the next process continues them. End this one now. */
  readonly left: readonly string[]
}

/** Serves agents: made by `agentServer`. */
export class AgentServer {
  /** What principals do with runs, for protocols of your own. */
  readonly runs: ServerRuns
  /** The event streams that are open. */
  readonly streams: Streams
  readonly #options: ResolvedOptions
  readonly #live: LiveRuns
  readonly #sessions: ServerSessions
  readonly #guard: Guard
  readonly #rates = new RateLimiter()
  readonly #gauge = new LoadGauge()
  readonly #metrics = new Metrics()
  readonly #stopWatching: () => void
  /** True once it listens, and after its end. */
  #isListening = false
  #recovering: NodeJS.Timeout | undefined
  #closeSocket: (() => Promise<void>) | undefined

  /** @throws {AgentError} `invalid-options`. */
  constructor(options: AgentServerOptions) {
    this.#options = resolveOptions(options)
    const agents = new ServedAgents(options)
    this.#guard = new Guard(this.#options)
    this.#sessions = new ServerSessions(options.sessions)
    const parts = { options: this.#options, agents, rates: this.#rates, gauge: this.#gauge }
    const onStarted = ({ agent }: LiveRun): void => this.#metrics.add('capstan_runs_started_total', [agent.name])
    this.#live = new LiveRuns({ ...parts, onStarted, onSettled: (live) => this.#count(live) })
    this.runs = new ServerRuns(this.#live, this.#options)
    this.streams = new Streams(this.#options, this.#rates, this.#gauge)
    this.#gauge.start()
    this.#stopWatching = watchWaiting(this.#live, this.#options)
  }

  /** The options, with every default. */
  get options(): ResolvedOptions {
    return this.#options
  }

  /** Answers a request. Bound, so it can be passed on as it is. Without `authorize` it refuses all: use `listen`, or `nodeHandler`. */
  readonly fetch = async (request: Request): Promise<Response> => await this.answer(request, { isLoopback: false })

  /** Answers a request that came over this connection. */
  async answer(request: Request, connection: Connection): Promise<Response> {
    return await this.guarded(request, { connection, route: 'own' }, async (given, principal) => await this.#route(given, principal))
  }

  /**
   * Lets a handler of another protocol answer: checks host, origin, principal and rate before, and makes a response of what it throws.
   *
   * @param route - A fixed name, for the metrics.
   */
  async guarded(request: Request, { connection, route }: { readonly connection: Connection; readonly route: string }, handle: Handler): Promise<Response> {
    let cors: Readonly<Record<string, string>> = {}
    let response: Response
    try {
      if (route === 'own' && isHealth(this.#path(request))) response = this.#health()
      else {
        this.#guard.checkHost(request)
        cors = this.#guard.checkOrigin(request)
        response = await this.#answer(request, connection, handle)
      }
    } catch (error) {
      if (error instanceof Refusal) this.#metrics.add('capstan_refusals_total', [error.code])
      response = errorResponse(error, this.#options.onError)
    }
    for (const [name, value] of Object.entries(cors)) response.headers.set(name, value)
    this.#metrics.add('capstan_http_requests_total', [route, String(response.status)])
    return response
  }

  /** Continues runs of this server that no process has: after a crash or a restart. `listen` does it. */
  async recover(): Promise<void> {
    await recoverRuns(this.#live, this.#options)
  }

  /**
   * Listens on a port, and continues what an earlier process has left.
   *
   * @throws {AgentError} `invalid-use` for a server that listens already, or was closed.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    if (this.#isListening) throw notAgain()
    this.#isListening = true
    const { listenOn } = await import('./node.ts')
    const { listening, close } = await listenOn(this, options).catch((error: unknown) => {
      // Such as a port that is taken: another one can be tried.
      this.#isListening = this.#live.isClosing
      throw error
    })
    if (this.#live.isClosing) {
      await close()
      throw notAgain()
    }
    this.#closeSocket = close
    await this.recover()
    const { recoverEveryMs, journal, onError } = this.#options
    if (this.#live.isClosing) return listening
    if (journal !== undefined && recoverEveryMs < 2 ** 31) {
      this.#recovering = setInterval(() => void this.recover().catch(onError), recoverEveryMs)
      this.#recovering.unref()
    }
    return listening
  }

  /**
   * Ends the server: no run begins, runs at work are stopped once what they have begun has ended, and readers are told to connect again.
   * Another process continues the runs.
   */
  async close({ graceMs = 10_000 }: CloseOptions = {}): Promise<Closed> {
    this.#isListening = true
    clearInterval(this.#recovering)
    this.#stopWatching()
    const left = await this.#live.drain(graceMs)
    for (const live of this.#live.all) live.log.close()
    await this.#closeSocket?.()
    this.#gauge.stop()
    return { left: left.map(({ runId }) => runId) }
  }

  async #answer(request: Request, connection: Connection, handle: Handler): Promise<Response> {
    if (request.method === 'OPTIONS' && request.headers.has('origin')) return emptyResponse(204, preflightHeaders(['GET', 'POST', 'DELETE']))
    if (this.#path(request) === '/metrics') return await this.#readMetrics(request, connection)
    const principal = await this.#guard.authenticate(request, connection)
    const { rate } = this.#options
    this.#rates.takeRequest(principal.id, resolveRate(typeof rate === 'function' ? rate(principal) : rate))
    return await handle(request, principal)
  }

  async #route(request: Request, principal: Principal): Promise<Response> {
    const matched = matchPath(routes, this.#path(request))
    if (matched.routes.length === 0) throw new Refusal(404, ['not-found', 'There is no such path.'])
    const route = matched.routes.find(({ method }) => method === request.method)
    if (route === undefined) {
      const allow = [...matched.routes.map(({ method }) => method), 'OPTIONS'].join(', ')
      if (request.method === 'OPTIONS') return emptyResponse(204, { allow })
      throw new Refusal(405, ['method-not-allowed', `This path takes ${allow}.`], { headers: { allow } })
    }
    const { runs, streams } = this
    const context = { request, principal, id: matched.id, url: new URL(request.url), options: this.#options, runs, streams, sessions: this.#sessions }
    return await route.handle(context)
  }

  /** The path after `basePath`, without a slash at its end; empty for other paths. */
  #path(request: Request): string {
    const { basePath } = this.#options
    if (!URL.canParse(request.url)) throw badRequest('The address cannot be read.')
    const { pathname } = new URL(request.url)
    return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length).replace(/\/$/, '') : ''
  }

  #health(): Response {
    const { isClosing } = this.#live
    return jsonResponse(isClosing ? 503 : 200, { status: isClosing ? 'closing' : 'ok' })
  }

  async #readMetrics(request: Request, connection: Connection): Promise<Response> {
    const { metrics, authorize } = this.#options
    const isAllowed = metrics === undefined ? authorize === undefined && connection.isLoopback : (await metrics(request)) === true
    if (!isAllowed) throw new Refusal(404, ['not-found', 'There is no such path.'])
    const gauges = [
      { name: 'capstan_runs_at_work', help: 'Runs at work.', read: () => this.#live.runningCount },
      { name: 'capstan_runs_in_memory', help: 'Runs whose events are in memory.', read: () => this.#live.all.length },
      { name: 'capstan_streams', help: 'Open event streams.', read: () => this.streams.count },
      { name: 'capstan_event_loop_delay_seconds', help: 'Median delay of the event loop in the last second.', read: () => this.#gauge.delayMs / 1000 },
    ]
    return textResponse(this.#metrics.text(gauges), 'text/plain; version=0.0.4; charset=utf-8')
  }

  #count(live: LiveRun): void {
    const { agent, result, error } = live
    this.#metrics.add('capstan_runs_settled_total', [agent.name, result?.stopReason ?? error?.code ?? 'unknown'])
    if (live.phase === 'ended') this.#metrics.add('capstan_tokens_total', [agent.name], result?.usage.totalTokens ?? 0)
  }
}

function notAgain(): AgentError {
  return new AgentError('The server listens already, or was closed. Make another one with agentServer().', { code: 'invalid-use' })
}

function isHealth(path: string): boolean {
  return path === '/health'
}

/**
 * Makes a server for agents.
 *
 * ```ts
 * const server = agentServer({ agents: { support }, journal, sessions, authorize: (request) => userOf(request) })
 * await server.listen({ port: 8080 })
 * ```
 *
 * @throws {AgentError} `invalid-options`, also where a tool may ask a person and there is no journal.
 */
export function agentServer(options: AgentServerOptions): AgentServer {
  return new AgentServer(options)
}
