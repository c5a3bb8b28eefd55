import type { Json, PendingQuestion, RunResult, RunStep, ToolStatus } from '@capstan/core'
import { toolCallsOf } from '@capstan/core'
import { invalidOptions, isJsonObject, kindOf } from '@capstan/core/internal'

/** What expectations look at: the result of a run, or the error of a run that failed, which has the result so far. */
export type RunOutcome = RunResult | (Error & { readonly result?: RunResult | undefined })

/** A call that the model asked for. */
export interface MadeCall {
  readonly toolName: string
  /** The parsed arguments; the text that the model wrote, where it is not JSON. */
  readonly input: Json
  /** `waiting`: a person has to decide first. */
  readonly status: ToolStatus | 'waiting'
  /** True when the tool was started. */
  readonly isRun: boolean
  /** The agent inside the run that made it: `['research#1']`. */
  readonly path: readonly string[]
}

const started: readonly (ToolStatus | 'waiting')[] = ['ok', 'error', 'timeout', 'abandoned', 'fatal']

/**
 * The calls of a run and of the agents inside it, in the order of their steps.
 *
 * @throws {AgentError} `invalid-options` for something that is neither a result nor an error with one.
 */
export function madeCalls(outcome: RunOutcome): readonly MadeCall[] {
  const { steps, children, pending } = resultOf(outcome)
  const inside = children.flatMap((child) => child.steps.flatMap((step) => callsOf(step, child.path)))
  return [...steps.flatMap((step) => callsOf(step, [])), ...inside, ...pending.flatMap(waitingCall)]
}

/**
 * The result of an outcome.
 *
 * @throws {AgentError} `invalid-options`, as `madeCalls`.
 */
export function resultOf(outcome: RunOutcome): RunResult {
  const result: unknown = outcome instanceof Error ? outcome.result : outcome
  if (isResult(result)) return result
  const what = outcome instanceof Error ? `the error "${outcome.message}", which has no result` : kindOf(outcome)
  const help = outcome instanceof Promise ? ' Await it first.' : ''
  throw invalidOptions(`This expectation takes the result of a run, or the error of a run that failed, not ${what}.${help}`)
}

function isResult(value: unknown): value is RunResult {
  return typeof value === 'object' && value !== null && 'steps' in value && Array.isArray(value.steps) && 'stopReason' in value
}

function callsOf({ message, toolResults }: RunStep, path: readonly string[]): readonly MadeCall[] {
  return toolCallsOf(message).map(({ toolName, inputText }, index) => {
    const result = toolResults[index]
    // The model may have written the name in another form than the tool has.
    return madeCall({ toolName: result?.toolName ?? toolName, input: parse(inputText), status: result?.status ?? 'waiting', path })
  })
}

function waitingCall({ about }: PendingQuestion): readonly MadeCall[] {
  if (!isJsonObject(about) || typeof about['toolName'] !== 'string') return []
  const path = Array.isArray(about['path']) ? about['path'].map(String) : []
  return [madeCall({ toolName: about['toolName'], input: about['input'] ?? null, status: 'waiting', path })]
}

function madeCall(call: Omit<MadeCall, 'isRun'>): MadeCall {
  return { ...call, isRun: started.includes(call.status) }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
