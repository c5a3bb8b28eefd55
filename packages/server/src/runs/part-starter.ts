import { type Limits, Session } from '@capstan/core'
import type { ResolvedOptions } from '../options.ts'
import type { RunMetadata } from './access.ts'
import type { LiveRun, StartPart } from './live-run.ts'
import { makeSessionId } from './run-ids.ts'

/** Makes what starts a part of a run on its agent: it reads what the part needs, and nothing happens until the part is begun. */
export class PartStarter {
  readonly #options: Pick<ResolvedOptions, 'journal' | 'sessions' | 'whileBusy'>

  constructor(options: Pick<ResolvedOptions, 'journal' | 'sessions' | 'whileBusy'>) {
    this.#options = options
  }

  /** The beginning of a run. */
  async first(live: LiveRun, limits: Limits): Promise<StartPart> {
    const { journal, whileBusy } = this.#options
    const { runId, owner, agent, request } = live
    const { session, keepsText } = request
    const metadata: RunMetadata = { principal: owner.id, agent: agent.name, ...(session !== undefined && { session }), ...(keepsText && { keepsText }) }
    // Without a journal nobody can answer, so what a guard would ask is denied.
    const own = journal === undefined ? { attended: false } : { journal, metadata }
    const queue = session === undefined ? {} : { whilePaused: whileBusy }
    const options = { runId, limits, ...queue, ...own, ...(await this.#common(live)) }
    return (onEvent) => agent.agent.stream(request.input, { ...options, onEvent } as never)
  }

  /** What follows: from the journal, or from the state in memory. */
  async next(live: LiveRun): Promise<StartPart> {
    const { journal } = this.#options
    const { agent } = live.agent
    const common = await this.#common(live)
    const state = live.result?.state
    if (journal === undefined) return (onEvent) => agent.resume(state as never, { ...common, onEvent } as never)
    return (onEvent) => agent.resume(live.runId, { ...common, journal, onEvent } as never)
  }

  /** The end of a run that a person has stopped: what is recorded is replayed, and the first thing beyond it is cut. */
  async last(live: LiveRun): Promise<StartPart> {
    const start = await this.next(live)
    return (onEvent) => {
      const run = start((event) => {
        const { last } = live.log
        onEvent(event)
        // A step that the log does not have yet is new.
        if ((event.type === 'step-start' && live.log.last > last) || event.type === 'attempt' || event.type === 'tool-start') run.abort()
      })
      return run
    }
  }

  /** The session of a run, as it is now. */
  async sessionOf({ owner, request }: LiveRun): Promise<Session | undefined> {
    const { sessions } = this.#options
    return request.session === undefined || sessions === undefined ? undefined : await Session.open(sessions, makeSessionId(owner.id, request.session))
  }

  async #common(live: LiveRun): Promise<object> {
    const session = await this.sessionOf(live)
    const context: unknown = await live.agent.context?.(live.owner)
    // The log can take back what was shown, and most readers can.
    const retryAfterText = live.request.keepsText ? 'fail' : 'restart'
    return { retryAfterText, ...(session !== undefined && { session }), ...(context !== undefined && { context }) }
  }
}
