import type { RunResult } from '../contract/result.ts'
import { endAtLimit } from './closing-request.ts'
import { endRun, pauseRun } from './end-run.ts'
import { type LoopRun, limitOf } from './loop-run.ts'
import { prepareRequest } from './prepare-step.ts'
import { recordStart } from './record-start.ts'
import { requestModel } from './request-model.ts'
import { runTools } from './run-tools.ts'
import { settleStep } from './settle-step.ts'

/**
 * The loop: asks the model, runs the calls that come back, appends the results, and repeats until the model stops.
 *
 * It is a pure function of its input and of recorded outcomes: no clock, no random number, no I/O, and never two awaits in
 * flight; children of a run wait in rounds. Everything it does to the world goes through `run.operations`, so a host can replay it in another process.
 *
 * @returns The reason of the end, and the text and output. Limits and pauses are results.
 * @throws {AgentError} What broke.
 */
export async function runLoop(run: LoopRun): Promise<RunResult> {
  const { transcript } = run
  await recordStart(run)
  for (;;) {
    const limit = limitOf(run)
    if (limit !== undefined) return await endAtLimit(run, limit)

    run.show({ type: 'step-start', step: transcript.currentStep })
    const request = await prepareRequest(run)
    const outcome = await requestModel(run, request, transcript.currentStep)
    if (outcome.error !== undefined) throw outcome.error
    if (outcome.stop !== undefined) return endRun(run, outcome.stop, outcome)

    const { reply } = outcome
    const batch = await runTools(run, { ...outcome, request })
    if (batch.pending !== undefined) return pauseRun(run, batch.pending, reply)

    const stop = await settleStep(run, reply, batch)
    if (stop !== undefined) return endRun(run, stop)
  }
}
