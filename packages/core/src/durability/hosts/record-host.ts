import { AgentError } from '../../contract/errors.ts'
import type { RunEventBody } from '../../contract/events.ts'
import { equalJson, type Json } from '../../contract/json.ts'
import type { Answer, Operation, Outcome, Question } from '../../contract/operations.ts'
import type { RunVersion } from '../../contract/result.ts'
import { describe } from '../../support/describe.ts'
import { type Decision, hashAbout, type OpenRun } from '../journal.ts'
import { makeOperationKey } from '../operation-ids.ts'
import { brokenRequest, type EndRecord, isRunVersion, type RunRecord, runVersion } from '../records.ts'
import { isOnce, Replay } from '../replay.ts'
import type { HostOptions, HostStart, RunHost } from './run-host.ts'

/** Makes each record durable before it counts. */
type JournalEnd = Pick<OpenRun, 'append' | 'readDecisions'>

const noAnswers: ReadonlyMap<string, Json> = new Map()

interface Batch {
  readonly startedAt: number
  /** False once the batch was settled: what its operations do later is dropped. */
  isOpen: boolean
}

/**
 * The host that keeps a list of records, in memory or in a journal. It never waits for a person: a question without an answer
 * pauses the run. Aborting is a polite crash: `perform` rejects at once, nothing more is recorded, and late results are dropped.
 */
export class RecordHost implements RunHost {
  readonly runId: string
  /** All records; empty with a journal, which holds them. */
  readonly records: RunRecord[] = []
  readonly #options: HostOptions
  #version: RunVersion
  /** `undefined` where nothing was recorded before: most runs need none. */
  #replay: Replay | undefined
  #journal: JournalEnd | undefined
  #last: RunRecord | undefined
  #cutMs = 0
  #rejectBatch: ((reason: unknown) => void) | undefined

  constructor(options: HostOptions) {
    const { runId, version = runVersion, records = [], answers = noAnswers } = options
    this.runId = runId
    this.#version = version
    this.#options = options
    if (records.length === 0 && answers.size === 0) return
    this.#replay = replayOf({ records, answers })
    this.records.push(...records, ...additionsTo({ records, answers }))
  }

  /**
   * Goes on from a run in a journal, which keeps all records from here on. Called before anything is performed.
   *
   * @throws {AgentError} `state-mismatch` for a run that a later release began.
   */
  async attach(journal: OpenRun): Promise<void> {
    const { head, records } = journal
    if (!isRunVersion(head.version)) throw unknownVersion(head)
    this.#version = head.version
    this.#journal = journal
    this.#last = records.at(-1)
    const start = { records, answers: noAnswers }
    this.#replay = replayOf(start)
    const added = additionsTo(start)
    if (added.length > 0) await this.#write(added, true)
  }

