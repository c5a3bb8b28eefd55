import { type Answers, type Approval, type Journal, type OutcomeAnswer, openQuestions } from '@capstan/core'

/** The same answer to each pending question of a run in a journal. */
export async function answersTo(journal: Journal, runId: string, answer: Approval | OutcomeAnswer): Promise<Answers> {
  return Object.fromEntries(openQuestions(await journal.read(runId)).map(({ id }) => [id, answer]))
}
