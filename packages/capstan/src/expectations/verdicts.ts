import { type MadeCall, madeCalls, type RunOutcome, resultOf } from './made-calls.ts'
import { mismatchOf, show } from './match-input.ts'

/** What an expectation found. */
export interface Verdict {
  readonly pass: boolean
  /** Why the expectation failed; where it is negated, why the opposite failed. */
  readonly message: () => string
}

/** A call that is expected: its tool, and the part of its input that matters; an expected object may have fewer properties. */
export type ExpectedCall = string | readonly [toolName: string, input: unknown]

const maxCalls = 20

/** Whether a tool was called, with an input that has at least what `input` has. A call counts when its tool was started. */
export function judgeCalled(outcome: RunOutcome, toolName: string, input?: unknown): Verdict {
  const calls = madeCalls(outcome)
  const found = calls.filter((call) => fits(call, toolName, input))
  const wanted = input === undefined ? toolName : `${toolName} with ${show(input)}`
  return {
    pass: found.length > 0,
    message: () =>
      found.length > 0
        ? `The run must not call ${wanted}, and it did.\n${listCalls(calls, { mark: found })}`
        : `The run must call ${wanted}, and it did not.\n${listCalls(calls, { why: (call) => whyNot(call, toolName, input) })}`,
  }
}

/** Whether a tool was called so many times. */
export function judgeCalledTimes(outcome: RunOutcome, toolName: string, times: number): Verdict {
  const calls = madeCalls(outcome)
  const found = calls.filter((call) => fits(call, toolName, undefined))
  const pass = found.length === times
  return {
    pass,
    message: () =>
      `The run must${pass ? ' not' : ''} call ${toolName} ${count(times)}, and it called it ${count(found.length)}.\n${listCalls(calls, { mark: found })}`,
  }
}

/** Whether calls were made in this order; other calls may be between them. */
export function judgeCalledInOrder(outcome: RunOutcome, expected: readonly ExpectedCall[]): Verdict {
  const calls = madeCalls(outcome)
  const found: MadeCall[] = []
  let next = 0
  for (const wanted of expected) {
    const [toolName, input] = typeof wanted === 'string' ? [wanted] : wanted
    const index = calls.findIndex((call, position) => position >= next && fits(call, toolName, input))
    const call = calls[index]
    if (call === undefined) break
    found.push(call)
    next = index + 1
  }
  const names = expected.map((wanted) => (typeof wanted === 'string' ? wanted : `${wanted[0]} with ${show(wanted[1])}`))
  const pass = found.length === expected.length
  const missing = names[found.length] ?? ''
  const problem = pass ? 'it did' : `${missing} did not come${found.length === 0 ? '' : ` after ${names[found.length - 1]}`}`
  return {
    pass,
    message: () => `The run must${pass ? ' not' : ''} call, in this order: ${names.join(', ')}; and ${problem}.\n${listCalls(calls, { mark: found })}`,
  }
}

/** Whether the run has a complete answer, and one that has this text in it or fits the pattern. */
export function judgeFinished(outcome: RunOutcome, text?: string | RegExp): Verdict {
  const { status, stopReason, text: answer } = resultOf(outcome)
  const isFinished = status === 'finished' && !(outcome instanceof Error)
  const fitsText = text === undefined || (typeof text === 'string' ? answer.includes(text) : text.test(answer))
  const wanted = text === undefined ? 'finish' : `finish with ${typeof text === 'string' ? show(text) : String(text)} in its text`
  const pass = isFinished && fitsText
  const problem = isFinished ? `its text is ${show(answer)}` : `it ended with status ${status}, stop reason ${stopReason}`
  const error = outcome instanceof Error ? `\nIts error: ${outcome.message}` : ''
  return {
    pass,
    message: () => `The run must${pass ? ' not' : ''} ${wanted}, and ${pass ? `it did: ${show(answer)}` : problem}.${error}\n${listCalls(madeCalls(outcome))}`,
  }
}

function fits({ toolName, input, isRun }: MadeCall, wanted: string, expected: unknown): boolean {
  return isRun && toolName === wanted && (expected === undefined || mismatchOf(input, expected) === undefined)
}

function whyNot({ toolName, input, isRun }: MadeCall, wanted: string, expected: unknown): string {
  if (toolName !== wanted) return ''
  if (!isRun) return 'the tool was not started'
  return mismatchOf(input, expected) ?? ''
}

interface Listing {
  /** Calls to point at. */
  readonly mark?: readonly MadeCall[]
  readonly why?: (call: MadeCall) => string
}

function listCalls(calls: readonly MadeCall[], { mark = [], why = () => '' }: Listing = {}): string {
  if (calls.length === 0) return 'It made no calls.'
  const lines = calls.slice(0, maxCalls).map((call, index) => {
    const { toolName, input, status, path } = call
    const reason = why(call)
    const sign = mark.includes(call) ? '>' : ' '
    return `${sign} ${index + 1}. ${[...path, toolName].join(' > ')} ${show(input)}: ${status}${reason === '' ? '' : ` (${reason})`}`
  })
  const more = calls.length > maxCalls ? [`  and ${calls.length - maxCalls} more`] : []
  return [`It made ${calls.length} ${calls.length === 1 ? 'call' : 'calls'}:`, ...lines, ...more].join('\n')
}

function count(times: number): string {
  return times === 1 ? 'once' : `${times} times`
}
