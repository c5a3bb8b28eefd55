import { AgentError, type SavedRun } from '@capstan/core'
import type { NamedAgent, ServedAgents } from '../agents.ts'
import { badRequest, Refusal } from '../http/refusal.ts'
import { type Budget, Budgets, checkBudget, spendingOf } from '../limits/budget.ts'
import { type LoadGauge, overloaded } from '../limits/load-gauge.ts'
import { type RateLimiter, resolveRate } from '../limits/rate.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import { beganAtOf, continuesAtOnce, hasResult, metadataOf, RunAccess } from './access.ts'
import { denyOpen } from './deny-open.ts'
import { LiveRun, type LiveRunParts, type StartPart } from './live-run.ts'
import { PartStarter } from './part-starter.ts'
import { makeRunId } from './run-ids.ts'
import type { RunRequest } from './run-request.ts'
import { checkSame, requestIn, type StartedRun } from './same-request.ts'
import { longestTimerMs, within } from './within.ts'

/** What the live works with. */
export interface LiveRunsParts {
  readonly options: ResolvedOptions
  readonly agents: ServedAgents
  readonly rates: RateLimiter
  readonly gauge: LoadGauge
  /** Called when a run has begun. */
  readonly onStarted: (live: LiveRun) => void
  /** Called when a part of a run has ended. */
  readonly onSettled: (live: LiveRun) => void
}

/** How long tool calls at work may take after a person has stopped their run, in milliseconds. */
const stopGraceMs = 10_000

/** The runs of this process: begins them, continues them, ends them. It owns what is live. */
export class LiveRuns {
  readonly access: RunAccess
  readonly #parts: LiveRunsParts
  readonly #live = new Map<string, LiveRun>()
  /** Runs that are being begun or continued, so that nobody does it twice at once. */
  readonly #starting = new Map<string, { readonly owner: string; readonly promise: Promise<LiveRun> }>()
  readonly #budgets = new Budgets()
  readonly #starter: PartStarter
  #isClosing = false

