import type { RunResult } from '../contract/result.ts'
import { callModel } from './call-model.ts'
import { callTools } from './call-tools.ts'
import { closeRun } from './close-run.ts'
import { endRun, pauseRun } from './end-run.ts'
import { addStep, type LoopRun, limitOf, openStep } from './loop-run.ts'
import { prepareRequest, wantsToStop } from './prepare.ts'
import { endAt } from './repeats.ts'
import { isAnswered } from './settle-output.ts'

/**
 * The loop: asks the model, runs the calls that come back, appends the results, and repeats until the model stops.
 *
 * It is a pure function of its input and of recorded outcomes: no clock, no random number, no I/O, and never two awaits in
 * flight. Everything it does to the world goes through `run.operations`, so a host can replay it in another process.
 *
 * @returns Why it ended and what it came to. Limits and pauses are results.
 * @throws {AgentError} What broke.
 */
export async function runLoop(run: LoopRun): Promise<RunResult> {
  for (;;) {
    const limit = limitOf(run)
    if (limit !== undefined) return await closeRun(run, limit)

    run.show({ type: 'step-start', step: openStep(run) })
    const request = await prepareRequest(run)
    const answer = await callModel(run, request, openStep(run))
    if (answer.error !== undefined) throw answer.error
    if (answer.stop !== undefined) return endRun(run, answer.stop, answer)

    const batch = await callTools(run, { ...answer, request })
    if (batch.pending !== undefined) return pauseRun(run, batch.pending, answer.reply)

    addStep(run, answer.reply, batch.results)
    if (await isAnswered(run, answer.reply, batch.results)) return endRun(run, 'finished')
    if (run.repeats.count >= endAt) return endRun(run, 'repeated-calls')
    if (await wantsToStop(run)) return endRun(run, 'stop-condition')
  }
}
