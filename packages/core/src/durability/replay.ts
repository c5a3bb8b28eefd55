import { AgentError } from '../contract/errors.ts'
import { equalJson, isJsonObject, type Json, type JsonObject } from '../contract/json.ts'
import type { Operation, Outcome } from '../contract/operations.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { makeOperationId, parseOperationId } from './operation-ids.ts'
import type { DoneRecord, QuestionRecord, RunRecord } from './records.ts'

/** What was recorded of a run before: looked up by id, never by order. */
export class Replay {
  readonly #done = new Map<string, DoneRecord>()
  /** Names of the operations that were started, and how often each was. */
  readonly #starts = new Map<string, { readonly name: string; count: number }>()
  readonly #again = new Set<string>()
  readonly #questions = new Map<string, QuestionRecord>()
  readonly #answers = new Map<string, RecordedAnswer>()
  #lastWork = -1
  #unasked: number

  constructor(records: readonly RunRecord[]) {
    for (const [index, record] of records.entries()) this.#add(record, index)
    this.#unasked = this.#done.size
  }

  /** How often the body of an operation was started. */
  startsOf(id: string): number {
    return this.#starts.get(id)?.count ?? 0
  }

  /** The outcome that was recorded; `unknown` for a `once` operation that was started and has none; else `undefined`. */
  outcomeOf<Output>({ id, name, effect }: Operation<Output>): Outcome<Output> | undefined {
    const record = this.#done.get(id)
    if (record === undefined) return isOnce(effect) && this.#starts.has(id) ? { status: 'unknown' } : undefined
    if (record.name !== name) throw mismatch(`'${id}' was '${record.name}' and is '${name}' now`)
    this.#unasked--
    const { ms, waitedMs, executions, at } = record
    // A failed request from which the run continues is read as one that will be retried.
    const output = this.#again.has(id) && isJsonObject(record.output) ? { ...record.output, retryInMs: 0, free: true } : record.output
    // The record was made by this very operation, whose output it is.
    return { status: 'done', output: output as Output, ms, waitedMs, executions, ...(at !== undefined && { at }), replayed: true }
  }

