import type { Answer, Question } from '../contract/operations.ts'
import type { LoopRun } from './loop-run.ts'

/** All answers in the order of the questions, or the questions that nobody has answered yet. */
export type AskedPeople = { readonly pending: readonly Question[] } | { readonly answers: readonly (Answer | undefined)[] }

/** Asks people. Some hosts wait here for days, or never come back, so no timer is held meanwhile. */
export async function askPeople({ clock, operations }: LoopRun, questions: readonly Question[]): Promise<AskedPeople> {
  clock.releaseTimer()
  const answers = await operations.ask(questions)
  const pending = questions.filter((_, index) => answers[index] === undefined)
  return pending.length > 0 ? { pending } : { answers }
}
