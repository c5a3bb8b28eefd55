import { AgentError } from '../../contract/errors.ts'
import type { Json } from '../../contract/json.ts'
import type { AskOutcome, Operation, OperationContext, Outcome } from '../../contract/operations.ts'
import type { PendingQuestion, RunVersion } from '../../contract/result.ts'
import { captureContext } from '../../support/async-context.ts'
import { describe } from '../../support/describe.ts'
import { expiredAnswer, isInTime } from '../decisions.ts'
import { makeOperationKey, makeStepName } from '../operation-ids.ts'
import { type QuestionRecord, type RunRecord, runVersion } from '../records.ts'
import { isOnce, type Replay } from '../replay.ts'
import { withOrigin } from './batch.ts'
import type { Engine, EngineStep } from './engine.ts'
import { checkDecision, replayOf } from './record-host.ts'
import type { HostOptions, RunHost } from './run-host.ts'
import { notStarted, RunningBodies } from './running-bodies.ts'
import { takeTurn } from './take-turn.ts'

/** What a step of an engine records. */
type StepValue =
  | { readonly output: Json; readonly ms: number; readonly waitedMs: number; readonly at?: number }
  | { readonly unknown: true }
  | { readonly defect: string }

/** What the bodies of one batch share. */
interface Batch {
  readonly startedAt: number
  readonly enter: (body: () => Promise<Json>) => Promise<Json>
  /** Who recorded the start of the `once` operations of the batch. */
  readonly owner: Json
  /** Ids of the operations whose bodies ran here and now. */
  readonly ran: Set<string>
}

/**
 * The host on a distributed engine. Records of an earlier part of the run, from memory or a journal, come before what the
 * engine has. Before the bodies of `once` operations start, a step of its own records which process starts them: a body that is
 * to run in another one may have had its effect, so its outcome is unknown.
 */
export class EngineHost implements RunHost {
  readonly runId: string
  readonly version: RunVersion
  readonly records: readonly RunRecord[] = []
  readonly #options: HostOptions
  readonly #engine: Engine
  readonly #replay: Replay
  readonly #bodies: RunningBodies
  readonly #inContext: ReturnType<typeof captureContext>
  readonly #controller = new AbortController()
  #cutMs = 0
  #reject: ((reason: unknown) => void) | undefined

  constructor(options: HostOptions, engine: Engine) {
    const { runId, version = runVersion, records = [], answers = new Map() } = options
    this.runId = runId
    this.version = version
    this.#options = options
    this.#engine = engine
    this.#replay = replayOf(records)
    for (const [position, answer] of answers) this.#replay.addAnswer(position, { value: answer })
    this.#bodies = RunningBodies.of(engine.scope)
    this.#inContext = engine.keepsContext === true ? (body) => body() : captureContext()
  }

  get cutMs(): number {
    return this.#cutMs
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
    this.#reject?.(reason)
  }

  refuseChanged(isRebound: (names: readonly string[]) => boolean): void {
    this.#replay.refuseUnknown(isRebound)
  }

