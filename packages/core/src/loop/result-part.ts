import type { ResultKey, ToolCallPart, ToolResultPart } from '../contract/messages.ts'
import { type CallPosition, makeOperationId } from '../durability/operation-ids.ts'
import type { ToolCallOutput } from '../durability/records.ts'
import type { LoopRun } from './loop-run.ts'

/** What names a result in its conversation, and what its value is kept under. */
export interface ResultIdentity {
  readonly id: string
  readonly key: ResultKey
}

/** The call that a result is of. */
export interface ResultCall extends CallPosition {
  readonly part: ToolCallPart
}

/**
 * The identity of a result; `undefined` in a run that release 0.1.0 began. A call that is executed again keeps it: its later value replaces
 * the earlier one, whose hash is another.
 */
export function identityOf({ operations, resultIds }: LoopRun, call: CallPosition): ResultIdentity | undefined {
  const id = resultIds.of(call)
  if (id === undefined) return undefined
  const { runId, path } = operations.origin ?? { runId: operations.runId, path: [] }
  const { step, index } = call
  return { id, key: { runId, operation: makeOperationId({ type: 'call', step, index, round: 0, path }) } }
}

/** Makes the result of a call as messages have it. */
export function resultPart(run: LoopRun, call: ResultCall, { status, text, complete, labels, foundTools, pinned }: ToolCallOutput): ToolResultPart {
  const { toolCallId, toolName } = call.part
  return {
    type: 'tool-result',
    ...identityOf(run, call),
    toolCallId,
    toolName,
    status,
    text,
    ...(complete !== undefined && { complete }),
    ...(labels !== undefined && { labels }),
    ...(foundTools !== undefined && { foundTools }),
    ...(pinned !== undefined && { pinned }),
  }
}
