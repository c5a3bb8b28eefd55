import { AgentError, type Answers, openQuestions, type SavedRun } from '@capstan/core'
import { noSuchRun, Refusal } from '../http/refusal.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import type { ListedServerRun, OpenQuestion, ServerRun, StartRequest } from '../protocol.ts'
import { type FoundRun, isOver } from './access.ts'
import { Decisions } from './decisions.ts'
import { type FollowOptions, followRun } from './follow-run.ts'
import type { Frame } from './frame-log.ts'
import type { LiveRun } from './live-run.ts'
import type { LiveRuns } from './live-runs.ts'
import { infoOf, RunInfos, type RunsPage, type RunsQuery } from './run-infos.ts'
import type { RunRequest } from './run-request.ts'
import { requestIn, type StartedRun } from './same-request.ts'

/** Questions that one request lists. */
const maxQuestions = 100

/** What principals do with runs. All protocols are built on it: it decides whose a run is, and each method refuses what is not for its principal. */
export class ServerRuns {
  readonly #live: LiveRuns
  readonly #decisions: Decisions
  readonly #infos: RunInfos
  readonly #options: ResolvedOptions

  constructor(live: LiveRuns, options: ResolvedOptions) {
    this.#live = live
    this.#options = options
    this.#decisions = new Decisions(options, live.access)
    this.#infos = new RunInfos(options, live)
  }

  /** Begins a run, or finds the one that this key began. It is recorded, and has its place in its session, when the promise resolves. */
  async start(principal: Principal, request: RunRequest, key?: string): Promise<StartedRun> {
    return await this.#live.start(principal, request, key)
  }

  /** Continues a run of this principal that an error has ended: what is recorded is not done again. Nothing happens to any other run. */
  async retry(principal: Principal, runId: string): Promise<void> {
    const { live } = await this.#live.access.own(principal, runId)
    if (live !== undefined && (live.phase !== 'ended' || live.error === undefined)) return
    if (live !== undefined) this.#live.forget(live)
    const saved = await this.#live.access.read(runId)
    if (saved !== undefined) await this.#live.adopt(saved)
  }

  /** What began a run of this principal. */
  async requestOf(principal: Principal, runId: string): Promise<StartRequest> {
    const { live, saved } = await this.#live.access.own(principal, runId)
    if (live !== undefined) return live.request
    if (saved === undefined) throw noSuchRun()
    return requestIn(saved)
  }

  /** The runs of a principal, the last begun first. */
  async list(principal: Principal, query: RunsQuery): Promise<RunsPage> {
    return await this.#infos.list(principal, query)
  }

  /** A run of this principal. One that has ended elsewhere is replayed for its result. */
  async info(principal: Principal, runId: string): Promise<ServerRun> {
    const found = await this.#live.access.own(principal, runId)
    const live = found.live ?? (await this.#replayed(found))
    // A run that is only replayed is not at work, whoever began the replay.
    if (live?.isReplay === true) await live.settled
    const info = infoOf({ live, saved: live?.phase === 'waiting' ? await this.#live.access.read(runId) : found.saved })
    if (info === undefined) throw noSuchRun()
    return info
  }

  /** The events of a run of this principal, in batches: see `followRun`. */
  async follow(principal: Principal, runId: string, options: FollowOptions): Promise<AsyncGenerator<readonly Frame[], void>> {
    const found = await this.#live.access.own(principal, runId)
    const { show } = this.#options
    const { access } = this.#live
    return followRun({ access, show, adopt: (saved) => this.#live.adopt(saved), isClosing: () => this.#live.isClosing }, found, options)
  }

  /** Keeps answers, and continues the run once all its questions are answered. */
  async decide(principal: Principal, runId: string, answers: Answers): Promise<Pick<ListedServerRun, 'status'>> {
    const saved = await this.#decisions.keep(principal, runId, answers)
    // The answers are kept, so nothing that prevents this process from continuing the run is an error of this request.
    if (openQuestions(saved).length === 0) await this.#continue(saved).catch(this.#options.onError)
    const now = await this.#live.access.find(runId)
    return { status: (now && infoOf(now)?.status) ?? 'unfinished' }
  }

  /** The open questions that this principal may decide, of all runs. */
  async questions(principal: Principal): Promise<readonly OpenQuestion[]> {
    return await this.#infos.questions(principal, this.#decisions, maxQuestions)
  }

  /**
   * Stops a run of this principal for good. Nothing happens to one that has ended.
   *
   * @throws {Refusal} 409 when another process has it.
   */
  async stop(principal: Principal, runId: string): Promise<void> {
    const found = await this.#live.access.own(principal, runId)
    const live = found.live ?? (await this.#taken(found))
    if (live === undefined || live.phase === 'ended') return
    if (live.isQueued) throw new Refusal(409, ['run-queued', 'The input waits in its session, and the next run takes it.'])
    await this.#live.stop(live)
  }

  async #continue(saved: SavedRun): Promise<void> {
    const { live } = (await this.#live.access.find(saved.head.runId)) ?? {}
    // One that has still to pause continues then.
    if (live?.phase === 'running') void this.#live.resume(live).catch(this.#options.onError)
    else await this.#live.resume(live ?? (await this.#live.adopt(saved)))
  }

  /** A run that has not ended, in this process; `undefined` for one that has. */
  async #taken({ saved }: FoundRun): Promise<LiveRun | undefined> {
    if (saved === undefined || isOver(saved)) return undefined
    try {
      return await this.#live.adopt(saved)
    } catch (error) {
      if (!AgentError.is(error) || error.code !== 'run-locked') throw error
      throw new Refusal(409, ['run-elsewhere', 'Another process of the server has this run. Send the request again, to reach it.'], { cause: error })
    }
  }

  /** The run in this process, where taking it there does no work: it has ended, or waits for a person. */
  async #replayed({ saved }: FoundRun): Promise<LiveRun | undefined> {
    const end = saved?.records.at(-1)
    if (saved === undefined || end?.type !== 'end' || end.status === 'unusable') return undefined
    return await this.#live.adopt(saved).catch(() => undefined)
  }
}
