import type { RunEvent, RunEventBody } from '../contract/events.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import { type ChildPlace, locateEvent } from './children/locate-event.ts'
import type { SavedRun } from './journal.ts'
import { type CallPosition, isOfChild, type ModelStep, makeChildId, makeOperationId, type OperationPosition, parseOperationId } from './operation-ids.ts'
import type { AttemptOutput, DoneRecord, RunRecord, ToolCallOutput } from './records.ts'
import { callOf, toolNameIn } from './replay.ts'

/** An event of what is recorded: the end of a message or of a tool call. */
export type FinishedEvent = Extract<RunEventBody, { type: 'message-end' | 'tool-end' }> &
  Pick<RunEvent, 'path'> & { readonly runId: string; readonly operation: string }

/**
 * What a reader who connects late has missed: one end event for each message and each tool call that is recorded, in order, also of agents
 * inside the run. Calls that were answered without running, such as denied ones, are not among them.
 */
export function finishedEvents({ head, records }: SavedRun): readonly FinishedEvent[] {
  const found = eventsIn(
    head.runId,
    records.map((record, index) => ({ record, index })),
  )
  return found.sort((left, right) => left.index - right.index).map(({ event }) => event)
}

/** A record of a run, or of an agent inside it, with its position in the list of all. */
interface Numbered<Kind extends RunRecord = RunRecord> {
  readonly record: Kind
  readonly index: number
}

interface FoundEvent {
  readonly event: FinishedEvent
  readonly index: number
}

function eventsIn(runId: string, numbered: readonly Numbered[]): FoundEvent[] {
  const own = numbered.filter(isOwn)
  const replies = new Map<ModelStep, StepReply>()
  for (const { record } of own) {
    const reply = replyIn(record)
    const step = stepOf(record)
    // A later attempt replaces an earlier one whose reply could not be used.
    if (reply !== undefined && step !== undefined) replies.set(step, { record, reply, step: replies.get(step)?.step ?? replies.size + 1 })
  }
  const ownEvents = own.flatMap(({ record, index }): readonly FoundEvent[] => {
    const step = stepOf(record)
    const reply = step === undefined ? undefined : replies.get(step)
    if (reply === undefined) return []
    const events = reply.record === record ? [messageEnd(runId, reply)] : toolEnd(runId, record, reply)
    return events.map((event) => ({ event, index }))
  })
  return [...ownEvents, ...placesIn(own, numbered).flatMap((place) => eventsInside(runId, place, numbered))]
}

// What a child did is not part of a step of the run; only the result of its call is.
function isOwn(numbered: Numbered): numbered is Numbered<DoneRecord> {
  return numbered.record.type === 'done' && !isOfChild(numbered.record.id)
}

/** The calls that agents answer, named as the loop names them: those that nobody had to approve first. */
function placesIn(own: readonly Numbered<DoneRecord>[], all: readonly Numbered[]): readonly ChildPlace[] {
  const questions = new Set(all.flatMap(({ record }) => (record.type === 'question' ? [callOf(record.id)] : [])))
  const counts = new Map<string, number>()
  const calls = own.flatMap(({ record: { id, name, output } }) => {
    const position = parseOperationId(id)
    if (position?.type !== 'call' || !isJsonObject(output) || output['delegated'] !== true) return []
    return [{ call: { step: position.step, index: position.index }, tool: toolNameIn(name), isGated: questions.has(id) }]
  })
  const ordered = calls.sort(
    (left, right) => left.call.step - right.call.step || Number(left.isGated) - Number(right.isGated) || left.call.index - right.call.index,
  )
  return ordered.map(({ call, tool }) => {
    const count = (counts.get(tool) ?? 0) + 1
    counts.set(tool, count)
    return { call, name: `${tool}#${count}` }
  })
}

function eventsInside(runId: string, place: ChildPlace, all: readonly Numbered[]): readonly FoundEvent[] {
  const inside = all.flatMap(({ record, index }) => {
    const id = idInside(place.call, record.id)
    return id === undefined ? [] : [{ record: { ...record, id } as RunRecord, index }]
  })
  return eventsIn(runId, inside).map(({ event, index }) => {
    const operation = makeChildId(place.call, event.operation)
    // An event of these very types, with its origin.
    return { event: { ...(locateEvent(event, place) as FinishedEvent), operation }, index }
  })
}

/** What an agent inside a run calls its operation; `undefined` for operations that are not its own. */
function idInside({ step, index }: CallPosition, id: string): string | undefined {
  const { path: [first, ...path] = [], ...position } = parseOperationId(id) ?? {}
  if (first?.step !== step || first.index !== index) return undefined
  return makeOperationId({ ...(position as OperationPosition), path })
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

function messageEnd(runId: string, { record: { id, ms, at }, reply, step }: StepReply): FinishedEvent {
  const { message, finishReason, usage } = reply
  return { type: 'message-end', step, message, finishReason, usage, ms, replayed: true, runId, operation: id, ...(at !== undefined && { at }) }
}

function toolEnd(runId: string, { id, output, ms, at }: DoneRecord, { reply, step }: StepReply): readonly FinishedEvent[] {
  const position = parseOperationId(id)
  if ((position?.type !== 'call' && position?.type !== 'result') || !isJsonObject(output)) return []
  const key = makeOperationId({ type: 'call', step: position.step, index: position.index, round: 0 })
  const call = toolCallsOf(reply.message)[position.index]
  // Recorded by the operation of a tool call, or of the result that an agent gave.
  const { status, text, delegated, agentMs } = output as unknown as ToolCallOutput
  // The agent has still to answer.
  if (call === undefined || delegated === true) return []
  const { toolCallId, toolName } = call
  const head = { type: 'tool-end', step, key, toolCallId, toolName, status, text, ms: agentMs ?? ms, replayed: true, runId, operation: id } as const
  return [{ ...head, ...(at !== undefined && { at }) }]
}

function replyIn({ name, output }: DoneRecord): ModelReply | undefined {
  if (name !== 'model') return undefined
  // Recorded by an attempt.
  const attempt = output as Json as unknown as AttemptOutput
  return attempt.status === 'ok' ? attempt.reply : undefined
}

function stepOf({ id }: DoneRecord): ModelStep | undefined {
  const position = parseOperationId(id)
  return position !== undefined && 'step' in position ? position.step : undefined
}
