import { ToolError, type ToolOutput } from '@capstan/core'
import { errorId, FatalToolError } from '@capstan/core/internal'
import { capText } from './output/cap-text.ts'

/**
 * Makes an output of whatever was thrown. A `ToolError` is written for the model; of anything else the model gets an id and no
 * more, because messages hold paths, keys and other things that are not for it. The thrown value itself is in `error`.
 */
export function describeFailure(error: unknown, maxBytes: number): ToolOutput {
  if (ask(() => FatalToolError.is(error))) return { status: 'fatal', text: 'The tool ended the run.', error: causeOf(error) }
  const message = ask(() => ToolError.is(error)) ? messageOf(error) : undefined
  return { status: 'error', text: capText(message ?? neutralText(error), maxBytes), error }
}

/** True for failures that say the same when the call is repeated. */
export function isFinal(error: unknown): boolean {
  return ask(() => FatalToolError.is(error) || ToolError.is(error)) === true
}

/** The short id is in the text, and so in logs and in what a user reports; the error is on the event with this text. */
export function neutralText(error: unknown): string {
  return `The tool failed for a reason that is not shown here (error id ${errorId(error)}). Try another way, or say that it failed.`
}

function causeOf(error: unknown): unknown {
  return ask(() => (error instanceof Error ? error.cause : error))
}

function messageOf(error: unknown): string | undefined {
  const message = ask(() => (error instanceof Error ? error.message : undefined))
  return typeof message === 'string' && message !== '' ? message : undefined
}

/** A proxy or a getter may throw at any question. */
function ask<Answer>(question: () => Answer): Answer | undefined {
  try {
    return question()
  } catch {
    return undefined
  }
}