  checkCourse(): void {
    this.#replay.refuseRest()
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    const outcomes = operations.map((operation) => this.#replay.outcomeOf(operation))
    const open = operations.filter((_, index) => outcomes[index] === undefined)
    if (open.length > 0) this.#replay.refuseNew(open[0]?.id)
    const values = open.length === 0 ? [] : await this.#untilAborted(() => this.#performOpen(open))
    const rest = values.values()
    // The engine has a value for each operation that had no outcome.
    return outcomes.map((outcome) => outcome ?? (rest.next().value as Outcome<Output>))
  }

  async ask(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]> {
    const known = questions.map((question) => (this.#replay.questionAt(question.position) === undefined ? undefined : this.#replay.answerTo(question)))
    const unanswered = questions.filter((_, index) => known[index] === undefined)
    const rest = (unanswered.length === 0 ? [] : await this.#untilAborted(() => this.#askEngine(unanswered))).values()
    // The engine has an outcome for each question that had no answer.
    return known.map((answer) => (answer === undefined ? (rest.next().value as AskOutcome) : { status: 'answered', ...answer }))
  }

  async #askEngine(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]> {
    const asked = await this.#withTimes(questions)
    const decisions = await this.#engine.decisions(asked)
    return asked.map((question, index) => {
      const decision = decisions[index]
      if (decision === undefined) return { status: 'pending', question }
      const { answer, at } = checkDecision(decision, question.about)
      return { status: 'answered', value: isInTime(question, at) ? answer : expiredAnswer, ...(at !== undefined && { at }), replayed: false }
    })
  }

  /** Questions that expire, with the time at which they were asked: recorded here, or by the host before. */
  async #withTimes(questions: readonly PendingQuestion[]): Promise<readonly PendingQuestion[]> {
    const known = questions.map((question) => ({ ...question, ...timesOf(this.#replay.questionAt(question.position)) }))
    const untimed = known.filter(({ expiresInMs, askedAt }) => expiresInMs !== undefined && askedAt === undefined)
    if (untimed.length === 0) return known
    const times = await this.#engine.steps(untimed.map(({ position }) => ({ name: makeStepName(position, 'asked'), run: async () => Date.now() })))
    return known.map((question) => {
      const index = untimed.indexOf(question)
      return index < 0 ? question : { ...question, askedAt: Number(times[index]) }
    })
  }

  async #performOpen<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    const once = operations.filter(({ effect }) => isOnce(effect))
    const [first] = once
    const owner =
      first === undefined ? null : (await this.#engine.steps([{ name: makeStepName(first.id, 'start'), run: async () => this.#bodies.claimStart() }]))[0]
    // An operation that an abort prevented from starting leaves no record.
    this.#controller.signal.throwIfAborted()
    const limit = Math.min(...operations.map(({ concurrency }) => concurrency ?? Number.POSITIVE_INFINITY))
    const batch: Batch = { startedAt: performance.now(), enter: lanes(limit), owner: owner ?? null, ran: new Set() }
    const values = await this.#engine.steps(operations.map((operation) => this.#stepOf(operation, batch)))
    for (const { id } of once) this.#bodies.markRecorded(this.#keyOf(id))
    return operations.map(({ id }, index) => this.#outcomeOf<Output>(id, values[index] as unknown as StepValue, !batch.ran.has(id)))
  }

  #stepOf<Output>(operation: Operation<Output>, batch: Batch): EngineStep {
    const { id, name, effect } = operation
    const run = (): Promise<Json> => {
      if (!isOnce(effect)) return this.#bodies.join(this.#keyOf(id), () => batch.enter(() => this.#execute(operation, batch)))
      return this.#bodies.joinOnce(this.#keyOf(id), batch.owner, () => batch.enter(() => this.#execute(operation, batch)))
    }
    return { name: makeStepName(id, name), run: () => this.#inContext(run) }
  }

  async #execute<Output>(operation: Operation<Output>, { startedAt, ran }: Batch): Promise<Json> {
    const { signal } = this.#controller
    const { id } = operation
    let hasBegun = false
    try {
      signal.throwIfAborted()
      const { permit, permitMs } = await takeTurn(operation, signal)
      hasBegun = true
      ran.add(id)
      const execution = nextExecution()
      const started = performance.now()
      const waitedMs = started - startedAt - permitMs
      const { room } = this.#options
      const emit: OperationContext['emit'] = (event) => {
        if (!signal.aborted) this.#options.emit(withOrigin(event, id, execution))
      }
      const output = await operation.run({ key: this.#keyOf(id), signal, executions: this.#replay.startsOf(id) + 1, waitedMs, permit, emit, room })
      signal.throwIfAborted()
      // Outputs of operations are JSON by contract.
      return { output: output as Json, ms: performance.now() - started, waitedMs, ...(this.version > 1 && { at: Date.now() }) }
    } catch (error) {
      if (signal.aborted) throw hasBegun ? signal.reason : notStarted
      // A throw would make the engine run the body again.
      return { defect: describe(error) }
    }
  }

  #outcomeOf<Output>(id: string, value: StepValue, replayed: boolean): Outcome<Output> {
    if ('unknown' in value) return { status: 'unknown' }
    if ('defect' in value) throw new AgentError(`A defect ended the run in '${id}': ${value.defect}.`, { code: 'internal', phase: 'loop' })
    // The step was made by this very operation, whose output it is.
    const { output, ms, waitedMs, at } = value
    return { status: 'done', output: output as Output, ms, waitedMs, executions: this.#replay.startsOf(id) + 1, ...(at !== undefined && { at }), replayed }
  }

  #keyOf(id: string): string {
    return makeOperationKey(this.runId, id)
  }

  async #untilAborted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#options.signal.throwIfAborted()
    const startedAt = performance.now()
    try {
      return await new Promise<Result>((resolve, reject) => {
        this.#reject = reject
        Promise.resolve()
          .then(work)
          .then(resolve, (error) => reject(AgentError.is(error) ? error : engineFailed(error)))
      })
    } catch (error) {
      this.#cutMs = performance.now() - startedAt
      // If the engine stops the execution, nothing waits for the bodies any more.
      if (!this.#controller.signal.aborted) this.#controller.abort(error)
      throw error
    } finally {
      this.#reject = undefined
    }
  }
}

function timesOf(record: QuestionRecord | undefined): Pick<PendingQuestion, 'askedAt' | 'expiresInMs'> {
  const { askedAt, expiresInMs } = record ?? {}
  return { ...(askedAt !== undefined && { askedAt }), ...(expiresInMs !== undefined && { expiresInMs }) }
}

function engineFailed(error: unknown): AgentError {
  const message = `The engine ended the run: ${describe(error)}. What it recorded is kept there.`
  return new AgentError(message, { code: 'engine-failed', phase: 'loop', cause: error })
}

let lastExecution = 0

// Nobody counts executions over processes, so the time says which is newer.
function nextExecution(): number {
  lastExecution = Math.max(lastExecution + 1, Date.now())
  return lastExecution
}

/** At most so many bodies at once, in the order in which they came. */
function lanes(limit: number): Batch['enter'] {
  const waiting: (() => void)[] = []
  let running = 0
  return async (body) => {
    if (running < limit) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await body()
    } finally {
      // The lane is handed on, or given back.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