  /** Adds an answer that came since. It counts as new: nothing has followed it yet. */
  addAnswer(position: string, { value, at }: GivenAnswer): void {
    if (!this.#answers.has(position)) this.#answers.set(position, { value, ...(at !== undefined && { at }), replayed: false, index: Number.POSITIVE_INFINITY })
  }

  /** The recorded question at this position; `undefined` when it was not asked. */
  questionAt(position: string): QuestionRecord | undefined {
    return this.#questions.get(position)
  }

  /**
   * The answer to a question that was recorded.
   *
   * @throws {AgentError} `state-mismatch` when the question is not the recorded one: the exact input, and the tool as it was.
   */
  answerTo({ position, about }: PendingQuestion): (GivenAnswer & { readonly replayed: boolean }) | undefined {
    const answer = this.#answers.get(position)
    const asked = this.#questions.get(position)
    if (asked !== undefined && !this.#isObeyed(position) && !equalJson(asked.about, about)) throw mismatch(describeChange(asked.about, about))
    if (answer === undefined) return undefined
    const { value, at, replayed } = answer
    return { value, ...(at !== undefined && { at }), replayed }
  }

  /**
   * Nothing new may start while recorded operations were not asked for: the run would take another course than it did.
   *
   * @throws {AgentError} `state-mismatch`.
   */
  refuseNew(id: string | undefined): void {
    if (this.#unasked > 0) throw mismatch(`it asks for '${id}' while ${this.#unasked} recorded operations were not asked for`)
  }

  /** @throws {AgentError} `state-mismatch` at the end of a run, if the run did not ask for all records. */
  refuseRest(): void {
    if (this.#unasked > 0) throw mismatch(`the run ends while ${this.#unasked} recorded operations were not asked for`)
  }

  /**
   * @param isRebound - Whether calls of a tool mean something else now. Its names: the tools whose agents it belongs to, and its own.
   * @throws {AgentError} `state-mismatch` when one of these tools has a call that was started and has no recorded outcome.
   */
  refuseUnknown(isRebound: (names: readonly string[]) => boolean): void {
    for (const [id, { name }] of this.#starts) {
      if (this.#done.has(id) || !isRebound(this.#namesAt(id, name))) continue
      throw mismatch(`'${id}' was started and its outcome is not recorded, and the ${name} changed since`)
    }
  }

  #namesAt(id: string, name: string): readonly string[] {
    const outer = callsAround(id).map((call) => this.#done.get(call)?.name ?? '')
    return [...outer, name].map(toolNameIn)
  }

  // The run has followed the answer if its call continued, or something continued after a denial. A later change of the tool does not matter then.
  #isObeyed(position: string): boolean {
    const answer = this.#answers.get(position)
    if (answer === undefined || answer.index > this.#lastWork) return false
    const isGo = startsWork(answer.value)
    const call = callOf(position)
    return !isGo || (call !== undefined && (this.#done.has(call) || this.#starts.has(call)))
  }

  #add(record: RunRecord, index: number): void {
    const { id } = record
    if (record.type === 'done') this.#done.set(id, record)
    else if (record.type === 'start') this.#starts.set(id, { name: record.name, count: this.startsOf(id) + 1 })
    else if (record.type === 'question') this.#questions.set(id, record)
    else if (record.type === 'again') this.#again.add(id)
    else if (record.type === 'answer' && !this.#answers.has(id))
      this.#answers.set(id, { value: record.answer, ...(record.at !== undefined && { at: record.at }), replayed: true, index })
    if (record.type === 'done' || record.type === 'start') this.#lastWork = index
  }
}

/** What a person answered, and when: in milliseconds since the Unix epoch. */
export interface GivenAnswer {
  readonly value: Json
  readonly at?: number | undefined
}

interface RecordedAnswer extends GivenAnswer {
  readonly replayed: boolean
  /** Index of its record; infinite for an answer that is not recorded yet. */
  readonly index: number
}

/** True for calls that must not be repeated automatically. An unknown effect counts as `once`. */
export function isOnce(effect: string): boolean {
  return effect !== 'read' && effect !== 'idempotent'
}

/** True for an answer that lets a call run: an approval, or the order to repeat it. */
export function startsWork(answer: Json): boolean {
  return isJsonObject(answer) && (answer['approve'] === true || answer['repeat'] === true)
}

/** The operation that an answer sets going: that of the call, or of its repetition. */
export function callOf(questionId: string): string | undefined {
  const question = parseOperationId(questionId)
  if (question === undefined || !('index' in question)) return undefined
  const { step, index, path = [] } = question
  return makeOperationId({ type: 'call', step, index, round: question.type === 'outcome' ? question.round : 0, path })
}

/** The ids of the calls that the agents answer in whose runs an operation is, the outermost first. */
export function callsAround(id: string): readonly string[] {
  const path = parseOperationId(id)?.path ?? []
  return path.map((call, depth) => makeOperationId({ type: 'call', ...call, round: 0, path: path.slice(0, depth) }))
}

/** The name of the tool in the name of an operation that runs a call. */
export function toolNameIn(operationName: string): string {
  return operationName.replace(/^tool /, '')
}

// Names the tool, each field that changed, and both of its values.
function describeChange(before: Json, now: Json): string {
  const [old, current] = [before, now].map((about) => (isJsonObject(about) ? flat(about) : {}))
  const fields = [...new Set([...Object.keys(old ?? {}), ...Object.keys(current ?? {})])].filter((field) => !equalJson(old?.[field], current?.[field]))
  const changes = fields.map((field) => `${field} was ${shown(old?.[field])} when it was asked and is ${shown(current?.[field])} now`)
  return `a question about the tool '${String(current?.['toolName'])}' is not the one that was asked: ${changes.join('; ')}`
}

function flat({ tool, ...about }: JsonObject): JsonObject {
  if (!isJsonObject(tool)) return { ...about, ...(tool !== undefined && { tool }) }
  return { ...about, ...Object.fromEntries(Object.entries(tool).map(([field, value]) => [`tool.${field}`, value])) }
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(value)
}

function mismatch(what: string): AgentError {
  return new AgentError(`The saved state does not fit this agent: ${what}. Continue it with the agent that made it.`, {
    code: 'state-mismatch',
    phase: 'loop',
  })
}
