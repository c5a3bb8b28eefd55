import type { AskOutcome } from '../contract/operations.ts'
import type { PendingQuestion } from '../contract/result.ts'
import type { LoopRun } from './loop-run.ts'

type Answered = Extract<AskOutcome, { status: 'answered' }>

/** All answers in the order of the questions, or the questions that nobody has answered yet. */
export type AskedPeople = { readonly pending: readonly PendingQuestion[] } | { readonly answers: readonly Answered[] }

/** Asks people. Some hosts wait here for days, or never come back, so no timer is held meanwhile. */
export async function askPeople({ clock, operations, ledger }: LoopRun, questions: readonly PendingQuestion[]): Promise<AskedPeople> {
  clock.releaseTimer()
  const outcomes = await operations.ask(questions)
  const pending = outcomes.flatMap((outcome) => (outcome.status === 'pending' ? [outcome.question] : []))
  if (pending.length > 0) return { pending }
  const answers = outcomes.filter((outcome) => outcome.status === 'answered')
  for (const { at } of answers) ledger.addAnswerTime(at)
  return { answers }
}
