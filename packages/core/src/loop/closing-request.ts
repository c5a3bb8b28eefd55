import { textOf, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { RunResult, StopReason } from '../contract/result.ts'
import { endRun } from './end-run.ts'
import { addNotice, completeStep, type LoopRun } from './loop-run.ts'
import { closingRequest } from './prepare-step.ts'
import { requestModel } from './request-model.ts'
import { shownCall } from './resolve-calls.ts'
import { resultPart } from './result-part.ts'
import { settleClosingReply } from './settle-output.ts'

/**
 * Ends a run at a limit. At the limits of steps and tool calls one closing request asks for the best answer so far;
 * for money, tokens and time no request is made. A closing request that fails is a warning: the limit stays the result.
 */
export async function endAtLimit(run: LoopRun, limit: StopReason): Promise<RunResult> {
  const reached = limit === 'max-steps' ? 'The limit of steps of this run is reached' : 'The limit of tool calls of this run is reached'
  if ((limit !== 'max-steps' && limit !== 'max-tool-calls') || run.transcript.steps.length === 0) return endRun(run, limit)
  const text = closingText(run, reached)
  run.show({ type: 'step-start', step: run.transcript.currentStep })
  const outcome = await requestModel(run, await closingRequest(run, text), 'closing')
  if (outcome.error !== undefined) {
    const warning = { code: 'closing-request-failed', message: `The closing request at the limit failed: ${outcome.error.message}` }
    run.notes.addWarning(warning)
    run.show({ type: 'warning', step: run.transcript.currentStep, warning })
    return endRun(run, limit)
  }
  if (outcome.reply === undefined || outcome.stop === 'filtered') return endRun(run, limit, outcome)
  if (!isKept(outcome.reply)) return endRun(run, limit)
  const step = run.transcript.currentStep
  const output = { status: 'skipped', text: `Not run: ${reached.toLowerCase()}.` } as const
  const results = toolCallsOf(outcome.reply.message).map((part, index) => resultPart(run, { step, index, part: shownCall(run, part) }, output))
  addNotice(run, text)
  completeStep(run, outcome.reply, results)
  await settleClosingReply(run, outcome.reply)
  return endRun(run, limit)
}

// An empty message could not be sent again.
function isKept({ message }: ModelReply): boolean {
  return textOf(message) !== '' || toolCallsOf(message).length > 0
}

function closingText({ agent: { output } }: LoopRun, reached: string): string {
  const ask = `${reached}: no tool can be run any more. Give your best answer now from what you have, and say what is missing.`
  return output?.mode === 'tool' ? `${ask} Give it as text: one JSON object that fits this JSON Schema: ${JSON.stringify(output.form.schema)}` : ask
}
