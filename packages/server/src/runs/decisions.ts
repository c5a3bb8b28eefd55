import { AgentError, type Answers, decide, type Journal, type PendingQuestion, type SavedRun } from '@capstan/core'
import { questionsIn } from '@capstan/core/internal'
import { noSuchRun, Refusal } from '../http/refusal.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import type { RunAccess } from './access.ts'
import { checkKind } from './read-answers.ts'
import { showQuestion } from './shown-event.ts'

/** Decides who may answer questions, and keeps the answers. */
export class Decisions {
  readonly #journal: Journal | undefined
  readonly #mayDecide: ResolvedOptions['mayDecide']
  readonly #access: RunAccess
  readonly #onError: ResolvedOptions['onError']

  constructor({ journal, mayDecide, onError }: Pick<ResolvedOptions, 'journal' | 'mayDecide' | 'onError'>, access: RunAccess) {
    this.#onError = onError
    this.#journal = journal
    this.#mayDecide = mayDecide
    this.#access = access
  }

  /** As `may`; where `mayDecide` fails, nobody may: one question must not take the list of all others away. */
  async mayList(principal: Principal, run: { readonly runId: string; readonly owner: string }, question: PendingQuestion): Promise<boolean> {
    try {
      return await this.may(principal, run, question)
    } catch (error) {
      this.#onError(error)
      return false
    }
  }

  /** True when this principal may answer the question. */
  async may(principal: Principal, { runId, owner }: { readonly runId: string; readonly owner: string }, question: PendingQuestion): Promise<boolean> {
    if (this.#mayDecide === undefined) return principal.id === owner
    return (await this.#mayDecide(principal, { runId, owner, question: showQuestion(question) })) === true
  }

  /**
   * Keeps answers. The first answer to a question stays; giving the same one again is fine.
   *
   * @returns What the journal has of the run with them.
   * @throws {Refusal} 404 for a run or a question that is not there, or that is not for this principal; 403 for its own run; 409 for a question
   * that was answered otherwise, or has expired; 400 for an answer of the wrong kind.
   */
  async keep(principal: Principal, runId: string, answers: Answers): Promise<SavedRun> {
    const found = await this.#access.find(runId)
    // Read again, also of a run in this process: questions and answers are in the journal.
    const saved = found && (await this.#access.read(runId))
    if (found === undefined || saved === undefined || this.#journal === undefined) throw noSuchRun()
    const asked = questionsIn(saved.records)
    for (const [id, answer] of Object.entries(answers)) {
      const question = asked.find((item) => item.id === id)
      await this.#check(principal, found, question)
      if (question !== undefined) checkKind(question, answer)
    }
    try {
      await decide(this.#journal, runId, answers)
    } catch (error) {
      throw await this.#explain(error, runId, answers)
    }
    return (await this.#access.read(runId)) ?? saved
  }

  async #check(principal: Principal, found: { readonly runId: string; readonly owner: string }, question: PendingQuestion | undefined): Promise<void> {
    const isOwner = found.owner === principal.id
    if (question === undefined) throw isOwner ? new Refusal(404, ['question-not-found', 'This run has no such question.']) : noSuchRun()
    if (await this.may(principal, found, question)) return
    throw isOwner ? new Refusal(403, ['not-allowed', 'Somebody else has to decide this question.']) : noSuchRun()
  }

  /** What was in the way of an answer: an earlier one, or the time. */
  async #explain(error: unknown, runId: string, answers: Answers): Promise<unknown> {
    if (!AgentError.is(error) || error.code !== 'invalid-use') return error
    const saved = await this.#access.read(runId)
    const given = [...(saved?.decisions ?? []), ...(saved?.records ?? []).filter((record) => record.type === 'answer')]
    for (const { id, position } of questionsIn(saved?.records ?? [])) {
      const before = given.find((decision) => decision.id === position)
      if (answers[id] === undefined || before === undefined || JSON.stringify(before.answer) === JSON.stringify(answers[id])) continue
      return new Refusal(409, ['already-decided', 'This question was answered before, and the first answer stays.'], { decided: before.answer, cause: error })
    }
    return new Refusal(409, ['question-expired', 'The time for this answer is over, and the call is denied.'], { cause: error })
  }
}
