import type { Outcome } from '../../contract/operations.ts'
import { addUsage, type RunUsage, type Usage, withWrites } from '../../contract/usage.ts'

/** One request as the ledger charges it. */
export interface Charge {
  /** Index of the model that is asked. */
  readonly modelIndex: number
  /** Tokens of the request, estimated: charged to the budgets while the attempt is under way, and if it never reports. The same number each time. */
  readonly estimate: () => number
}

/** The requests to one model of the chain. */
export interface ModelSpending {
  /** With the tokens that each request wrote to the cache. */
  readonly reported: Usage
  /** Estimated tokens of the requests whose usage was never reported. */
  readonly estimatedTokens: number
}

/** What the current step has cost: all its attempts. */
export interface StepTotals {
  readonly usage: Usage
  readonly attempts: number
  readonly ms: number
}

const noSpending: ModelSpending = { reported: {}, estimatedTokens: 0 }
const emptyStep: StepTotals = { usage: {}, attempts: 0, ms: 0 }

/** What a run has spent: usage by model, estimates for requests that never reported, active time, tool calls. */
export class Ledger {
  readonly #byModel: ModelSpending[] = []
  #usage: RunUsage = { unknownAttempts: 0 }
  #estimatedTokens = 0
  #step: StepTotals = emptyStep
  #activeMs = 0
  #toolCalls = 0
  #current: Charge | undefined
  #lastAt: number | undefined
  #modelAt: number | undefined

  get usage(): RunUsage {
    return this.#usage
  }

  /** Estimated tokens of all requests whose usage was never reported. */
  get estimatedTokens(): number {
    return this.#estimatedTokens
  }

  get activeMs(): number {
    return this.#activeMs
  }

  get toolCalls(): number {
    return this.#toolCalls
  }

  /** The request that is under way, by its estimate. */
  get openRequest(): { readonly modelIndex: number; readonly tokens: number } | undefined {
    return this.#current && { modelIndex: this.#current.modelIndex, tokens: this.#current.estimate() }
  }

  /**
   * Time between the end of the last request and the latest recorded outcome or answer, in milliseconds: what a replay knows of how long the
   * model was not asked. Never negative, although clocks of several processes may differ.
   */
  get idleMs(): number {
    if (this.#lastAt === undefined || this.#modelAt === undefined) return 0
    return Math.max(0, this.#lastAt - this.#modelAt)
  }

  /** The requests to the model at this index of the chain. */
  spendingOf(modelIndex: number): ModelSpending {
    return this.#byModel[modelIndex] ?? noSpending
  }

  /** A request is about to be sent. */
  beginAttempt(charge: Charge): void {
    this.#current = charge
  }

  /**
   * The current request has ended.
   *
   * @param reported - Its usage; without a total its request is charged by its estimate.
   * @param lostExecutions - How often the same request was sent before by processes that ended: never reported.
   */
  endAttempt(reported: Usage | undefined, lostExecutions: number): void {
    for (let lost = 0; lost < lostExecutions; lost++) this.#addAttempt(undefined)
    this.#addAttempt(withTotal(reported))
    this.#current = undefined
  }

  /** The current request was not sent; the processes that ended may have sent it. */
  dropAttempt(lostExecutions: number): void {
    for (let lost = 0; lost < lostExecutions; lost++) this.#addAttempt(undefined)
    this.#current = undefined
  }

  /** The current request was refused before the model read it, so nothing is charged for it; the processes that ended may have had a reply. */
  refuseAttempt(lostExecutions: number): void {
    this.dropAttempt(lostExecutions)
    this.#step = { ...this.#step, attempts: this.#step.attempts + 1 }
  }

  /** The run was aborted while a request may have been on its way. */
  cutAttempt(): void {
    if (this.#current !== undefined) this.endAttempt(undefined, 0)
  }

  addTime(ms: number): void {
    this.#activeMs += ms
    this.#step = { ...this.#step, ms: this.#step.ms + ms }
  }

  /** A model has replied. */
  addReplyTime(at: number | undefined): void {
    this.#modelAt = at
    this.#lastAt = at
  }

  /** A person has answered. */
  addAnswerTime(at: number | undefined): void {
    if (at !== undefined && !(this.#lastAt !== undefined && this.#lastAt > at)) this.#lastAt = at
  }

  /** Adds the time of a batch: it takes until its last operation ends. */
  addBatchTime(outcomes: readonly Outcome<unknown>[]): void {
    for (const outcome of outcomes) {
      if (outcome.status === 'done') this.addAnswerTime(outcome.at)
    }
    this.addTime(Math.max(0, ...outcomes.map((outcome) => (outcome.status === 'done' ? outcome.waitedMs + outcome.ms : 0))))
  }

  addToolCall(): void {
    this.#toolCalls++
  }

  /** Ends the current step and returns what it cost. */
  closeStep(): StepTotals {
    const totals = this.#step
    this.#step = emptyStep
    return totals
  }

  #addAttempt(usage: Usage | undefined): void {
    const { attempts, usage: stepUsage, ms } = this.#step
    this.#step = { usage: usage === undefined ? stepUsage : addUsage(stepUsage, usage), attempts: attempts + 1, ms }
    const isUnknown = usage?.totalTokens === undefined
    const estimated = isUnknown ? (this.#current?.estimate() ?? 0) : 0
    this.#estimatedTokens += estimated
    this.#usage = { ...(usage === undefined ? this.#usage : addUsage(this.#usage, usage)), unknownAttempts: this.#usage.unknownAttempts + (isUnknown ? 1 : 0) }
    const index = this.#current?.modelIndex ?? 0
    const { reported, estimatedTokens } = this.spendingOf(index)
    this.#byModel[index] = { reported: usage === undefined ? reported : addUsage(reported, withWrites(usage)), estimatedTokens: estimatedTokens + estimated }
  }
}

function withTotal(usage: Usage | undefined): Usage | undefined {
  const { inputTokens, outputTokens, totalTokens } = usage ?? {}
  if (totalTokens !== undefined || inputTokens === undefined || outputTokens === undefined) return usage
  return { ...usage, totalTokens: inputTokens + outputTokens }
}
