import { AgentError } from '../errors.ts'
import { toolCallsOf, user } from '../messages.ts'
import type { RunResult, StopReason } from '../result.ts'
import { callModel } from './call-model.ts'
import { toolResult } from './check-calls.ts'
import { endRun } from './end-run.ts'
import { addStep, type LoopRun } from './loop-run.ts'
import { closingRequest } from './prepare.ts'
import { readClosingOutput } from './settle-output.ts'

/**
 * Ends a run at a limit. At the limits of steps and tool calls one closing request asks for the best answer so far;
 * for money, tokens and time no request is made. A closing request that fails is a warning: the limit stays the result.
 */
export async function closeRun(run: LoopRun, limit: StopReason): Promise<RunResult> {
  if ((limit !== 'max-steps' && limit !== 'max-tool-calls') || run.steps.length === 0) return endRun(run, limit)
  const closing = limit === 'max-steps' ? 'The limit of steps of this run is reached' : 'The limit of tool calls of this run is reached'
  const text = `${closing}: no tool can be run any more. Give your best answer now from what you have, and say what is missing.`
  run.show({ type: 'step-start', step: run.steps.length + 1 })
  try {
    const { reply, stop } = await callModel(run, closingRequest(run, text))
    if (reply === undefined || stop === 'filtered') return endRun(run, limit)
    const results = toolCallsOf(reply.message).map((part) => toolResult(part, 'skipped', `Not run: ${closing.toLowerCase()}.`))
    run.messages.push(user(text))
    addStep(run, reply, results)
    await readClosingOutput(run, reply)
  } catch (error) {
    if (!AgentError.is(error) || error.code === 'aborted') throw error
    const warning = { code: 'closing-request-failed', message: `The closing request at the limit failed: ${error.message}` }
    run.warnings.push(warning)
    run.show({ type: 'warning', step: run.steps.length + 1, warning })
  }
  return endRun(run, limit)
}