  constructor(parts: LiveRunsParts) {
    this.#parts = parts
    this.#starter = new PartStarter(parts.options)
    this.access = new RunAccess(parts.options.journal, (runId) => this.#live.get(runId))
  }

  get all(): readonly LiveRun[] {
    return [...this.#live.values()]
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  get runningCount(): number {
    return this.#atWork()
  }

  /**
   * Begins a run, or finds the one that the key began.
   *
   * @throws {Refusal} 404, 409, 422, 429 or 503. {AgentError} `session-busy`, `journal-failed`.
   */
  async start(principal: Principal, request: RunRequest, key?: string): Promise<StartedRun> {
    const runId = makeRunId(principal.id, key)
    const known = key === undefined ? undefined : await this.#known(runId)
    if (known !== undefined) return checkSame(runId, known, request)
    const live = this.#live.get(runId)
    if (live !== undefined) return checkSame(runId, live.request, request)
    // Nothing is awaited between this look and the entry, so of two requests with one key only one begins the run.
    const begun = this.#starting.get(runId)
    if (begun !== undefined) return checkSame(runId, (await begun.promise).request, request)
    try {
      await this.#enter(runId, principal.id, () => this.#begin(principal, request, runId))
    } catch (error) {
      // Another process has begun it in this moment.
      const saved = AgentError.is(error) && error.code === 'run-locked' ? await this.access.read(runId) : undefined
      if (saved === undefined) throw error
      return checkSame(runId, requestIn(saved), request)
    }
    return { runId, isNew: true }
  }

  /**
   * Takes a run of the journal into this process: continues it from where it was left. One that has ended, or waits for a person, is only
   * replayed.
   *
   * @throws {AgentError} `run-locked` when another process has it, and what else prevents it.
   */
  async adopt(saved: SavedRun): Promise<LiveRun> {
    const { runId } = saved.head
    const live = this.#live.get(runId)
    if (live !== undefined) return live
    if (this.#isClosing) throw overloaded('The server is restarting.')
    const owner = { id: metadataOf(saved.head)?.principal ?? '' }
    return await (this.#starting.get(runId)?.promise ?? this.#enter(runId, owner.id, () => this.#continue(saved, owner)))
  }

  /** Continues a run that waits, once its part before has ended. */
  async resume(live: LiveRun): Promise<void> {
    await live.settled
    if (live.phase !== 'waiting' || this.#isClosing) return
    const [start, hold] = [await this.#starter.next(live), await this.#holdOf(live)]
    // Another answer may have continued it meanwhile.
    if (live.phase !== 'waiting') return
    hold()
    await live.begin(start).catch(this.#parts.options.onError)
  }

  /** Stops a run of this process for good. */
  async stop(live: LiveRun): Promise<void> {
    live.stopForGood(stopGraceMs)
    if (live.phase === 'waiting') await this.#finish(live)
  }

  /** Lets no run begin any more, and stops those at work: what has begun may end within the time. Returns those that have not ended. */
  async drain(graceMs: number): Promise<readonly LiveRun[]> {
    this.#isClosing = true
    await Promise.allSettled([...this.#starting.values()].map(({ promise }) => promise))
    for (const live of this.#live.values()) live.drain()
    const running = this.all.filter(({ phase }) => phase === 'running')
    await within(graceMs, Promise.all(running.map(({ settled }) => settled)))
    const left = running.filter(({ phase }) => phase === 'running')
    // A journal keeps them as they are, and the next process continues them. Without one they would only be cut later.
    if (this.#parts.options.journal === undefined) {
      for (const live of left) live.abort()
      await Promise.all(left.map(({ settled }) => settled))
    }
    return left
  }

  /** Gives a run up that another process has, or that nobody asks for. */
  forget(live: LiveRun): void {
    if (this.#live.get(live.runId) === live) this.#live.delete(live.runId)
    live.leave()
  }

  async #enter(runId: string, owner: string, begin: () => Promise<LiveRun>): Promise<LiveRun> {
    const promise = begin()
    promise.catch(() => undefined)
    this.#starting.set(runId, { owner, promise })
    try {
      return await promise
    } finally {
      this.#starting.delete(runId)
    }
  }

  async #begin(principal: Principal, request: RunRequest, runId: string): Promise<LiveRun> {
    const agent = this.#agentFor(request.agent)
    if (request.session !== undefined && this.#parts.options.sessions === undefined) throw badRequest('This server keeps no sessions: leave out `session`.')
    this.#admit(principal)
    const live = this.#newLive(runId, { owner: principal, agent, request })
    try {
      await this.#beginLive(live, await this.#firstPart(live))
      this.#parts.onStarted(live)
      return live
    } catch (error) {
      this.#budgets.release(principal.id, runId)
      throw error
    }
  }

  async #firstPart(live: LiveRun): Promise<StartPart> {
    const { owner, agent, runId } = live
    const limits = (await agent.limits?.(owner)) ?? {}
    return await this.#starter.first(live, await this.#budgets.reserve({ principalId: owner.id, runId, budget: this.#budgetOf(owner), limits }))
  }

  async #continue(saved: SavedRun, owner: Principal): Promise<LiveRun> {
    const { head } = saved
    const { agent: name } = metadataOf(head) ?? {}
    const agent = (name === undefined ? undefined : this.#parts.agents.find(name)) ?? this.#parts.agents.findByOwnName(head.agent)
    if (agent === undefined) throw new Refusal(409, ['agent-not-served', 'The agent of this run is not served any more.'])
    const known = { beganAt: beganAtOf(saved), hasResult: hasResult(saved) }
    const live = this.#newLive(head.runId, { owner, agent, request: requestIn(saved), saved: known })
    const [start, hold] = [await this.#starter.next(live), await this.#holdOf(live)]
    if (continuesAtOnce(saved)) hold()
    await this.#beginLive(live, start)
    return live
  }

  /** What reserves the budget of a run that continues. */
  async #holdOf({ owner, agent, runId }: LiveRun): Promise<() => void> {
    const reservation = { principalId: owner.id, runId, budget: this.#budgetOf(owner), limits: (await agent.limits?.(owner)) ?? {} }
    return () => this.#budgets.hold(reservation)
  }

  #newLive(runId: string, own: Pick<LiveRunParts, 'owner' | 'agent' | 'request' | 'saved'>): LiveRun {
    const { show, onError } = this.#parts.options
    return new LiveRun({ runId, ...own, show, onError, onSettled: (live) => this.#settle(live) })
  }

  async #beginLive(live: LiveRun, start: StartPart): Promise<void> {
    this.#live.set(live.runId, live)
    try {
      await live.begin(start)
    } catch (error) {
      this.forget(live)
      throw error
    }
  }

  /** Ends a run that a person has stopped. */
  async #finish(live: LiveRun): Promise<void> {
    await denyOpen(this.#parts.options.journal, this.access, live.runId)
    const start = await this.#starter.last(live)
    if (live.isFinishing) await live.begin(start).catch(this.#parts.options.onError)
  }

  /** Begins what was queued behind a run of a session that has ended. The next run takes all of it. */
  async #beginQueued(ended: LiveRun): Promise<void> {
    const [next, ...others] = (await this.#starter.sessionOf(ended))?.queued ?? []
    const live = next && this.#live.get(next.runId)
    if (live?.isQueued !== true || this.#isClosing) return
    for (const { runId } of others) this.#live.get(runId)?.endQueued()
    const start = await this.#firstPart(live)
    if (live.isQueued) await live.begin(start)
  }

  /** @throws {Refusal} 429 and 503. */
  #admit(principal: Principal): void {
    const { options, rates, gauge } = this.#parts
    if (this.#isClosing) throw overloaded('The server is restarting.')
    gauge.refuseAbove(options.maxDelayMs)
    if (this.#atWork() >= options.maxRuns) throw overloaded(`${options.maxRuns} runs are at work.`)
    const rate = resolveRate(typeof options.rate === 'function' ? options.rate(principal) : options.rate)
    const own = this.#atWork(principal.id)
    if (own >= rate.runsAtOnce) throw new Refusal(429, ['too-many-runs', `You have ${own} runs at work. Wait until one has ended.`], { retryAfterSeconds: 5 })
    rates.takeRun(principal.id, rate)
  }

  /** Runs at work, with those that are being begun: of all, or of one principal. */
  #atWork(principalId?: string): number {
    const isCounted = (id: string): boolean => principalId === undefined || id === principalId
    const live = this.all.filter(({ owner, phase }) => phase === 'running' && isCounted(owner.id)).length
    return live + [...this.#starting].filter(([runId, { owner }]) => !this.#live.has(runId) && isCounted(owner)).length
  }

  #agentFor(name: string | undefined): NamedAgent {
    const { agents } = this.#parts
    const agent = agents.find(name)
    if (agent !== undefined) return agent
    const problem = name === undefined ? 'Name one of the agents in `agent`' : 'There is no agent with this name'
    throw new Refusal(name === undefined ? 400 : 404, ['agent-not-found', `${problem}: ${agents.names.join(', ')}.`])
  }

  #budgetOf(principal: Principal): Budget | undefined {
    const { budget } = this.#parts.options
    if (typeof budget !== 'function') return budget
    const own = budget(principal)
    if (own !== undefined) checkBudget(own)
    return own
  }

  /** The request of a run that is there: in this process, or in the journal. */
  async #known(runId: string): Promise<RunRequest | undefined> {
    const live = this.#live.get(runId)
    if (live !== undefined) return live.request
    const saved = await this.access.read(runId)
    return saved && requestIn(saved)
  }

  #settle(live: LiveRun): void {
    const { result, owner, runId } = live
    const last = result ?? live.error?.result
    const spent = last && spendingOf(last.usage, last.cost)
    // A run that was only replayed, for somebody who looks at it, has spent nothing now.
    const now = live.hasWorked ? spent : undefined
    this.#budgets.settle({ principalId: owner.id, runId, budgetOf: () => this.#budgetOf(owner) }, now).catch(this.#parts.options.onError)
    if (live.hasWorked || live.phase !== 'ended') this.#parts.onSettled(live)
    if (live.phase === 'elsewhere') this.forget(live)
    if (live.isFinishing) void this.#finish(live).catch(this.#parts.options.onError)
    if (live.phase === 'ended' && this.#parts.options.whileBusy === 'queue') this.#beginQueued(live).catch(this.#parts.options.onError)
    this.#forgetLater(live)
  }

  /** Events are kept for readers who connect again. What a journal has can be read from it later. */
  #forgetLater(live: LiveRun): void {
    const timer = setTimeout(
      () => {
        if (live.phase === 'running' || this.#live.get(live.runId) !== live) return
        if (live.phase === 'waiting' && (live.log.readers > 0 || this.#parts.options.journal === undefined)) return this.#forgetLater(live)
        this.forget(live)
      },
      Math.min(this.#parts.options.keepMs, longestTimerMs),
    )
    timer.unref()
  }
}
