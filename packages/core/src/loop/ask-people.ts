import type { AskOutcome } from '../contract/operations.ts'
import type { PendingQuestion } from '../contract/result.ts'
import type { LoopRun } from './loop-run.ts'

type Answered = Extract<AskOutcome, { status: 'answered' }>

/** All answers in the order of the questions, or the questions that nobody has answered yet. */
export type AskedPeople = { readonly pending: readonly PendingQuestion[] } | { readonly answers: readonly Answered[] }

/** Asks people. Some hosts wait here for days, or never come back, so no timer is held meanwhile. */
export async function askPeople(run: LoopRun, questions: readonly PendingQuestion[]): Promise<AskedPeople> {
  const { clock, operations, ledger, tracers } = run
  clock.releaseTimer()
  const askedAt = Date.now()
  const outcomes = await operations.ask(questions)
  const pending = outcomes.flatMap((outcome) => (outcome.status === 'pending' ? [outcome.question] : []))
  if (pending.length > 0) return { pending }
  const answers = outcomes.filter((outcome) => outcome.status === 'answered')
  for (const { at } of answers) ledger.addAnswerTime(at)
  if (tracers.length > 0) trace(run, { questions, answers, askedAt })
  return { answers }
}

function trace(
  { tracers, operations, child }: LoopRun,
  { questions, answers, askedAt }: { readonly questions: readonly PendingQuestion[]; readonly answers: readonly Answered[]; readonly askedAt: number },
): void {
  const origin = { runId: operations.origin?.runId ?? operations.runId, ...(child && { path: child.path }) }
  questions.forEach(({ position, about }, index) => {
    const { value = null, at = Date.now(), replayed } = answers[index] ?? {}
    if (replayed !== false) return
    for (const tracer of tracers) {
      try {
        tracer.onAnswer?.({ ...origin, position, about, askedAt, answer: value, answeredAt: at })
      } catch {
        // A tracer must not break a run.
      }
    }
  })
}
