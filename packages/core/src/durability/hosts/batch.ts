import type { RunEventBody } from '../../contract/events.ts'
import type { Json } from '../../contract/json.ts'
import type { Operation, Outcome } from '../../contract/operations.ts'
import type { RunVersion } from '../../contract/result.ts'
import { makeOperationKey } from '../operation-ids.ts'
import type { RunRecord } from '../records.ts'
import { isOnce } from '../replay.ts'
import type { HostOptions } from './run-host.ts'
import { noWait, type Turn, takeTurn } from './take-turn.ts'

/** What `perform` of a stopped run rejects with when an operation did not begin. */
export const stopRequest: Error = new Error('The run was stopped.')

/** What a batch needs of its host. */
interface BatchHost {
  readonly runId: string
  readonly version: RunVersion
  startsOf(id: string): number
  write(records: readonly RunRecord[], isDurable: boolean): Promise<void> | undefined
}

interface BatchStart<Output> extends Pick<HostOptions, 'signal' | 'emit' | 'room'> {
  readonly operations: readonly Operation<Output>[]
  /** The outcomes that were recorded before, in the order of the operations. */
  readonly outcomes: (Outcome<Output> | undefined)[]
  readonly host: BatchHost
}

/** Operations that run in this process, each recorded when it ends. They start in array order, as many at once as they allow. */
export class Batch<Output> {
  readonly #start: BatchStart<Output>
  readonly #startedAt = performance.now()
  #resolve: (outcomes: readonly Outcome<Output>[]) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  #next = 0
  #lanes: number
  #cutMs: number | undefined
  #isStopping = false
  /** Ends the waits of operations that have not begun. */
  #waits: AbortController | undefined

  constructor(start: BatchStart<Output>) {
    const { operations } = start
    this.#start = start
    this.#lanes = operations.length
    for (const { concurrency = this.#lanes } of operations) this.#lanes = Math.min(this.#lanes, Math.floor(concurrency))
  }

  /**
   * Runs the operations.
   *
   * @returns The outcomes in array order. Rejects with a defect of an operation, a failure of the journal, the reason of `cut`, or, after
   * `stop`, with `stopRequest` if an operation did not begin.
   */
  run(): Promise<readonly Outcome<Output>[]> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      for (let lane = this.#lanes; lane > 0; lane--) this.#startNext()
    })
  }

  /** How long the batch ran before it was cut, in milliseconds; 0 for one that was not. */
  get cutMs(): number {
    return this.#cutMs ?? 0
  }

  /** Ends the batch at once. Nothing more is recorded, and what its operations do later is dropped. */
  cut(reason: unknown): void {
    if (this.#cutMs !== undefined) return
    this.#cutMs = performance.now() - this.#startedAt
    this.#waits?.abort(reason)
    this.#reject(reason)
  }

  /** Begins no further operation. Those that have begun run to their end and are recorded. */
  stop(): void {
    this.#isStopping = true
    this.#waits?.abort(stopRequest)
  }

  // As many lanes as may run at once, each taking the next operation in array order. Written without a suspended function of its own:
  // a run holds everything on its way to the network while it waits.
  #startNext(): void {
    const { operations, outcomes } = this.#start
    while (outcomes[this.#next] !== undefined) this.#next++
    const index = this.#next++
    const operation = operations[index]
    if (operation === undefined || this.#isStopping) return this.#endLane()
    this.#execute(operation).then(
      (outcome) => {
        outcomes[index] = outcome
        if (this.#cutMs === undefined) this.#startNext()
      },
      (error) => {
        if (error === stopRequest) this.#endLane()
        else this.cut(error)
      },
    )
  }

  #endLane(): void {
    if (--this.#lanes > 0) return
    const { operations, outcomes } = this.#start
    if (isComplete(outcomes, operations.length)) this.#resolve(outcomes)
    else this.cut(stopRequest)
  }

  #takeTurn(operation: Operation<Output>): Promise<Turn> {
    this.#waits ??= new AbortController()
    return takeTurn(operation, this.#waits.signal)
  }

  async #execute(operation: Operation<Output>): Promise<Outcome<Output> | undefined> {
    const { host, signal, emit, room } = this.#start
    const { id, name, effect, isDurable = true } = operation
    const executions = host.startsOf(id) + 1
    const { permit, permitMs } = mustWait(operation) ? await this.#takeTurn(operation) : noWait
    if (effect !== 'read') {
      const written = host.write([{ type: 'start', id, name }], isOnce(effect))
      if (written !== undefined) await written
      if (this.#cutMs !== undefined) {
        permit?.release()
        return undefined
      }
    }
    const started = performance.now()
    const waitedMs = started - this.#startedAt - permitMs
    const output = await operation.run({
      key: makeOperationKey(host.runId, id),
      signal,
      executions,
      waitedMs,
      permit,
      emit: (event) => {
        if (this.#cutMs === undefined && !signal.aborted) emit(withOrigin(event, id, executions))
      },
      room,
    })
    signal.throwIfAborted()
    if (this.#cutMs !== undefined) return undefined
    const ms = performance.now() - started
    // Outputs of operations are JSON by contract.
    const at = host.version === 1 ? {} : { at: Date.now() }
    const written = host.write([{ type: 'done', id, name, output: output as Json, ms, waitedMs, executions, ...at }], isDurable)
    if (written !== undefined) await written
    return { status: 'done', output, ms, waitedMs, executions, ...at, replayed: false }
  }
}

function mustWait({ delayMs, acquire }: Operation<unknown>): boolean {
  return delayMs !== undefined || acquire !== undefined
}

/** True when every operation of a batch has an outcome. */
export function isComplete<Output>(outcomes: readonly (Outcome<Output> | undefined)[], length: number): outcomes is readonly Outcome<Output>[] {
  return outcomes.length === length && outcomes.every((outcome) => outcome !== undefined)
}

/** Adds the operation that a live event comes from. Assigned, not copied: this runs for each delta. */
export function withOrigin(event: RunEventBody, operation: string, execution: number): RunEventBody {
  const live = event as RunEventBody & { operation?: string; execution?: number }
  live.operation = operation
  live.execution = execution
  return live
}
