import { textOf, toolCallsOf, user } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { RunResult, StopReason } from '../contract/result.ts'
import { callModel } from './call-model.ts'
import { toolResult } from './check-calls.ts'
import { endRun } from './end-run.ts'
import { addStep, addWarning, type LoopRun, openStep } from './loop-run.ts'
import { closingRequest } from './prepare.ts'
import { readClosingOutput } from './settle-output.ts'

/**
 * Ends a run at a limit. At the limits of steps and tool calls one closing request asks for the best answer so far;
 * for money, tokens and time no request is made. A closing request that fails is a warning: the limit stays the result.
 */
export async function closeRun(run: LoopRun, limit: StopReason): Promise<RunResult> {
  const reached = limit === 'max-steps' ? 'The limit of steps of this run is reached' : 'The limit of tool calls of this run is reached'
  if ((limit !== 'max-steps' && limit !== 'max-tool-calls') || run.steps.length === 0) return endRun(run, limit)
  const text = closingText(run, reached)
  run.show({ type: 'step-start', step: openStep(run) })
  const answer = await callModel(run, closingRequest(run, text), 'closing')
  if (answer.error !== undefined) {
    const warning = { code: 'closing-request-failed', message: `The closing request at the limit failed: ${answer.error.message}` }
    addWarning(run, warning)
    run.show({ type: 'warning', step: openStep(run), warning })
    return endRun(run, limit)
  }
  if (answer.reply === undefined || answer.stop === 'filtered') return endRun(run, limit, answer)
  if (!isKept(answer.reply)) return endRun(run, limit)
  const results = toolCallsOf(answer.reply.message).map((part) => toolResult(part, 'skipped', `Not run: ${reached.toLowerCase()}.`))
  run.messages.push(user(text))
  addStep(run, answer.reply, results)
  await readClosingOutput(run, answer.reply)
  return endRun(run, limit)
}

// An empty message could not be sent again.
function isKept({ message }: ModelReply): boolean {
  return textOf(message) !== '' || toolCallsOf(message).length > 0
}

function closingText({ agent: { output } }: LoopRun, reached: string): string {
  const ask = `${reached}: no tool can be run any more. Give your best answer now from what you have, and say what is missing.`
  return output?.mode === 'tool' ? `${ask} Give it as text: one JSON object that fits this JSON Schema: ${JSON.stringify(output.spec.schema)}` : ask
}