  /** Adds the last record: how this process leaves the run. A process that only looked leaves nothing. */
  async end(record: EndRecord): Promise<void> {
    if (this.#journal !== undefined && !equalJson(this.#last, record)) await this.#write([record], true)
  }

  get version(): RunVersion {
    return this.#version
  }

  get cutMs(): number {
    return this.#cutMs
  }

  abort(reason: unknown): void {
    this.#rejectBatch?.(reason)
  }

  refuseChanged(tools: ReadonlySet<string>): void {
    this.#replay?.refuseUnknown(tools)
  }

  checkCourse(): void {
    this.#replay?.refuseRest()
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    this.#options.signal.throwIfAborted()
    const outcomes: (Outcome<Output> | undefined)[] = this.#replay === undefined ? [] : operations.map(this.#replay.outcomeOf, this.#replay)
    if (isWhole(outcomes, operations.length)) return outcomes
    this.#replay?.refuseNew(operations[0]?.id)
    const batch: Batch = { startedAt: performance.now(), isOpen: true }
    try {
      await new Promise<unknown>((resolve, reject) => {
        this.#rejectBatch = reject
        this.#runAll(operations, outcomes, batch).then(resolve, reject)
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
    this.#options.signal.throwIfAborted()
    const isNew = ({ id }: Question): boolean => this.#replay?.questionOf(id) === undefined
    const fresh = questions.filter(isNew)
    if (fresh.length > 0)
      await this.#write(
        fresh.map(({ id, about }) => ({ type: 'question', id, about })),
        true,
      )
    const asked = questions.filter((question) => !isNew(question))
    const open = asked.filter((question) => this.#replay?.answerTo(question) === undefined)
    if (open.length > 0) await this.#takeDecisions(open)
    return questions.map((question) => (isNew(question) ? undefined : this.#replay?.answerTo(question)))
  }

  // A decision that came from elsewhere counts once it is a record of the run.
  async #takeDecisions(open: readonly Question[]): Promise<void> {
    const decisions = (await this.#journal?.readDecisions()) ?? []
    const taken = open.flatMap(({ id, about }) => {
      const decision = decisions.find((item) => item.id === id)
      return decision === undefined ? [] : [checkDecision(decision, about)]
    })
    if (taken.length === 0) return
    await this.#write(
      taken.map(({ id, answer }) => ({ type: 'answer', id, answer })),
      true,
    )
    for (const { id, answer } of taken) this.#replay?.addAnswer(id, answer)
  }

  // As many lanes as may run at once, each taking the next operation in array order.
  #runAll<Output>(operations: readonly Operation<Output>[], outcomes: (Outcome<Output> | undefined)[], batch: Batch): Promise<unknown> {
    let limit = operations.length
    for (const { concurrency = limit } of operations) limit = Math.min(limit, concurrency)
    let next = 0
    const lane = async (): Promise<void> => {
      while (batch.isOpen) {
        const index = next++
        const operation = operations[index]
        if (operation === undefined) return
        outcomes[index] ??= await this.#execute(operation, batch)
      }
    }
    return limit === 1 ? lane() : Promise.all(Array.from({ length: limit }, lane))
  }

  async #execute<Output>(operation: Operation<Output>, batch: Batch): Promise<Outcome<Output> | undefined> {
    const { signal, emit, room } = this.#options
    const { id, name, effect } = operation
    const executions = (this.#replay?.startsOf(id) ?? 0) + 1
    if (effect !== 'read') {
      const written = this.#write([{ type: 'start', id, name }], isOnce(effect))
      if (written !== undefined) await written
      if (!batch.isOpen) return undefined
    }
    const started = performance.now()
    const waitedMs = started - batch.startedAt
    const output = await operation.run({
      key: makeOperationKey(this.runId, id),
      signal,
      waitedMs,
      emit: (event: RunEventBody) => {
        if (batch.isOpen && !signal.aborted) emit(placed(event, id, executions))
      },
      room,
    })
    signal.throwIfAborted()
    if (!batch.isOpen) return undefined
    const ms = performance.now() - started
    // Outputs of operations are JSON by contract.
    const written = this.#write([{ type: 'done', id, name, output: output as Json, ms, waitedMs, executions }], true)
    if (written !== undefined) await written
    return { status: 'done', output, ms, waitedMs, executions, replayed: false }
  }

  /** Adds to the records: at once in memory, else as soon as the journal says that they count. */
  #write(records: readonly RunRecord[], isDurable: boolean): Promise<void> | undefined {
    this.#last = records.at(-1)
    if (this.#journal !== undefined) return append(this.#journal, records, isDurable)
    this.records.push(...records)
    return undefined
  }
}

function isWhole<Output>(outcomes: readonly (Outcome<Output> | undefined)[], length: number): outcomes is readonly Outcome<Output>[] {
  return outcomes.length === length && outcomes.every((outcome) => outcome !== undefined)
}

/** Says where a live event comes from. Assigned one by one: this is done for each delta. */
export function placed(event: RunEventBody, operation: string, execution: number): RunEventBody {
  const live = event as RunEventBody & { operation?: string; execution?: number }
  live.operation = operation
  live.execution = execution
  return live
}

/** What a process adds to the records that it goes on from. */
function additionsTo({ records, answers }: HostStart): readonly RunRecord[] {
  const broken = brokenRequest(records)
  const again: readonly RunRecord[] = broken === undefined ? [] : [{ type: 'again', id: broken }]
  return [...again, ...[...answers].map(([id, answer]): RunRecord => ({ type: 'answer', id, answer }))]
}

/** What a host goes on from, looked up by id. */
export function replayOf({ records, answers }: HostStart): Replay {
  const broken = brokenRequest(records)
  const replay = new Replay(broken === undefined ? records : [...records, { type: 'again', id: broken }])
  for (const [id, answer] of answers) replay.addAnswer(id, answer)
  return replay
}

function unknownVersion({ runId, version }: { readonly runId: string; readonly version: unknown }): AgentError {
  const message = `The run '${runId}' in the journal has version ${JSON.stringify(version)}, and this release reads 1 and 2. Continue it with the release that began it.`
  return new AgentError(message, { code: 'state-mismatch', phase: 'setup' })
}

async function append(journal: JournalEnd, records: readonly RunRecord[], isDurable: boolean): Promise<void> {
  try {
    await journal.append(records, isDurable)
  } catch (error) {
    if (AgentError.is(error)) throw error
    const message = `The journal failed, so the run was stopped: ${describe(error)}. What it did not record will be treated as interrupted.`
    throw new AgentError(message, { code: 'journal-failed', phase: 'loop', cause: error })
  }
}

/** @throws {AgentError} `state-mismatch` for a decision about something else. */
export function checkDecision(decision: Decision, about: Json): Decision {
  if (decision.about === hashAbout(about)) return decision
  throw new AgentError(`The decision about '${decision.id}' was made about another call or input, so it is not followed.`, {
    code: 'state-mismatch',
    phase: 'loop',
  })
}
