import { AgentError } from '../errors.ts'
import { reasoningOf, textOf } from '../messages.ts'
import type { ModelReply } from '../model.ts'
import type { Question } from '../operations.ts'
import { type RunResult, type StopReason, statusOf } from '../result.ts'
import { addStep, costSoFar, type LoopRun } from './loop-run.ts'

/**
 * Ends the run.
 *
 * @param open - What the open step had brought, if that is why it ends: an answer that the loop cannot go on with, or partial text.
 */
export function endRun(run: LoopRun, stopReason: StopReason, open: Omit<Ending, 'stopReason' | 'pending'> = {}): RunResult {
  const { reply } = open
  // A truncated text is sendable and worth keeping; a filtered or empty message is not.
  if (stopReason === 'truncated' && reply !== undefined && textOf(reply.message) !== '') addStep(run, reply, [])
  const result = resultOf(run, { ...open, stopReason })
  const { status, text, usage, cost, toolCalls } = result
  run.show({ type: 'run-end', step: 0, status, stopReason, text, usage, ...(cost && { cost }), toolCalls })
  return result
}

/** Pauses the run: the open step is kept in the records alone, never in `messages`. */
export function pauseRun(run: LoopRun, pending: readonly Question[], reply: ModelReply): RunResult {
  const isUnknown = pending.some(({ id }) => id.includes('/outcome/'))
  const result = resultOf(run, { stopReason: isUnknown ? 'outcome-unknown' : 'paused', reply, pending })
  const { status, stopReason, text, usage, cost, toolCalls } = result
  run.show({ type: 'run-end', step: 0, status, stopReason, text, usage, ...(cost && { cost }), toolCalls })
  return result
}

interface Ending {
  readonly stopReason: StopReason
  readonly reply?: ModelReply
  readonly partialText?: string
  readonly pending?: readonly Question[]
}

/** What a run has come to by now. */
export function resultOf(run: LoopRun, { stopReason, reply, partialText, pending = [] }: Ending): RunResult {
  const last = reply ?? run.steps.at(-1)
  const text = partialText || (last === undefined ? '' : textOf(last.message))
  const data = {
    runId: run.operations.runId,
    status: statusOf[stopReason],
    stopReason,
    text,
    reasoningText: last === undefined ? '' : (reasoningOf(last.message) ?? ''),
    messages: run.messages,
    steps: run.steps,
    usage: run.usage,
    cost: costSoFar(run),
    output: run.output,
    finishReason: last?.finishReason,
    toolCalls: run.toolCalls,
    activeMs: run.activeMs,
    warnings: run.warnings,
    pending,
    state: undefined,
  }
  return withThrowers(data)
}

/** A result without its methods. */
export type RunData = Omit<RunResult, 'textOrThrow' | 'outputOrThrow'>

/** Adds the methods of a result; not enumerable, so the result stays plain data for `structuredClone` and JSON. */
export function withThrowers(data: RunData): RunResult {
  const textOrThrow = (): string => {
    if (data.status === 'finished') return data.text
    throw unfinished(data)
  }
  const outputOrThrow = (): unknown => {
    if (data.status === 'finished' && data.output !== undefined) return data.output
    throw unfinished(data)
  }
  // defineProperties cannot tell the compiler that the properties are there now.
  return Object.defineProperties(data, { textOrThrow: { value: textOrThrow }, outputOrThrow: { value: outputOrThrow } }) as RunResult
}

function unfinished({ stopReason, text, status }: RunData): AgentError {
  if (status === 'finished')
    return new AgentError('There is no output: the agent has no `output`, or its `stopWhen` ended the run before the answer.', {
      code: 'unfinished',
      phase: 'loop',
    })
  if (stopReason === 'truncated') {
    const what = text === '' ? 'before any text, so reasoning took all of it' : `after ${text.length} characters of text`
    return new AgentError(`The answer was cut at the output limit, ${what}. Raise the output limit.`, { code: 'output-limit', phase: 'finish' })
  }
  if (stopReason === 'filtered') return new AgentError("The provider's filter cut the answer.", { code: 'content-filtered', phase: 'finish' })
  return new AgentError(`There is no whole answer: the run ended with '${stopReason}'.`, { code: 'unfinished', phase: 'loop' })
}
