import type { RunOutcome } from './made-calls.ts'
import { type ExpectedCall, judgeCalled, judgeCalledInOrder, judgeCalledTimes, judgeFinished, type Verdict } from './verdicts.ts'

/** The matchers as a test writes them. Each takes the result of a run, or the error of a run that failed. */
export interface RunMatchers<Returned = void> {
  /** The run called the tool, with an input that has at least these properties. A call counts when its tool was started. */
  toHaveCalled(toolName: string, input?: unknown): Returned
  /** The run called the tool so many times. */
  toHaveCalledTimes(toolName: string, times: number): Returned
  /** The run made these calls in this order: names, or names with inputs; other calls may be between them. */
  toHaveCalledInOrder(calls: readonly ExpectedCall[]): Returned
  /** The run has a complete answer; with a text, one that contains it; with a pattern, one that fits it. */
  toHaveFinished(text?: string | RegExp): Returned
}

/** What `expect.extend()` takes. */
export type RunMatcherFunctions = {
  readonly [Name in keyof RunMatchers]: (outcome: RunOutcome, ...args: Parameters<RunMatchers[Name]>) => Verdict
}

/** For `expect.extend(matchers)` of vitest, or of another runner with the same form. */
export const matchers: RunMatcherFunctions = {
  toHaveCalled: judgeCalled,
  toHaveCalledTimes: judgeCalledTimes,
  toHaveCalledInOrder: judgeCalledInOrder,
  toHaveFinished: judgeFinished,
}
