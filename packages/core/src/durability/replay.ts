import { AgentError } from '../contract/errors.ts'
import { equalJson, isJsonObject, type Json } from '../contract/json.ts'
import type { Answer, Operation, Outcome, Question } from '../contract/operations.ts'
import { makeOperationId, parseOperationId } from './operation-ids.ts'
import type { DoneRecord, RunRecord } from './records.ts'

/** What was recorded of a run before: looked up by id, never by order. */
export class Replay {
  readonly #done = new Map<string, DoneRecord>()
  /** Names of the operations that were started, and how often each was. */
  readonly #starts = new Map<string, { readonly name: string; count: number }>()
  readonly #again = new Set<string>()
  readonly #questions = new Map<string, Json>()
  readonly #answers = new Map<string, Answer & { readonly place: number }>()
  #lastWork = -1
  #unasked: number

  constructor(records: readonly RunRecord[]) {
    for (const [place, record] of records.entries()) this.#add(record, place)
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
    const { ms, waitedMs, executions } = record
    // A failed request that the run goes on from reads as one that is to be sent again.
    const output = this.#again.has(id) && isJsonObject(record.output) ? { ...record.output, retryInMs: 0, free: true } : record.output
    // The record was made by this very operation, whose output it is.
    return { status: 'done', output: output as Output, ms, waitedMs, executions, replayed: true }
  }

  /** Adds answers that came since. They count as new: nothing has gone by them yet. */
  addAnswer(id: string, value: Json): void {
    if (!this.#answers.has(id)) this.#answers.set(id, { value, replayed: false, place: Number.POSITIVE_INFINITY })
  }

  /** What the recorded question was about; `undefined` when it was not asked. */
  questionOf(id: string): Json | undefined {
    return this.#questions.get(id)
  }

  /**
   * The answer to a question that was recorded.
   *
   * @throws {AgentError} `state-mismatch` when the question is not the recorded one: the exact input, and the tool as it was.
   */
  answerTo({ id, about }: Question): Answer | undefined {
    const answer = this.#answers.get(id)
    if (!this.#isObeyed(id) && !equalJson(this.#questions.get(id), about)) {
      throw mismatch(`the question '${id}' is about a tool or an input that changed since it was asked`)
    }
    return answer && { value: answer.value, replayed: answer.replayed }
  }

  /**
   * Nothing new may start while recorded operations were not asked for: the run would take another course than it did.
   *
   * @throws {AgentError} `state-mismatch`.
   */
  refuseNew(id: string | undefined): void {
    if (this.#unasked > 0) throw mismatch(`it asks for '${id}' while ${this.#unasked} recorded operations were not asked for`)
  }

  /** @throws {AgentError} `state-mismatch` at the end of a run when records are left that nobody asked for. */
  refuseRest(): void {
    if (this.#unasked > 0) throw mismatch(`the run ends while ${this.#unasked} recorded operations were not asked for`)
  }

  /** @throws {AgentError} `state-mismatch` when one of these tools has a call that was started and has no recorded outcome. */
  refuseUnknown(tools: ReadonlySet<string>): void {
    for (const [id, { name }] of this.#starts) {
      if (this.#done.has(id) || !tools.has(name.replace(/^tool /, ''))) continue
      throw mismatch(`'${id}' was started and its outcome is not recorded, and the ${name} changed since`)
    }
  }

  // Once its call went on, or something went on after a refusal, an answer was obeyed: a tool that changed since is no reason to doubt it.
  #isObeyed(id: string): boolean {
    const answer = this.#answers.get(id)
    if (answer === undefined || answer.place > this.#lastWork) return false
    const { value } = answer
    const isGo = isJsonObject(value) && (value['approve'] === true || value['repeat'] === true)
    const call = callOf(id)
    return !isGo || (call !== undefined && (this.#done.has(call) || this.#starts.has(call)))
  }

  #add(record: RunRecord, place: number): void {
    const { id } = record
    if (record.type === 'done') this.#done.set(id, record)
    else if (record.type === 'start') this.#starts.set(id, { name: record.name, count: this.startsOf(id) + 1 })
    else if (record.type === 'question') this.#questions.set(id, record.about)
    else if (record.type === 'again') this.#again.add(id)
    else if (record.type === 'answer' && !this.#answers.has(id)) this.#answers.set(id, { value: record.answer, replayed: true, place })
    if (record.type === 'done' || record.type === 'start') this.#lastWork = place
  }
}

/** True for what must not be repeated by itself; an effect that nobody knows is one. */
export function isOnce(effect: string): boolean {
  return effect !== 'read' && effect !== 'idempotent'
}

/** The operation that an answer sets going: that of the call, or of its repetition. */
function callOf(questionId: string): string | undefined {
  const question = parseOperationId(questionId)
  if (question === undefined || !('index' in question)) return undefined
  const { step, index } = question
  return makeOperationId({ type: 'call', step, index, round: question.type === 'outcome' ? question.round : 0 })
}

function mismatch(what: string): AgentError {
  return new AgentError(`The saved state does not fit this agent: ${what}. Continue it with the agent that made it.`, {
    code: 'state-mismatch',
    phase: 'loop',
  })
}
