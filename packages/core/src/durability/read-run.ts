import type { RunEvent, RunEventBody } from '../contract/events.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { AttemptOutput } from '../loop/attempt.ts'
import type { RecordedOutput } from '../loop/run-tool.ts'
import type { SavedRun } from './journal.ts'
import type { DoneRecord } from './records.ts'

/** An event of what is recorded: the end of a message or of a tool call. */
export type FinishedEvent = Extract<RunEventBody, { type: 'message-end' | 'tool-end' }> & { readonly runId: string; readonly operation: string }

/**
 * What a reader who comes late has missed: one end event for each message and each tool call that is recorded, in order. Calls that
 * were answered without running, such as denied ones, are not among them.
 */
export function finishedEvents({ head, records }: SavedRun): readonly FinishedEvent[] {
  const done = records.filter((record) => record.type === 'done')
  const answers = new Map<string, Answered>()
  for (const record of done) {
    const reply = replyIn(record)
    const place = placeOf(record.id)
    // A later attempt takes the place of an earlier one whose answer could not be used.
    if (reply !== undefined) answers.set(place, { record, reply, step: answers.get(place)?.step ?? answers.size + 1 })
  }
  return done.flatMap((record): readonly FinishedEvent[] => {
    const answered = answers.get(placeOf(record.id))
    if (answered === undefined) return []
    if (answered.record === record) return [messageEnd(head.runId, answered)]
    return record.name.startsWith('tool ') ? toolEnd(head.runId, record, answered) : []
  })
}

/** The answer of a step. */
interface Answered {
  readonly record: DoneRecord
  readonly reply: ModelReply
  readonly step: number
}

/**
 * Decides what a live event is worth to a reader who has the finished events: `show` it; `restart`: show it, and what was shown of
 * its message or call before is void, as a newer execution has begun; `skip` it, as it is of an older one or of what is finished.
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
function subjectOf(event: RunEventBody): string | undefined {
  if ('key' in event) return event.key
  return 'attempt' in event || event.type === 'message-end' ? `message ${event.step}` : undefined
}

// Attempts have operations of their own, and each operation may be executed again: both only grow.
// Executions on an engine are numbered by time in milliseconds.
const longest = 2 ** 43

function rankOf({ operation, execution }: RunEvent): number | undefined {
  if (operation === undefined || execution === undefined) return undefined
  return (Number(/\/(?:model|again)\/(\d+)$/.exec(operation)?.[1] ?? 0) + 1) * longest + execution
}

function messageEnd(runId: string, { record: { id, ms }, reply, step }: Answered): FinishedEvent {
  const { message, finishReason, usage } = reply
  return { type: 'message-end', step, message, finishReason, usage, ms, replayed: true, runId, operation: id }
}

function toolEnd(runId: string, { id, output, ms }: DoneRecord, { reply, step }: Answered): readonly FinishedEvent[] {
  const key = id.replace(/\/again\/\d+$/, '')
  const call = toolCallsOf(reply.message)[Number(key.slice(key.lastIndexOf('/') + 1))]
  if (call === undefined || !isJsonObject(output)) return []
  // Recorded by the operation of a tool call.
  const { status, text } = output as unknown as RecordedOutput
  const { toolCallId, toolName } = call
  return [{ type: 'tool-end', step, key, toolCallId, toolName, status, text, ms, replayed: true, runId, operation: id }]
}

function replyIn({ name, output }: DoneRecord): ModelReply | undefined {
  if (name !== 'model') return undefined
  // Recorded by an attempt.
  const attempt = output as Json as unknown as AttemptOutput
  return attempt.status === 'ok' ? attempt.reply : undefined
}

/** The step that an operation belongs to: `steps/2`, or `closing`. */
function placeOf(id: string): string {
  return /^steps\/\d+|^[^/]+/.exec(id)?.[0] ?? id
}
