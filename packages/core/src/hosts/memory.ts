import { isDeepStrictEqual } from 'node:util'
import { AgentError } from '../errors.ts'
import type { RunEventBody } from '../events.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Answer, Operation, OperationContext, Operations, Outcome, Question } from '../operations.ts'

/** One recorded fact of a run. A paused run is the list of its records. */
export type RunRecord =
  /** Written before the body of a `once` operation: without a `done`, its outcome is unknown. */
  | { readonly type: 'start'; readonly id: string; readonly name: string }
  | DoneRecord
  | { readonly type: 'question'; readonly id: string; readonly about: Json }
  | { readonly type: 'answer'; readonly id: string; readonly answer: Json }

interface DoneRecord extends JsonObject {
  readonly type: 'done'
  readonly id: string
  readonly name: string
  readonly output: Json
  readonly ms: number
  readonly waitedMs: number
  readonly executions: number
}

export interface MemoryOptions {
  readonly runId: string
  /** Records to replay, of an earlier part of the same run. */
  readonly records: readonly RunRecord[]
  /** What people decided since, by question id. */
  readonly answers: ReadonlyMap<string, Json>
  readonly signal: AbortSignal
  readonly emit: OperationContext['emit']
  readonly room: OperationContext['room']
}

interface Batch {
  readonly startedAt: number
  /** False once the batch was settled: what its operations do later is dropped. */
  isOpen: boolean
}

/**
 * The host that keeps records in memory. It never waits for a person: a question without an answer pauses the run.
 * Aborting is a polite crash: `perform` rejects at once, nothing more is recorded, and late results are dropped.
 */
export class MemoryHost implements Operations {
  readonly runId: string
  readonly records: RunRecord[]
  readonly #options: MemoryOptions
  readonly #done = new Map<string, DoneRecord>()
  readonly #started = new Set<string>()
  readonly #questions = new Map<string, Json>()
  readonly #answers = new Map<string, Answer & { readonly place: number }>()
  #lastWork = -1
  #unasked: number
  #cutMs = 0
  #rejectBatch: ((reason: unknown) => void) | undefined

  constructor(options: MemoryOptions) {
    this.runId = options.runId
    this.records = []
    this.#options = options
    for (const record of options.records) this.#record(record, true)
    for (const [id, answer] of options.answers) this.#record({ type: 'answer', id, answer })
    this.#unasked = this.#done.size
  }

  /** How long the batch took that an abort or a defect cut, in milliseconds. */
  get cutMs(): number {
    return this.#cutMs
  }

  /** Ends the batch that is under way. */
  abort(reason: unknown): void {
    this.#rejectBatch?.(reason)
  }

