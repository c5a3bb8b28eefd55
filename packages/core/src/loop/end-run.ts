import { AgentError } from '../contract/errors.ts'
import { reasoningOf, textOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import { type ChildResult, type PendingQuestion, type RunResult, type RunState, type StopReason, statusOf, type ToolFailure } from '../contract/result.ts'
import { makeOperationId, parseOperationId } from '../durability/operation-ids.ts'
import { completeStep, idInRoot, type LoopRun } from './loop-run.ts'
import { ownCost, totalCost, totalUsage } from './spending.ts'

/** What the current step had brought: a reply that the loop cannot continue with, or partial text. */
export interface CurrentStep {
  readonly reply?: ModelReply | undefined
  readonly partialText?: string | undefined
}

interface Ending extends CurrentStep {
  readonly stopReason: StopReason
  readonly pending?: readonly PendingQuestion[]
  /** What was shown of the current step when something broke it. */
  readonly shown?: Pick<RunResult, 'text' | 'reasoningText'>
  readonly state?: RunState | undefined
}

/** Ends the run. */
export function endRun(run: LoopRun, stopReason: StopReason, current: CurrentStep = {}): RunResult {
  const { reply, partialText } = current
  // A truncated text is sendable and worth keeping, and so is one whose ending is unknown; a filtered or empty message is not.
  if ((stopReason === 'truncated' || stopReason === 'unknown-ending') && reply !== undefined && textOf(reply.message) !== '') completeStep(run, reply, [])
  return resultOf(run, { reply, partialText, stopReason })
}

/** Pauses the run: the current step is kept only in the records, never in `messages`. */
export function pauseRun(run: LoopRun, pending: readonly PendingQuestion[], reply: ModelReply): RunResult {
  const isUnknown = pending.some(({ position }) => parseOperationId(position)?.type === 'outcome')
  return resultOf(run, { stopReason: isUnknown ? 'outcome-unknown' : 'paused', reply, pending })
}

/** What a run has come to by now. */
export function resultOf(run: LoopRun, { stopReason, reply, partialText, pending = [], shown, state }: Ending): RunResult {
  const { transcript, history, cacheUse, ledger, children } = run
  const last = reply ?? transcript.steps.at(-1)
  const data: RunData = {
    runId: run.operations.runId,
    status: statusOf[stopReason],
    stopReason,
    agent: children.answer?.agent ?? run.agent.name,
    text: outputText(run) ?? children.answer?.text ?? shown?.text ?? (partialText || (last === undefined ? '' : textOf(last.message))),
    reasoningText: shown?.reasoningText ?? (last === undefined ? '' : (reasoningOf(last.message) ?? '')),
    messages: history.viewOf(transcript.messages),
    steps: transcript.steps,
    edits: history.edits,
    cache: cacheUse.report,
    children: children.all.length === 0 ? noChildren : childResults(run, stopReason),
    usage: totalUsage(run),
    cost: totalCost(run),
    output: transcript.output,
    finishReason: last?.finishReason,
    toolCalls: ledger.toolCalls,
    activeMs: ledger.activeMs,
    warnings: run.notes.warnings,
    pending,
    state,
  }
  // A run that `stopWhen` ended among its tools has no answer yet.
  const isAnswered = data.output !== undefined || children.answer !== undefined || data.steps.at(-1)?.toolResults.length === 0
  return completeResult(data, {
    isAnswered: data.status === 'finished' && isAnswered,
    toolErrors: children.all.length === 0 ? run.notes.toolErrors : allToolErrors(run),
  })
}

const noChildren: readonly ChildResult[] = []

/** Each child, followed by its own children. One that has not ended is as the run is. */
function childResults(run: LoopRun, stopReason: StopReason): readonly ChildResult[] {
  return run.children.all.flatMap(({ run: child, ending = { status: statusOf[stopReason], stopReason } }) => {
    const { transcript, ledger, agent } = child
    const { error } = ending
    const own: ChildResult = {
      path: child.child?.path ?? [],
      key: child.child === undefined ? '' : idInRoot(run, makeOperationId({ type: 'call', ...child.child.call, round: 0 })),
      agent: agent.name,
      status: ending.status,
      stopReason: ending.stopReason,
      steps: transcript.steps,
      usage: ledger.usage,
      cost: ownCost(child),
      toolCalls: ledger.toolCalls,
      activeMs: ledger.activeMs,
      ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    }
    return [own, ...childResults(child, ending.stopReason)]
  })
}

/** What tools threw, in this run and in its children. */
function allToolErrors(run: LoopRun): readonly ToolFailure[] {
  const own = run.notes.toolErrors.map((failure) => ({ ...failure, key: idInRoot(run, failure.key) }))
  return [...own, ...run.children.all.flatMap(({ run: child }) => allToolErrors(child))]
}

// The text of an output is its JSON, in each mode; what the model wrote around it stays in the messages. Runs of release 0.1.0 had that.
function outputText({ transcript: { output }, operations }: LoopRun): string | undefined {
  return output === undefined || operations.version === 1 ? undefined : JSON.stringify(output)
}

/** Adds the state that a paused run is continued from. */
export function withState(result: RunResult, state: RunState | undefined): RunResult {
  return completeResult({ ...result, state }, { isAnswered: false, toolErrors: result.toolErrors })
}

/** The enumerable part of a result. */
type RunData = Omit<RunResult, 'textOrThrow' | 'outputOrThrow' | 'toolErrors'>

interface Hidden extends Pick<RunResult, 'toolErrors'> {
  /** True when `text` is that of a complete answer. */
  readonly isAnswered: boolean
}

/** Adds what is not JSON; not enumerable, so the result stays plain data for `structuredClone` and JSON. */
function completeResult(data: RunData, { isAnswered, toolErrors }: Hidden): RunResult {
  const textOrThrow = (): string => {
    if (isAnswered) return data.text
    throw unfinished(data)
  }
  const outputOrThrow = (): unknown => {
    if (data.status === 'finished' && data.output !== undefined) return data.output
    throw unfinished(data)
  }
  // defineProperties cannot tell the compiler that the properties are there now.
  const hidden = { textOrThrow: { value: textOrThrow }, outputOrThrow: { value: outputOrThrow }, toolErrors: { value: toolErrors } }
  return Object.defineProperties(data, hidden) as RunResult
}

function unfinished({ stopReason, text }: RunData): AgentError {
  if (stopReason === 'truncated') {
    const what = text === '' ? 'before any text, so reasoning took all of it' : `after ${text.length} characters of text`
    return new AgentError(`The answer was cut at the output limit, ${what}. Raise the output limit.`, { code: 'output-limit', phase: 'finish' })
  }
  if (stopReason === 'filtered') return new AgentError("The provider's filter cut the answer.", { code: 'content-filtered', phase: 'finish' })
  if (stopReason === 'unknown-ending') {
    const message =
      'The reply ended with a word that its profile does not know, so it may not be complete. If it is, map the word with `finishWords` of the model.'
    return new AgentError(message, { code: 'unfinished', phase: 'finish' })
  }
  return new AgentError(`There is no complete answer: the run ended with '${stopReason}'.`, { code: 'unfinished', phase: 'loop' })
}
