import { AgentError } from '../errors.ts'
import type { Json } from '../json.ts'
import { textOf, toolCallsOf, user } from '../messages.ts'
import type { ModelReply } from '../model.ts'
import type { Operation } from '../operations.ts'
import { answerToolName, type OutputCheck, readJsonText } from '../output.ts'
import type { RunStep } from '../result.ts'
import type { LoopRun } from './loop-run.ts'

/** The model is asked again at most this often in a run. */
const maxOutputRetries = 2

/**
 * Whether the step that is now whole brought the final answer. With an `output`, an answer that does not fit is asked for again.
 *
 * @throws {AgentError} `invalid-output` when the answer still does not fit.
 */
export async function isAnswered(run: LoopRun, reply: ModelReply, results: RunStep['toolResults']): Promise<boolean> {
  const { output } = run.agent
  if (output === undefined) return results.length === 0
  const answered = results.findIndex(({ toolName, status }) => toolName === answerToolName && status === 'ok')
  if (results.length > 0 && answered === -1) return false
  const text = answered === -1 ? textOf(reply.message) : (toolCallsOf(reply.message)[answered]?.inputText ?? '')
  const check = await checkAnswer(run, text)
  if (check.ok) {
    run.output = check.value
    return true
  }
  if (run.outputRetries++ >= maxOutputRetries) {
    throw new AgentError(`The answer does not fit its schema after ${maxOutputRetries} further tries: ${check.message}`, {
      code: 'invalid-output',
      phase: 'finish',
    })
  }
  const how = output.mode === 'tool' ? `Call ${answerToolName} with a corrected answer.` : 'Answer again with the corrected JSON object and nothing else.'
  run.messages.push(user(`${check.message} ${how}`))
  return false
}

/** Reads the answer of a closing request, if it has one; nothing is asked again there. */
export async function readClosingOutput(run: LoopRun, reply: ModelReply): Promise<void> {
  if (run.agent.output === undefined) return
  const check = await checkAnswer(run, textOf(reply.message))
  if (check.ok) run.output = check.value
}

// Checking runs code of the caller's schema, so it is an operation.
async function checkAnswer(run: LoopRun, text: string): Promise<OutputCheck<Json>> {
  const operation: Operation<OutputCheck<Json>> = { id: `steps/${run.steps.length}/output`, name: 'output', effect: 'read', run: () => parseAnswer(run, text) }
  const [outcome] = await run.operations.perform([operation])
  return outcome?.status === 'done' ? outcome.output : { ok: false, message: 'The answer was not checked.' }
}

async function parseAnswer(run: LoopRun, text: string): Promise<OutputCheck<Json>> {
  const read = readJsonText(text)
  if ('problem' in read) return { ok: false, message: read.problem }
  const check = await run.agent.output?.spec.parse(read.value)
  if (check === undefined) return { ok: false, message: 'There is nothing to check against.' }
  // A record is JSON: what a schema made of the answer (a date, say) is kept in its JSON form, live and replayed alike.
  return check.ok ? { ok: true, value: JSON.parse(JSON.stringify(check.value ?? null)) as Json } : check
}
