import { AgentError } from '../../contract/errors.ts'
import { equalJson, type Json } from '../../contract/json.ts'
import type { AskOutcome, Operation, Outcome } from '../../contract/operations.ts'
import type { PendingQuestion, RunVersion } from '../../contract/result.ts'
import { describe } from '../../support/describe.ts'
import { expiredAnswer, expiredDecision, isInTime } from '../decisions.ts'
import type { Decision, OpenRun } from '../journal.ts'
import { hashAbout } from '../question-ids.ts'
import { brokenRequest, type EndRecord, isRunVersion, type QuestionRecord, type RunRecord, runVersion } from '../records.ts'
import { type GivenAnswer, Replay } from '../replay.ts'
import { Batch, isComplete, stopRequest } from './batch.ts'
import type { HostOptions, RunHost } from './run-host.ts'

/** Makes each record durable before it counts, and keeps the first decision about each question. */
export type RecordStore = OpenRun & { readonly decide: (decision: Decision) => Promise<Decision> }

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
  /** What people decided since, by position; not recorded yet. */
  readonly #given: ReadonlyMap<string, Json>
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
    this.#given = answers
    if (records.length === 0 && answers.size === 0) return
    this.#replay = replayOf(records)
    this.records.push(...records, ...additionsTo(records))
  }

  /**
   * Continues a run in a journal, which keeps all records from here on. Called before anything is performed.
   *
   * @throws {AgentError} `state-mismatch` for a run that a later release began.
   */
  async attach(journal: RecordStore): Promise<void> {
    const { head, records } = journal
    if (!isRunVersion(head.version)) throw unknownVersion(head)
    this.#version = head.version
    this.#journal = journal
    this.#last = records.at(-1)
    this.#replay = replayOf(records)
    const added = additionsTo(records)
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

  refuseChanged(isRebound: (names: readonly string[]) => boolean): void {
    this.#replay?.refuseUnknown(isRebound)
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
    // Not awaited, so that a waiting run has one suspended function less in memory.
    return batch.run()
  }

  async ask(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]> {
    this.#options.signal.throwIfAborted()
    const fresh = questions.filter(({ position }) => this.#replay?.questionAt(position) === undefined)
    const asked = questions.filter((question) => !fresh.includes(question)).map((question) => this.#asAsked(question))
    const unanswered = asked.filter((question) => this.#replay?.answerTo(question) === undefined)
    const added = unanswered.length > 0 ? await this.#answersFor(unanswered) : []
    const isHalf = added.length < unanswered.length || fresh.length > 0
    // In memory a question is answered together with the others of its step, or stays pending.
    const isKept = this.#journal !== undefined || this.#version === 1 || !isHalf
    if (isKept) await this.#record(added)
    const written = fresh.map((question) => ({ ...question, ...(question.expiresInMs !== undefined && { askedAt: Date.now() }) }))
    if (written.length > 0) await this.write(written.map(questionRecord), true)
    return questions.map(({ position }) => this.#outcomeOf([...asked, ...written].find((question) => question.position === position)))
  }

  #outcomeOf(question: PendingQuestion | undefined): AskOutcome {
    if (question === undefined) throw new RangeError('Every question is asked or was asked before.')
    const answer = this.#replay?.answerTo(question)
    return answer === undefined ? { status: 'pending', question } : { status: 'answered', ...answer }
  }

  /** A question as it was recorded: with the time at which it was asked. */
  #asAsked(question: PendingQuestion): PendingQuestion {
    const { askedAt, expiresInMs } = this.#replay?.questionAt(question.position) ?? {}
    return { ...question, ...(askedAt !== undefined && { askedAt }), ...(expiresInMs !== undefined && { expiresInMs }) }
  }

  /** What counts as the answer to these questions by now, by position. An answer that came too late counts as none in time. */
  async #answersFor(questions: readonly PendingQuestion[]): Promise<readonly FoundAnswer[]> {
    const now = Date.now()
    const decisions = (await this.#journal?.readDecisions()) ?? []
    const found: FoundAnswer[] = []
    for (const question of questions) {
      const { position, about } = question
      const given = this.#given.get(position)
      const made =
        decisions.find(({ id }) => id === position) ?? (given === undefined ? undefined : { id: position, about: hashAbout(about), answer: given, at: now })
      const decision = made ?? (isInTime(question, now) ? undefined : await this.#expire(question))
      if (decision === undefined) continue
      const { answer, at } = checkDecision(decision, about)
      found.push([position, { value: isInTime(question, at) ? answer : expiredAnswer, at }])
    }
    return found
  }

  /** Expiry is itself a decision. The first decision about a question counts. */
  async #expire(question: PendingQuestion): Promise<Decision> {
    const expired = expiredDecision(question)
    return (await this.#journal?.decide(expired)) ?? expired
  }

  // A decision that came from elsewhere counts once it is a record of the run.
  async #record(answers: readonly FoundAnswer[]): Promise<void> {
    if (answers.length === 0) return
    await this.write(
      answers.map(([id, { value, at }]) => ({ type: 'answer', id, answer: value, ...(at !== undefined && this.#version !== 1 && { at }) })),
      true,
    )
    for (const [position, answer] of answers) this.#replay?.addAnswer(position, answer)
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
}

/** An answer and the position of its question. */
type FoundAnswer = readonly [position: string, answer: GivenAnswer]

function questionRecord({ position, about, askedAt, expiresInMs }: PendingQuestion): QuestionRecord {
  return { type: 'question', id: position, about, ...(askedAt !== undefined && { askedAt }), ...(expiresInMs !== undefined && { expiresInMs }) }
}

/** What a process adds to the records that it continues from. */
function additionsTo(records: readonly RunRecord[]): readonly RunRecord[] {
  const broken = brokenRequest(records)
  return broken === undefined ? [] : [{ type: 'again', id: broken }]
}

/** What a host continues from, looked up by id. */
export function replayOf(records: readonly RunRecord[]): Replay {
  return new Replay([...records, ...additionsTo(records)])
}

function unknownVersion({ runId, version }: { readonly runId: string; readonly version: unknown }): AgentError {
  const message = `The run '${runId}' in the journal has version ${JSON.stringify(version)}, and this release reads 1 and 2. Continue it with the release that began it.`
  return new AgentError(message, { code: 'state-mismatch', phase: 'setup' })
}

async function append(journal: OpenRun, records: readonly RunRecord[], isDurable: boolean): Promise<void> {
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
