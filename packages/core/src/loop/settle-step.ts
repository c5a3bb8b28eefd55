import type { ToolResultPart } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { StopReason } from '../contract/result.ts'
import { completeStep, type LoopRun } from './loop-run.ts'
import { wantsToStop } from './prepare-step.ts'
import { endAt } from './repeats.ts'
import { settleHandOver, settleReply } from './settle-output.ts'
import type { HandedOver } from './state/children.ts'

/** The results of the calls of a step. */
export interface StepResults {
  readonly results: readonly ToolResultPart[]
  /** Why the run ends whatever the results are. */
  readonly stop?: StopReason
  /** The answer of an agent that the run is handed over to. */
  readonly handOver?: HandedOver
}

/**
 * Completes the current step and settles what it means for the run.
 *
 * @returns Why the run ends; `undefined` when it continues.
 * @throws {AgentError} `invalid-output`; `invalid-options` when `stopWhen` throws.
 */
export async function settleStep(run: LoopRun, reply: ModelReply, { results, stop, handOver }: StepResults): Promise<StopReason | undefined> {
  completeStep(run, reply, results)
  if (stop !== undefined) return stop
  if (handOver !== undefined && (await settleHandOver(run, reply, handOver)) === 'finished') return 'finished'
  if ((await settleReply(run, reply, results)) === 'finished') return 'finished'
  if (run.transcript.repeats.count >= endAt) return 'repeated-calls'
  return (await wantsToStop(run)) ? 'stop-condition' : undefined
}
