import { ToolError, type ToolOutput } from '@capstan/core'
import { errorId, FatalToolError } from '@capstan/core/internal'
import { capText } from './output/cap-text.ts'

/**
 * Makes an output of whatever was thrown. The message of a `ToolError` is for the model. Of anything else the model gets only an id,
 * because messages can hold paths, keys and other things that it must not see. The thrown value itself is in `error`.
 */
export function describeFailure(error: unknown, maxBytes: number): ToolOutput {
  if (safely(() => FatalToolError.is(error))) return { status: 'fatal', text: 'The tool ended the run.', error: causeOf(error) }
  const message = safely(() => ToolError.is(error)) ? messageOf(error) : undefined
  return { status: 'error', text: capText(message ?? neutralText(error), maxBytes), error }
}

/** True for failures that a repeated call would have again. */
export function isFinal(error: unknown): boolean {
  return safely(() => FatalToolError.is(error) || ToolError.is(error)) === true
}

/** The text holds a short id, so logs and reports of users hold it too; the event with this text has the error itself. */
export function neutralText(error: unknown): string {
  return `The tool failed for a reason that is not shown here (error id ${errorId(error)}). Try another way, or say that it failed.`
}

function causeOf(error: unknown): unknown {
  return safely(() => (error instanceof Error ? error.cause : error))
}

function messageOf(error: unknown): string | undefined {
  const message = safely(() => (error instanceof Error ? error.message : undefined))
  return typeof message === 'string' && message !== '' ? message : undefined
}

/** A proxy or a getter may throw whatever is read of it. */
function safely<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
