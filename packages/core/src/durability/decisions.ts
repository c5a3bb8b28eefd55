import type { Approval, OutcomeAnswer } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { equalJson, type Json } from '../contract/json.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { checkJournal, type Decision, type Journal, type SavedRun } from './journal.ts'
import { expiryOf, hashAbout, questionIn, randomOf } from './question-ids.ts'
import type { RunRecord } from './records.ts'

/** What people decided, by the id of the question. */
export type Answers = Readonly<Record<string, Approval | OutcomeAnswer>>

/** What is recorded where nobody answered in time: a denial. */
export const expiredAnswer = { approve: false, expired: true, reason: 'nobody approved it in time' } as const

/**
 * Decides pending questions of a run in a journal, from any process. The first answer to a question stays; giving it again is fine.
 * The run continues when it is resumed.
 *
 * @throws {AgentError} `run-not-found`; `invalid-options` for a value that is not a journal; `invalid-use` for an answer that cannot be used: nobody asked this question, it was answered
 * differently before, or it has expired.
 */
export async function decide(journal: Journal, runId: string, answers: Answers): Promise<void> {
  checkJournal(journal)
  const { records, decisions } = await journal.read(runId)
  const asked = questionsIn(records)
  for (const decision of decideOn({ questions: asked, decided: [...answersIn(records), ...decisions], answers })) {
    const kept = await journal.decide(runId, decision)
    if (!equalJson(kept.answer, decision.answer)) refuseLater(asked.find(({ position }) => position === decision.id)?.id ?? decision.id, [])
  }
}

/** What people answered to which questions. */
export interface GivenAnswers {
  readonly questions: readonly PendingQuestion[]
  /** Earlier decisions about these questions: the first stays, and giving it again makes none. */
  readonly decided: readonly Pick<Decision, 'id' | 'answer'>[]
  readonly answers: Answers
  /** When they answered, in milliseconds since the Unix epoch. Default: now. */
  readonly at?: number
}

/**
 * Makes decisions of what people answered, for a store of your own. Each is bound to what its question is about and to its time.
 *
 * @throws {AgentError} `invalid-use` for an answer that cannot be used: nobody asked this question, it was answered differently before,
 * or it has expired.
 */
export function decideOn({ questions, decided, answers, at = Date.now() }: GivenAnswers): readonly Decision[] {
  const earlier = new Map(decided.map(({ id, answer }) => [id, answer] as const).reverse())
  const pending = questions.filter(({ position }) => !earlier.has(position)).map(({ id }) => id)
  const made = Object.entries(answers).map(([id, given]): Decision | undefined => {
    const answer = asJson(id, given)
    const question = questions.find((item) => item.id === id) ?? refuseAnswer(`'${id}' was not asked here`, pending)
    const before = earlier.get(question.position)
    if (before !== undefined) return equalJson(before, answer) ? undefined : refuseLater(id, pending)
    if (!isInTime(question, at)) refuseAnswer(`'${id}' expired at ${new Date(expiryOf(question) ?? at).toISOString()}`, pending)
    return { id: question.position, about: hashAbout(question.about), answer, at }
  })
  return made.filter((decision) => decision !== undefined)
}

/** The decision about a question that nobody answered in time. */
export function expiredDecision(question: PendingQuestion): Decision {
  const { position, about } = question
  const at = expiryOf(question)
  return { id: position, about: hashAbout(about), answer: expiredAnswer, ...(at !== undefined && { at }) }
}

/** The questions of a run that nobody has answered yet. */
export function openQuestions({ records, decisions }: SavedRun): readonly PendingQuestion[] {
  const answered = new Set([...answersIn(records), ...decisions].map(({ id }) => id))
  return questionsIn(records).filter(({ position }) => !answered.has(position))
}

/** All questions of a run, answered or not. */
export function questionsIn(records: readonly RunRecord[]): readonly PendingQuestion[] {
  const random = randomOf(records)
  return records.flatMap((record) => (record.type === 'question' ? [questionIn(record, random)] : []))
}

/**
 * Reads what people decided about a saved state.
 *
 * @returns The answers by position.
 * @throws {AgentError} As `decideOn`.
 */
export function readAnswers(records: readonly RunRecord[], answers: Answers): ReadonlyMap<string, Json> {
  return new Map(decideOn({ questions: questionsIn(records), decided: answersIn(records), answers }).map(({ id, answer }) => [id, answer]))
}

/** True when an answer that was given at this time counts. A decision of release 0.1.0 has no time and counts. */
export function isInTime(question: Pick<PendingQuestion, 'askedAt' | 'expiresInMs'>, at: number | undefined): boolean {
  const expiry = expiryOf(question)
  return expiry === undefined || at === undefined || at <= expiry
}

function answersIn(records: readonly RunRecord[]): readonly Pick<Decision, 'id' | 'answer'>[] {
  return records.filter((record) => record.type === 'answer')
}

// A copy, as any record is JSON: what the caller does with the object later must not change what was decided.
function asJson(id: string, answer: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(answer)) as Json
  } catch {
    throw new AgentError(`The answer to '${id}' is not JSON, so it cannot be recorded.`, { code: 'invalid-use' })
  }
}

function refuseLater(id: string, pending: readonly string[]): never {
  refuseAnswer(`'${id}' was answered before, and the first answer stays`, pending)
}

function refuseAnswer(problem: string, pending: readonly string[]): never {
  const questions = pending.length === 0 ? 'No question is pending.' : `Pending questions: ${pending.join(', ')}.`
  throw new AgentError(`The answer cannot be used: ${problem}. ${questions}`, { code: 'invalid-use' })
}
