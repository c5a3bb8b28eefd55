import { readOutcome } from '../contract/answers.ts'
import { withLabels } from '../contract/labels.ts'
import type { PendingQuestion } from '../contract/result.ts'
import type { ToolCallOutput } from '../durability/records.ts'
import { askPeople } from './ask-people.ts'
import type { RunnableCall, SettledCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'
import { makeQuestion } from './make-question.ts'

/** What people said about calls of unknown outcome, or the questions that nobody has answered yet. */
export type AskedOutcomes =
  | { readonly pending: readonly PendingQuestion[] }
  | { readonly settled: readonly SettledCall<RunnableCall>[]; readonly repeated: readonly RunnableCall[] }

/** Asks what became of `once` calls that were started and have no recorded outcome. */
export async function askForOutcomes(run: LoopRun, calls: readonly RunnableCall[], round: number): Promise<AskedOutcomes> {
  const asked = await askPeople(
    run,
    calls.map((call) => makeQuestion(run, call, { type: 'outcome', round })),
  )
  if ('pending' in asked) return asked
  const settled: SettledCall<RunnableCall>[] = []
  const repeated: RunnableCall[] = []
  for (const [index, call] of calls.entries()) {
    const answer = asked.answers[index]
    const outcome = readOutcome(answer?.value ?? null)
    if ('repeat' in outcome) repeated.push(call)
    else {
      const output: ToolCallOutput = 'output' in outcome ? { status: 'ok', text: outcome.output } : { status: 'error', text: outcome.failed }
      // What the person found out is what the tool returned.
      settled.push({ call, output: withLabels(output, call.declared?.returns ?? []), ms: 0, replayed: answer?.replayed ?? false, at: answer?.at })
    }
  }
  return { settled, repeated }
}
