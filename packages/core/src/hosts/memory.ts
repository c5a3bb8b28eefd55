import { AgentError } from '../errors.ts'
import type { RunEventBody } from '../events.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Operation, OperationContext, Operations, Outcome, Question } from '../operations.ts'

/** One recorded fact of a run. A paused run is the list of its records. */
export type RunRecord =
  /** Written before the body of a `once` operation: without a `done`, its outcome is unknown. */
  | { readonly type: 'start'; readonly id: string; readonly name: string }
  | { readonly type: 'done'; readonly id: string; readonly name: string; readonly output: Json; readonly ms: number; readonly executions: number }
  | { readonly type: 'question'; readonly id: string; readonly about: Json }
  | { readonly type: 'answer'; readonly id: string; readonly answer: Json }

export interface MemoryOptions {
  readonly runId: string
  /** Records to replay, of an earlier part of the same run. */
  readonly records: readonly RunRecord[]
  readonly signal: AbortSignal
  readonly emit: OperationContext['emit']
  readonly room: OperationContext['room']
}

type DoneRecord = Extract<RunRecord, { type: 'done' }>
type QuestionRecord = Extract<RunRecord, { type: 'question' }>
type AnswerRecord = Extract<RunRecord, { type: 'answer' }>

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
  readonly #questions = new Map<string, QuestionRecord>()
  readonly #answers = new Map<string, AnswerRecord>()
  #unasked: number
  #rejectBatch: ((reason: unknown) => void) | undefined
  #batchStarted: number | undefined

  constructor(options: MemoryOptions) {
    this.runId = options.runId
    this.records = [...options.records]
    this.#options = options
    for (const record of options.records) this.#remember(record)
    this.#unasked = this.#done.size
  }

  /** How long the batch that is under way has taken so far, in milliseconds; 0 between batches. */
  get openMs(): number {
    return this.#batchStarted === undefined ? 0 : performance.now() - this.#batchStarted
  }

  /** Ends the batch that is under way. */
  abort(reason: unknown): void {
    this.#rejectBatch?.(reason)
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    const { signal } = this.#options
    signal.throwIfAborted()
    const outcomes = operations.map((operation) => this.#replay(operation))
    const isAllKnown = outcomes.every((outcome) => outcome !== undefined)
    if (isAllKnown) return outcomes
    this.#refuseDrift(operations)
    const limit = Math.min(operations.length, ...operations.map(({ concurrency }) => concurrency ?? Number.POSITIVE_INFINITY))
    let next = 0
    const work = async (): Promise<void> => {
      while (next < operations.length) {
        const index = next++
        const operation = operations[index]
        if (operation !== undefined) outcomes[index] ??= await this.#execute(operation)
      }
    }
    const lanes = Array.from({ length: limit }, work)
    this.#batchStarted = performance.now()
    await new Promise<unknown>((resolve, reject) => {
      this.#rejectBatch = reject
      Promise.all(lanes).then(resolve, reject)
    })
    this.#batchStarted = undefined
    // Every lane has ended, so every outcome is there.
    return outcomes as Outcome<Output>[]
  }

  async ask(questions: readonly Question[]): Promise<readonly Json[] | undefined> {
    const answers: Json[] = []
    let isOpen = false
    for (const { id, about } of questions) {
      const asked = this.#questions.get(id)
      if (asked === undefined) this.#record({ type: 'question', id, about })
      const answer = this.#answers.get(id)?.answer
      if (answer === undefined) isOpen = true
      // An answer belongs to the very question it was given to: the exact input, and the tool as it was.
      else answers.push(asked === undefined || sameJson(asked.about, about) ? answer : changedSince)
    }
    return isOpen ? undefined : answers
  }

  #replay<Output>({ id, name }: Operation<Output>): Outcome<Output> | undefined {
    const record = this.#done.get(id)
    if (record === undefined) return this.#started.has(id) ? { status: 'unknown' } : undefined
    if (record.name !== name) throw mismatch(`'${id}' was '${record.name}' and is '${name}' now`)
    this.#unasked--
    // The record was made by this very operation, whose output it is.
    return { status: 'done', output: record.output as Output, ms: record.ms, executions: record.executions, replayed: true }
  }

  // Nothing new may start while recorded operations were not asked for: the run would take another course than it did.
  #refuseDrift(operations: readonly Operation<unknown>[]): void {
    if (this.#unasked === 0) return
    throw mismatch(`it asks for '${operations[0]?.id}' while ${this.#unasked} recorded operations were not asked for`)
  }

  async #execute<Output>(operation: Operation<Output>): Promise<Outcome<Output>> {
    const { signal, emit, room } = this.#options
    const { id, name, effect } = operation
    if (effect === 'once') this.#record({ type: 'start', id, name })
    const started = performance.now()
    const output = await operation.run({
      key: `${this.runId}/${id}`,
      signal,
      emit: (event: RunEventBody) => {
        if (!signal.aborted) emit(event)
      },
      room,
    })
    signal.throwIfAborted()
    const ms = performance.now() - started
    // Outputs of operations are JSON by contract.
    this.#record({ type: 'done', id, name, output: output as Json, ms, executions: 1 })
    return { status: 'done', output, ms, executions: 1, replayed: false }
  }

  #record(record: RunRecord): void {
    this.records.push(record)
    this.#remember(record)
  }

  #remember(record: RunRecord): void {
    if (record.type === 'done') this.#done.set(record.id, record)
    else if (record.type === 'start') this.#started.add(record.id)
    else if (record.type === 'question') this.#questions.set(record.id, record)
    else if (!this.#answers.has(record.id)) this.#answers.set(record.id, record)
  }
}

const changedSince: JsonObject = { approve: false, reason: 'the tool or its input changed after the question was asked', failed: 'The tool changed since.' }

function sameJson(left: Json, right: Json): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function mismatch(what: string): AgentError {
  return new AgentError(`The saved state does not fit this agent: ${what}. Continue it with the agent that made it.`, { code: 'state-mismatch', phase: 'loop' })
}