  /**
   * Checks at the end of a run that it took the course that was recorded.
   *
   * @throws {AgentError} `state-mismatch` when records are left that nobody asked for.
   */
  checkCourse(): void {
    if (this.#unasked > 0) throw mismatch(`the run ends while ${this.#unasked} recorded operations were not asked for`)
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    this.#options.signal.throwIfAborted()
    const outcomes = operations.map((operation) => this.#replay(operation))
    const isAllKnown = outcomes.every((outcome) => outcome !== undefined)
    if (isAllKnown) return outcomes
    this.#refuseDrift(operations)
    const batch: Batch = { startedAt: performance.now(), isOpen: true }
    try {
      await new Promise<void>((resolve, reject) => {
        this.#rejectBatch = reject
        this.#runLanes(operations, outcomes, batch).then(resolve, reject)
      })
    } catch (error) {
      this.#cutMs = performance.now() - batch.startedAt
      throw error
    } finally {
      batch.isOpen = false
      this.#rejectBatch = undefined
    }
    // Every lane has ended, so every outcome is there.
    return outcomes as Outcome<Output>[]
  }

  async ask(questions: readonly Question[]): Promise<readonly (Answer | undefined)[]> {
    return questions.map((question) => this.#answerTo(question))
  }

  // As many lanes as may run at once, each taking the next operation in array order.
  async #runLanes<Output>(operations: readonly Operation<Output>[], outcomes: (Outcome<Output> | undefined)[], batch: Batch): Promise<void> {
    const limit = Math.min(operations.length, ...operations.map(({ concurrency }) => concurrency ?? Number.POSITIVE_INFINITY))
    let next = 0
    const lane = async (): Promise<void> => {
      while (batch.isOpen) {
        const index = next++
        const operation = operations[index]
        if (operation === undefined) return
        outcomes[index] ??= await this.#execute(operation, batch)
      }
    }
    await Promise.all(Array.from({ length: limit }, lane))
  }

  // An answer counts for the very question that was recorded: the exact input, and the tool as it was.
  #answerTo({ id, about }: Question): Answer | undefined {
    const asked = this.#questions.get(id)
    if (asked === undefined) {
      this.#record({ type: 'question', id, about })
      return undefined
    }
    const answer = this.#answers.get(id)
    // Once work went on after an answer, it was obeyed: a tool that changed since is no reason to doubt it.
    const isObeyed = answer !== undefined && answer.place < this.#lastWork
    if (!isObeyed && !isDeepStrictEqual(asked, about)) throw mismatch(`the question '${id}' is about a tool or an input that changed since it was asked`)
    return answer
  }

  #replay<Output>({ id, name }: Operation<Output>): Outcome<Output> | undefined {
    const record = this.#done.get(id)
    if (record === undefined) return this.#started.has(id) ? { status: 'unknown' } : undefined
    if (record.name !== name) throw mismatch(`'${id}' was '${record.name}' and is '${name}' now`)
    this.#unasked--
    const { ms, waitedMs, executions } = record
    // The record was made by this very operation, whose output it is.
    return { status: 'done', output: record.output as Output, ms, waitedMs, executions, replayed: true }
  }

  // Nothing new may start while recorded operations were not asked for: the run would take another course than it did.
  #refuseDrift(operations: readonly Operation<unknown>[]): void {
    if (this.#unasked > 0) throw mismatch(`it asks for '${operations[0]?.id}' while ${this.#unasked} recorded operations were not asked for`)
  }

  async #execute<Output>(operation: Operation<Output>, batch: Batch): Promise<Outcome<Output> | undefined> {
    const { signal, emit, room } = this.#options
    const { id, name, effect } = operation
    if (effect !== 'read' && effect !== 'idempotent') this.#record({ type: 'start', id, name })
    const started = performance.now()
    const waitedMs = started - batch.startedAt
    const output = await operation.run({
      key: `${this.runId}/${id}`,
      signal,
      waitedMs,
      emit: (event: RunEventBody) => {
        if (batch.isOpen && !signal.aborted) emit(event)
      },
      room,
    })
    signal.throwIfAborted()
    if (!batch.isOpen) return undefined
    const ms = performance.now() - started
    // Outputs of operations are JSON by contract.
    this.#record({ type: 'done', id, name, output: output as Json, ms, waitedMs, executions: 1 })
    return { status: 'done', output, ms, waitedMs, executions: 1, replayed: false }
  }

  #record(record: RunRecord, replayed = false): void {
    const place = this.records.push(record) - 1
    if (record.type === 'done') this.#done.set(record.id, record)
    else if (record.type === 'start') this.#started.add(record.id)
    else if (record.type === 'question') this.#questions.set(record.id, record.about)
    else if (!this.#answers.has(record.id)) this.#answers.set(record.id, { value: record.answer, replayed, place })
    if (record.type === 'done' || record.type === 'start') this.#lastWork = place
  }
}

function mismatch(what: string): AgentError {
  return new AgentError(`The saved state does not fit this agent: ${what}. Continue it with the agent that made it.`, {
    code: 'state-mismatch',
    phase: 'loop',
  })
}
