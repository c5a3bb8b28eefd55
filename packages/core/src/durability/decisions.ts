import type { Approval, OutcomeAnswer } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { equalJson, type Json } from '../contract/json.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { type Decision, hashAbout, type Journal, type SavedRun } from './journal.ts'
import type { RunRecord } from './records.ts'

/** What people decided, by the id of the question. */
export type Answers = Readonly<Record<string, Approval | OutcomeAnswer>>

/**
 * Decides open questions of a run in a journal, from any process. The first answer to a question stays; giving it again is fine.
 * The run goes on when it is resumed.
 *
 * @throws {AgentError} `run-not-found`; `invalid-use` for a question that was not asked, or was answered otherwise before.
 */
export async function decide(journal: Journal, runId: string, answers: Answers): Promise<void> {
  const saved = await journal.read(runId)
  for (const decision of decisionsOf(withDecisions(saved), answers)) {
    const kept = await journal.decide(runId, decision)
    if (!equalJson(kept.answer, decision.answer)) refuseLater(decision.id, [])
  }
}

/**
 * Makes decisions of what people answered, for a store of one's own: each bound to what its question is about.
 *
 * @param decided - Earlier decisions about these questions: the first stays, and giving it again makes none.
 * @throws {AgentError} `invalid-use` for a question that was not asked, or was answered otherwise before.
 */
export function decideOn(questions: readonly PendingQuestion[], decided: readonly Decision[], answers: Answers): readonly Decision[] {
  const records = questions.map(({ id, about }): RunRecord => ({ type: 'question', id, about }))
  return decisionsOf([...records, ...decided.map(({ id, answer }): RunRecord => ({ type: 'answer', id, answer }))], answers)
}

function decisionsOf(records: readonly RunRecord[], answers: Answers): readonly Decision[] {
  const asked = new Map(records.flatMap((record) => (record.type === 'question' ? [[record.id, record.about] as const] : [])))
  return [...readAnswers(records, answers)].map(([id, answer]) => ({ id, about: hashAbout(asked.get(id) ?? null), answer }))
}

/** The questions of a run that nobody has answered yet. */
export function openQuestions(saved: SavedRun): readonly PendingQuestion[] {
  const records = withDecisions(saved)
  const answered = new Set(records.flatMap((record) => (record.type === 'answer' ? [record.id] : [])))
  return records.flatMap((record) => (record.type === 'question' && !answered.has(record.id) ? [{ id: record.id, about: record.about }] : []))
}

/**
 * Reads what people decided.
 *
 * @throws {AgentError} `invalid-use` for an answer that is not JSON, or to a question that was never asked, or answered otherwise before.
 */
export function readAnswers(records: readonly RunRecord[], answers: Answers): ReadonlyMap<string, Json> {
  const asked = records.flatMap((record) => (record.type === 'question' ? [record.id] : []))
  const earlier = new Map(records.flatMap((record) => (record.type === 'answer' ? [[record.id, record.answer] as const] : [])).reverse())
  const open = asked.filter((id) => !earlier.has(id))
  const given = Object.entries(answers).map(([id, answer]) => [id, asJson(id, answer)] as const)
  for (const [id, answer] of given) {
    const before = earlier.get(id)
    if (!asked.includes(id)) refuseAnswer(`'${id}' was not asked in this state`, open)
    if (before !== undefined && !equalJson(before, answer)) refuseLater(id, open)
  }
  return new Map(given.filter(([id]) => !earlier.has(id)))
}

// A decision that no process has taken over yet is as good as an answer.
function withDecisions({ records, decisions }: SavedRun): readonly RunRecord[] {
  return [...records, ...decisions.map(({ id, answer }) => ({ type: 'answer', id, answer }) as const)]
}

// A copy, as any record is JSON: what the caller does with the object later must not change what was decided.
function asJson(id: string, answer: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(answer)) as Json
  } catch {
    throw new AgentError(`The answer to '${id}' is not JSON, so it cannot be recorded.`, { code: 'invalid-use' })
  }
}

function refuseLater(id: string, open: readonly string[]): never {
  refuseAnswer(`'${id}' was answered before, and the first answer stays`, open)
}

function refuseAnswer(problem: string, open: readonly string[]): never {
  const questions = open.length === 0 ? 'No question is open.' : `Open questions: ${open.join(', ')}.`
  throw new AgentError(`The answer cannot be used: ${problem}. ${questions}`, { code: 'invalid-use' })
}
