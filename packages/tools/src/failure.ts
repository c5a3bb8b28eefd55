import { ToolError, type ToolOutput } from '@capstan/core'
import { capText, errorId, FatalToolError } from '@capstan/core/internal'

/**
 * Turns a thrown value into a tool output. The message of a `ToolError` is written for the model. For any other value the model gets only
 * an error id, because messages can contain paths, keys and other data that it must not see. `error` has the thrown value itself.
 */
export function describeFailure(error: unknown, maxBytes: number): ToolOutput {
  if (safely(() => FatalToolError.is(error))) return { status: 'fatal', text: 'The tool ended the run.', error: causeOf(error) }
  const message = safely(() => ToolError.is(error)) ? messageOf(error) : undefined
  return { status: 'error', text: capText(message ?? neutralText(error), maxBytes), error }
}

/** True for failures that would happen again if the call were repeated. */
export function isFinal(error: unknown): boolean {
  return safely(() => FatalToolError.is(error) || ToolError.is(error)) === true
}

/** The text has a short error id, so that a log or a report of a user can be matched with the event that has the error itself. */
export function neutralText(error: unknown): string {
  return `The tool failed for a reason that is not shown here (error id ${errorId(error)}). Try another way, or report that it failed.`
}

function causeOf(error: unknown): unknown {
  return safely(() => (error instanceof Error ? error.cause : error))
}

function messageOf(error: unknown): string | undefined {
  const message = safely(() => (error instanceof Error ? error.message : undefined))
  return typeof message === 'string' && message !== '' ? message : undefined
}

/** Reading any property of a proxy, or a getter, may throw. */
function safely<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
