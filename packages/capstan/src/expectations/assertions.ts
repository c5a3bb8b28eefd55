import { AssertionError } from 'node:assert'
import type { RunOutcome } from './made-calls.ts'
import { type ExpectedCall, judgeCalled, judgeCalledInOrder, judgeCalledTimes, judgeFinished, type Verdict } from './verdicts.ts'

/**
 * Asserts that a run called a tool, with an input that has at least the properties of `input`. A call counts when its tool was started.
 *
 * @param outcome - The result of a run, or the error of a run that failed.
 * @throws {AssertionError} With the calls that were made.
 */
export function assertCalled(outcome: RunOutcome, toolName: string, input?: unknown): void {
  hold(judgeCalled(outcome, toolName, input), true, assertCalled)
}

/**
 * Asserts that a run did not call a tool, or not with such an input.
 *
 * @throws {AssertionError} With the calls that were made.
 */
export function assertNotCalled(outcome: RunOutcome, toolName: string, input?: unknown): void {
  hold(judgeCalled(outcome, toolName, input), false, assertNotCalled)
}

/**
 * Asserts that a run called a tool so many times.
 *
 * @throws {AssertionError} With the calls that were made.
 */
export function assertCalledTimes(outcome: RunOutcome, toolName: string, times: number): void {
  hold(judgeCalledTimes(outcome, toolName, times), true, assertCalledTimes)
}

/**
 * Asserts that a run made these calls in this order: names, or names with inputs. Other calls may be between them.
 *
 * @throws {AssertionError} With the calls that were made.
 */
export function assertCalledInOrder(outcome: RunOutcome, calls: readonly ExpectedCall[]): void {
  hold(judgeCalledInOrder(outcome, calls), true, assertCalledInOrder)
}

/**
 * Asserts that a run has a complete answer; with a text, one that contains it; with a pattern, one that fits it.
 *
 * @throws {AssertionError} With how the run ended, and the calls that were made.
 */
export function assertFinished(outcome: RunOutcome, text?: string | RegExp): void {
  hold(judgeFinished(outcome, text), true, assertFinished)
}

/** The stack of the error begins where the test calls the assertion. */
function hold({ pass, message }: Verdict, expected: boolean, stackStartFn: (...args: never[]) => void): void {
  if (pass !== expected) throw new AssertionError({ message: message(), operator: stackStartFn.name, stackStartFn })
}
