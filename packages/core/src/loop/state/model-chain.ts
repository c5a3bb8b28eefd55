import type { AgentErrorCode } from '../../contract/error-codes.ts'
import type { ErrorData } from '../../contract/errors.ts'
import type { Model, ToolChoice } from '../../contract/model.ts'
import type { RunSettings } from '../../contract/request-parameters.ts'
import { configureModels } from '../configure-models.ts'

/** Where an attempt is in the fallback chain: one try a model, then the list again after a wait. */
export interface ChainPosition {
  readonly modelIndex: number
  /** Indices of the models that this round has still to try after this one. */
  readonly remaining: readonly number[]
  /** From 1. */
  readonly round: number
  /** True once the free retry of the step was used: for a socket that was stale before the server saw anything. */
  readonly freeUsed: boolean
}

// The same request would fail everywhere, or the caller has to change something.
const finalCodes: ReadonlySet<AgentErrorCode> = new Set<AgentErrorCode>([
  'invalid-options',
  'invalid-tool',
  'invalid-messages',
  'missing-key',
  'auth-failed',
  'model-not-found',
  'invalid-request',
  'unexpected-request',
  'request-too-large',
  'context-overflow',
  'content-refused',
  'aborted',
  'internal',
])

/** True for a failure that another model may not have: quota, overload, timeouts, a broken network or stream, an empty reply. */
export function mayTryNextModel(code: AgentErrorCode): boolean {
  return !finalCodes.has(code)
}

const none: ReadonlySet<number> = new Set()

/** The models of a run: which one is asked now, which one replied last, and which ones are out of quota. */
export class ModelChain {
  #models: readonly Model[]
  #position: ChainPosition
  /** Index of the model that replied last. */
  #lastIndex = 0
  #exhausted = none

  constructor(models: readonly Model[]) {
    this.#models = models
    this.#position = this.#roundFrom(0, 1, false)
  }

  /** The position of the current attempt. */
  get position(): ChainPosition {
    return this.#position
  }

  /** The model that replied last; the first one before any reply. */
  get lastIndex(): number {
    return this.#lastIndex
  }

  /** The model that replied last. */
  get lastModel(): Model {
    return this.modelAt(this.#lastIndex)
  }

  modelAt(modelIndex: number): Model {
    const model = this.#models[modelIndex]
    if (model === undefined) throw new RangeError(`The chain has no model ${modelIndex}.`)
    return model
  }

  /** True for a tool choice that may be sent to each model. */
  takes(toolChoice: ToolChoice): boolean {
    return this.#models.every(({ traits }) => traits.toolChoices.includes(toolChoice))
  }

  /**
   * Gives the models the settings that the run recorded.
   *
   * @throws {AgentError} `invalid-options` for settings that a model refuses.
   */
  begin(settings: RunSettings | undefined): void {
    if (settings !== undefined) this.#models = configureModels(this.#models, settings)
  }

  /** A step begins with the model that replied last, so that its prompt cache stays warm. */
  beginStep(): void {
    this.#position = this.#roundFrom(this.#lastIndex, 1, false)
  }

  /** The model of the current position has replied. */
  recordReply(): void {
    this.#lastIndex = this.#position.modelIndex
  }

  /** Moves on after a failed attempt, as was recorded of it. A free retry stays where it is. */
  advance(code: ErrorData['code'], isFree: boolean): void {
    const { modelIndex, remaining, round, freeUsed } = this.#position
    if (isFree) {
      this.#position = { ...this.#position, freeUsed: true }
      return
    }
    if (code === 'quota-exhausted') this.#exhausted = new Set([...this.#exhausted, modelIndex])
    const [next, ...others] = remaining
    this.#position =
      next !== undefined && mayTryNextModel(code)
        ? { ...this.#position, modelIndex: next, remaining: others }
        : this.#roundFrom(this.#lastIndex, round + 1, freeUsed)
  }

  /** True when another round may follow a failure at this position: a model is left that has quota. */
  hasNextRound({ modelIndex }: ChainPosition, code: ErrorData['code']): boolean {
    return this.#models.some((_, index) => !(this.#exhausted.has(index) || (code === 'quota-exhausted' && index === modelIndex)))
  }

  #roundFrom(first: number, round: number, freeUsed: boolean): ChainPosition {
    if (this.#models.length === 1) return { modelIndex: 0, remaining: [], round, freeUsed }
    const order = this.#models.map((_, offset) => (first + offset) % this.#models.length)
    const [modelIndex = first, ...remaining] = order.filter((index) => !this.#exhausted.has(index))
    return { modelIndex, remaining, round, freeUsed }
  }
}
