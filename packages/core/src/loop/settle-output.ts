import { AgentError } from '../contract/errors.ts'
import { type Json, toHonestJson } from '../contract/json.ts'
import { textOf, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { Operation } from '../contract/operations.ts'
import { type OutputCheck, outputToolName, readJsonText } from '../contract/output.ts'
import { checkWritten } from '../contract/output-form.ts'
import type { RunStep } from '../contract/result.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { addNotice, type LoopRun, withinTimeLimit } from './loop-run.ts'
import { findTool } from './resolve-calls.ts'
import type { HandedOver } from './state/children.ts'

/** The model is asked again at most this often in a run. */
const maxOutputRetries = 2

/**
 * Settles what a complete step means for the run. Without an `output`, a reply without calls finishes it. With one, the reply is
 * checked, and the model is told to correct an output that does not fit.
 *
 * @throws {AgentError} `invalid-output` when the output still does not fit.
 */
export async function settleReply(run: LoopRun, reply: ModelReply, results: RunStep['toolResults']): Promise<'finished' | 'continue'> {
  const { output } = run.agent
  if (output === undefined) return results.length === 0 ? 'finished' : 'continue'
  const calls = outputCallsIn(run, reply)
  const given = calls.find(({ index }) => results[index]?.status === 'ok')
  if (results.length > 0 && given === undefined) {
    const refused = calls.map(({ index }) => results[index]).find((result) => result?.status === 'invalid-input' || calls.length === results.length)
    if (refused !== undefined && run.operations.version > 1) countRejection(run, refused.text)
    return 'continue'
  }
  const check = await checkOutput(run, given?.inputText ?? textOf(reply.message))
  if (check.ok) {
    run.transcript.acceptOutput(check.value)
    return 'finished'
  }
  countRejection(run, check.message)
  const how = output.mode === 'tool' ? `Call ${outputToolName} with a corrected answer.` : 'Answer again with the corrected JSON object and nothing else.'
  addNotice(run, `${check.message} ${how}`)
  return 'continue'
}

/**
 * Settles a step whose calls handed the run over to another agent: its answer is that of the run. With an `output` it must fit, as an answer
 * of the run itself would; if it does not, the model is told. An output that the model gives beside the hand-over comes first.
 *
 * @throws {AgentError} `invalid-output` when the output still does not fit.
 */
export async function settleHandOver(run: LoopRun, reply: ModelReply, answer: HandedOver): Promise<'finished' | 'continue'> {
  if (run.agent.output !== undefined) {
    if (outputCallsIn(run, reply).length > 0) return 'continue'
    const check = await checkOutput(run, answer.outputText)
    if (!check.ok) {
      countRejection(run, check.message)
      addNotice(run, `The answer of '${answer.agent}' is not the final answer: ${check.message} Give the final answer yourself.`)
      return 'continue'
    }
    run.transcript.acceptOutput(check.value)
  }
  run.children.handOver(answer)
  return 'finished'
}

/** What an agent that has finished gives to the run that it answers. */
export function handedOverTo(child: LoopRun): HandedOver {
  const { transcript, agent } = child
  // It was handed over itself.
  if (child.children.answer !== undefined) return child.children.answer
  const last = transcript.steps.at(-1)
  if (last === undefined) return { agent: agent.name, text: '', outputText: '' }
  const given = outputCallsIn(child, last).find(({ index }) => last.toolResults[index]?.status === 'ok')
  const written = given?.inputText ?? textOf(last.message)
  return { agent: agent.name, text: transcript.output === undefined ? written : JSON.stringify(transcript.output), outputText: written }
}

/** @throws {AgentError} `invalid-output` when the model was asked again often enough. */
function countRejection({ transcript }: LoopRun, problem: string): void {
  if (transcript.rejectedOutputs < maxOutputRetries) {
    transcript.countRejectedOutput()
    return
  }
  throw new AgentError(`The answer does not fit its schema after ${maxOutputRetries} further tries: ${problem}`, { code: 'invalid-output', phase: 'finish' })
}

/** Reads the output of a closing request, if it has one; nothing is asked again there. */
export async function settleClosingReply(run: LoopRun, reply: ModelReply): Promise<void> {
  if (run.agent.output === undefined) return
  const [given] = outputCallsIn(run, reply)
  const check = await checkOutput(run, given?.inputText ?? textOf(reply.message))
  if (check.ok) run.transcript.acceptOutput(check.value)
}

function outputCallsIn(run: LoopRun, { message }: Pick<ModelReply, 'message'>): readonly { readonly index: number; readonly inputText: string }[] {
  return toolCallsOf(message).flatMap(({ toolName, inputText }, index) => (findTool(run, toolName)?.name === outputToolName ? [{ index, inputText }] : []))
}

// Checking runs code of the caller's schema, so it is an operation.
async function checkOutput(run: LoopRun, text: string): Promise<OutputCheck<Json>> {
  const operation: Operation<OutputCheck<Json>> = {
    id: makeOperationId({ type: 'output', step: run.transcript.steps.length }),
    name: 'output',
    effect: 'read',
    run: async ({ signal }) => {
      const check = await withinTimeLimit(run, signal, () => parseOutput(run, text))
      return check === 'late' ? { ok: false, message: 'The answer was not checked within the time limit of the run.' } : check
    },
  }
  const outcomes = await run.operations.perform([operation])
  run.ledger.addBatchTime(outcomes)
  const [outcome] = outcomes
  return outcome?.status === 'done' ? outcome.output : { ok: false, message: 'The answer was not checked.' }
}

async function parseOutput({ agent: { output } }: LoopRun, text: string): Promise<OutputCheck<Json>> {
  if (output === undefined) return { ok: false, message: 'There is nothing to check against.' }
  const read = readJsonText(text, output.form.schema)
  if ('problem' in read) return { ok: false, message: read.problem }
  try {
    const check = await checkWritten(output.spec, output.form, read.value)
    if (!check.ok) return check
    // A record is JSON: what a schema made of the output (a date, say) is kept in its JSON form, live and replayed alike.
    return { ok: true, value: toHonestJson(check.value) as Json }
  } catch {
    return { ok: false, message: 'The answer could not be checked, or what its schema made of it is not JSON.' }
  }
}
