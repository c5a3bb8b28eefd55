import { AgentError } from '../../contract/errors.ts'
import { equalJson, type Json } from '../../contract/json.ts'
import type { Answer, Operation, Outcome, Question } from '../../contract/operations.ts'
import type { RunVersion } from '../../contract/result.ts'
import { describe } from '../../support/describe.ts'
import { type Decision, hashAbout, type OpenRun } from '../journal.ts'
import { brokenRequest, type EndRecord, isRunVersion, type RunRecord, runVersion } from '../records.ts'
import { Replay } from '../replay.ts'
import { Batch, isComplete, stopRequest } from './batch.ts'
import type { HostOptions, HostStart, RunHost } from './run-host.ts'

/** Makes each record durable before it counts. */
type RecordStore = Pick<OpenRun, 'append' | 'readDecisions'>

const noAnswers: ReadonlyMap<string, Json> = new Map()

/**
 * The host that keeps a list of records, in memory or in a journal. It never waits for a person: a question without an answer
 * pauses the run. Aborting acts like a crash: `perform` rejects at once, nothing more is recorded, and late results are dropped.
 */
export class RecordHost implements RunHost {
  readonly runId: string
  /** All records; empty with a journal, which holds them. */
  readonly records: RunRecord[] = []
  readonly #options: HostOptions
  #version: RunVersion
  /** `undefined` where nothing was recorded before, as in most runs. */
  #replay: Replay | undefined
  #journal: RecordStore | undefined
  #last: RunRecord | undefined
  /** The batch under way, or the one that was cut. */
  #batch: Pick<Batch<unknown>, 'cut' | 'cutMs' | 'stop'> | undefined
  #isStopping = false

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
   * Continues a run in a journal, which keeps all records from here on. Called before anything is performed.
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
    if (added.length > 0) await this.write(added, true)
  }

  /** Adds the last record, which says how this process ended its part of the run. A process that only replayed adds nothing. */
  async end(record: EndRecord): Promise<void> {
    if (this.#journal !== undefined && !equalJson(this.#last, record)) await this.write([record], true)
  }

  get version(): RunVersion {
    return this.#version
  }

  get cutMs(): number {
    return this.#batch?.cutMs ?? 0
  }

  abort(reason: unknown): void {
    this.#batch?.cut(reason)
  }

  /**
   * Begins no further operation: `perform` rejects with `stopRequest` once those that have begun are recorded. What is recorded already is
   * still replayed, and questions are still asked.
   */
  stop(): void {
    this.#isStopping = true
    this.#batch?.stop()
  }

  refuseChanged(tools: ReadonlySet<string>): void {
    this.#replay?.refuseUnknown(tools)
  }

  checkCourse(): void {
    this.#replay?.refuseRest()
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    const { signal, emit, room } = this.#options
    signal.throwIfAborted()
    const outcomes: (Outcome<Output> | undefined)[] = this.#replay === undefined ? [] : operations.map(this.#replay.outcomeOf, this.#replay)
    if (isComplete(outcomes, operations.length)) return outcomes
    this.#replay?.refuseNew(operations[0]?.id)
    if (this.#isStopping) throw stopRequest
    const batch = new Batch({ operations, outcomes, host: this, signal, emit, room })
    // Known before it runs: a listener of its first event may stop or abort the run.
    this.#batch = batch
    // Not awaited: a run holds one suspended function less while it waits.
    return batch.run()
  }

  async ask(questions: readonly Question[]): Promise<readonly (Answer | undefined)[]> {
    this.#options.signal.throwIfAborted()
    const isNew = ({ id }: Question): boolean => this.#replay?.questionOf(id) === undefined
    const [fresh, known] = [questions.filter(isNew), questions.filter((question) => !isNew(question))]
    const records = fresh.map(({ id, about }): RunRecord => ({ type: 'question', id, about }))
    if (records.length > 0) await this.write(records, true)
    const pending = known.filter((question) => this.#replay?.answerTo(question) === undefined)
    if (pending.length > 0) await this.#takeDecisions(pending)
    return questions.map((question) => (fresh.includes(question) ? undefined : this.#replay?.answerTo(question)))
  }

  /** How often the body of an operation was started before. */
  startsOf(id: string): number {
    return this.#replay?.startsOf(id) ?? 0
  }

  /** Adds to the records: at once in memory, otherwise as soon as the journal says that they count. */
  write(records: readonly RunRecord[], isDurable: boolean): Promise<void> | undefined {
    this.#last = records.at(-1)
    if (this.#journal !== undefined) return append(this.#journal, records, isDurable)
    this.records.push(...records)
    return undefined
  }

  // A decision that another process kept counts once it is a record of the run.
  async #takeDecisions(pending: readonly Question[]): Promise<void> {
    const decisions = (await this.#journal?.readDecisions()) ?? []
    const taken = pending.flatMap(({ id, about }) => {
      const decision = decisions.find((item) => item.id === id)
      return decision === undefined ? [] : [checkDecision(decision, about)]
    })
    if (taken.length === 0) return
    const records = taken.map(({ id, answer }): RunRecord => ({ type: 'answer', id, answer }))
    await this.write(records, true)
    for (const { id, answer } of taken) this.#replay?.addAnswer(id, answer)
  }
}

/** What a process adds to the records that it continues from. */
function additionsTo({ records, answers }: HostStart): readonly RunRecord[] {
  const broken = brokenRequest(records)
  const again: readonly RunRecord[] = broken === undefined ? [] : [{ type: 'again', id: broken }]
  return [...again, ...[...answers].map(([id, answer]): RunRecord => ({ type: 'answer', id, answer }))]
}

/** The recorded part of a run, looked up by id. */
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

async function append(journal: RecordStore, records: readonly RunRecord[], isDurable: boolean): Promise<void> {
  try {
    await journal.append(records, isDurable)
  } catch (error) {
    if (AgentError.is(error)) throw error
    const message = `The journal failed, so the run was ended: ${describe(error)}. Operations that it did not record count as interrupted.`
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
