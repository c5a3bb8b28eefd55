import type { RunEvent, RunEventBody } from '../contract/events.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { SavedRun } from './journal.ts'
import { type ModelStep, makeOperationId, parseOperationId } from './operation-ids.ts'
import type { AttemptOutput, DoneRecord, ToolCallOutput } from './records.ts'

/** An event of what is recorded: the end of a message or of a tool call. */
export type FinishedEvent = Extract<RunEventBody, { type: 'message-end' | 'tool-end' }> & { readonly runId: string; readonly operation: string }

/**
 * What a reader who connects late has missed: one end event for each message and each tool call that is recorded, in order. Calls
 * that were answered without running, such as denied ones, are not among them.
 */
export function finishedEvents({ head, records }: SavedRun): readonly FinishedEvent[] {
  const done = records.filter((record) => record.type === 'done')
  const replies = new Map<ModelStep, StepReply>()
  for (const record of done) {
    const reply = replyIn(record)
    const step = stepOf(record)
    // A later attempt replaces an earlier one whose reply could not be used.
    if (reply !== undefined && step !== undefined) replies.set(step, { record, reply, step: replies.get(step)?.step ?? replies.size + 1 })
  }
  return done.flatMap((record): readonly FinishedEvent[] => {
    const step = stepOf(record)
    const reply = step === undefined ? undefined : replies.get(step)
    if (reply === undefined) return []
    return reply.record === record ? [messageEnd(head.runId, reply)] : toolEnd(head.runId, record, reply)
  })
}

/** The reply of a step, with the record that holds it. */
interface StepReply {
  readonly record: DoneRecord
  readonly reply: ModelReply
  readonly step: number
}

/**
 * Decides what a live event is worth to a reader who has the finished events: `show` it; `restart`: show it, and what was shown of
 * its message or call before is void, because a newer execution has begun; `skip` it, because it is of an older execution, or of
 * what is finished.
 */
export function liveFilter(saved: SavedRun): (event: RunEvent) => 'show' | 'restart' | 'skip' {
  const finished = new Set(finishedEvents(saved).map(subjectOf))
  const newest = new Map<string, number>()
  return (event) => {
    const subject = subjectOf(event)
    if (subject === undefined) return 'show'
    if (finished.has(subject)) return 'skip'
    if (event.type === 'message-end' || event.type === 'tool-end') finished.add(subject)
    const rank = rankOf(event)
    const before = newest.get(subject) ?? rank
    if (rank === undefined || before === undefined) return 'show'
    newest.set(subject, Math.max(rank, before))
    if (rank === before) return 'show'
    return rank > before ? 'restart' : 'skip'
  }
}

// What an event is about: the message of a step, or a call.
function subjectOf(event: RunEventBody & Pick<RunEvent, 'path'>): string | undefined {
  if ('key' in event) return event.key
  return 'attempt' in event || event.type === 'message-end' ? `message ${[...(event.path ?? []), event.step].join(' ')}` : undefined
}

// Attempts have operations of their own, and each operation may be executed again: both numbers only grow.
// Executions on an engine are numbered by time in milliseconds.
const longest = 2 ** 43

function rankOf({ operation, execution }: RunEvent): number | undefined {
  if (operation === undefined || execution === undefined) return undefined
  const position = parseOperationId(operation)
  const repetition = position?.type === 'model' ? position.attempt : position?.type === 'call' ? position.round : 0
  return (repetition + 1) * longest + execution
}

function messageEnd(runId: string, { record: { id, ms }, reply, step }: StepReply): FinishedEvent {
  const { message, finishReason, usage } = reply
  return { type: 'message-end', step, message, finishReason, usage, ms, replayed: true, runId, operation: id }
}

function toolEnd(runId: string, { id, output, ms }: DoneRecord, { reply, step }: StepReply): readonly FinishedEvent[] {
  const position = parseOperationId(id)
  if ((position?.type !== 'call' && position?.type !== 'result') || !isJsonObject(output)) return []
  const key = makeOperationId({ type: 'call', step: position.step, index: position.index, round: 0 })
  const call = toolCallsOf(reply.message)[position.index]
  // Recorded by the operation of a tool call, or of the result that an agent gave.
  const { status, text, delegated, agentMs } = output as unknown as ToolCallOutput
  // The agent has still to answer.
  if (call === undefined || delegated === true) return []
  const { toolCallId, toolName } = call
  return [{ type: 'tool-end', step, key, toolCallId, toolName, status, text, ms: agentMs ?? ms, replayed: true, runId, operation: id }]
}

function replyIn({ name, output }: DoneRecord): ModelReply | undefined {
  if (name !== 'model') return undefined
  // Recorded by an attempt.
  const attempt = output as Json as unknown as AttemptOutput
  return attempt.status === 'ok' ? attempt.reply : undefined
}

function stepOf({ id }: DoneRecord): ModelStep | undefined {
  const position = parseOperationId(id)
  // What a child did is no part of a step of its own: the result of its call is.
  return position === undefined || position.type === 'start' || position.path !== undefined ? undefined : position.step
}
