import type { AssistantMessage, Json } from '@capstan/core'
import type { EventLine, SeenEvent } from '../lines.ts'
import type { DraftRow, DraftScope } from './draft.ts'
import { RecordedEvent } from './recorded-event.ts'
import { eventOf, hasEvent, type RowKind, type RowStatus } from './row.ts'

type Of<Type extends SeenEvent['type']> = Extract<SeenEvent, { readonly type: Type }>

/** Makes a row below another one. */
export type MakeRow = (
  parent: DraftRow,
  draft: {
    readonly kind: RowKind
    readonly name: string
    readonly step: number
    readonly from?: number | undefined
    readonly number?: number | undefined
    readonly scope?: DraftScope
  },
) => DraftRow

/** Adds what an event says to the rows of its agent. Returns the row that it is about. */
export function applyEvent(line: EventLine, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  const { event } = line
  const row = rowOf(event, scope, make)
  row?.recorded.push(new RecordedEvent(line))
  if (row !== undefined) span(row, event)
  return row
}

/** Rows around a new row last at least as long. */
function span(row: DraftRow, { at }: SeenEvent): void {
  if (at === undefined) return
  for (let outer = row.parent; outer !== undefined; outer = outer.parent) {
    if (outer.status === 'open' || outer.to === undefined) outer.extend(at, undefined)
  }
}

function rowOf(event: SeenEvent, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  switch (event.type) {
    case 'run-start':
      return begin(event, scope, make)
    case 'run-end':
    case 'run-error':
      return finish(event, scope, make)
    case 'step-start':
      return stepOf(event, scope, make)
    case 'step-end':
      return endStep(event, scope, make)
    case 'attempt':
      return beginRequest(event, scope, make)
    case 'reasoning-delta':
    case 'text-delta':
    case 'tool-call-delta':
      return requestOf(event, scope)
    case 'step-retry':
      return retry(event, scope, make)
    case 'message-end':
      return endRequest(event, scope, make)
    case 'tool-start':
      return beginCall(event, scope, make)
    case 'tool-progress':
      return scope.calls.get(event.key)
    case 'tool-end':
      return endCall(event, scope, make)
    default:
      return noteOf(event, scope, make)
  }
}

function begin(event: Of<'run-start'>, scope: DraftScope, make: MakeRow): DraftRow {
  const { row } = scope
  const isResumed = hasEvent(row, 'run-start')
  row.name = event.agent
  if (isResumed) resume(event, scope, make)
  row.status = 'open'
  row.extend(event.at, undefined)
  return row
}

/** The run continues, in this process or another: until now it waited. */
function resume(event: Of<'run-start'>, scope: DraftScope, make: MakeRow): void {
  const waiting = scope.row.children.findLast(({ kind, status }) => kind === 'person' && status === 'waiting')
  if (waiting !== undefined) return waiting.close('ok', event.at)
  // What the process was doing when it was last heard of.
  cutLeaves(scope.row, scope.lastAt)
  make(scope.row, { kind: 'wait', name: 'no process', step: 0, from: scope.row.to ?? scope.lastAt }).close('ok', event.at)
}

/** Steps, and calls that agents answer, are continued by the next process; what was under way in them is not. */
function cutLeaves(row: DraftRow, at: number | undefined): void {
  for (const child of row.children) {
    if (child.children.length > 0 || child.kind === 'step') cutLeaves(child, at)
    else if (child.status === 'open') child.close('cut', at)
  }
}

function finish(event: Of<'run-end'> | Of<'run-error'>, scope: DraftScope, make: MakeRow): DraftRow {
  const { row } = scope
  const status = statusOfRun(event)
  closeOpen(row, status === 'waiting' ? 'waiting' : 'cut', event.at)
  row.close(status, event.at)
  const pending = event.type === 'run-end' ? (event.pending ?? []) : []
  if (pending.length === 0) return row
  const person = make(row, { kind: 'person', name: 'waits for a person', step: 0, from: event.at })
  person.status = 'waiting'
  person.pending = pending
  return row
}

function statusOfRun(event: Of<'run-end'> | Of<'run-error'>): RowStatus {
  if (event.type === 'run-error') return 'failed'
  switch (event.status) {
    case 'finished':
      return 'ok'
    case 'paused':
      return 'waiting'
    case 'limit':
      return 'limit'
    default:
      return 'failed'
  }
}

function closeOpen(row: DraftRow, status: RowStatus, at: number | undefined): void {
  for (const child of row.children) {
    closeOpen(child, status, at)
    if (child.status === 'open') child.close(status, at)
  }
}

function stepOf({ step, at }: SeenEvent, scope: DraftScope, make: MakeRow): DraftRow {
  const found = scope.steps.get(step)
  if (found !== undefined) return found
  const row = make(scope.row, { kind: 'step', name: `step ${step}`, step, from: at, scope })
  scope.steps.set(step, row)
  return row
}

function endStep(event: Of<'step-end'>, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  const row = stepOf(event, scope, make)
  // A run that is resumed goes through its steps again.
  if (row.status === 'ok') return undefined
  row.close('ok', event.at)
  return row
}

function beginRequest(event: Of<'attempt'>, scope: DraftScope, make: MakeRow): DraftRow {
  const { at, step, attempt, model } = event
  if (scope.wait?.status === 'open') scope.wait.close('ok', at)
  const row = make(stepOf(event, scope, make), { kind: 'request', name: model, step, number: attempt, from: at, scope })
  scope.request = row
  return row
}

/** Deltas are written when they are joined, which may be after the end of their attempt. */
function requestOf({ step, attempt }: Of<'text-delta' | 'reasoning-delta' | 'tool-call-delta'>, scope: DraftScope): DraftRow | undefined {
  return scope.steps.get(step)?.children.findLast(({ kind, number }) => kind === 'request' && number === attempt)
}

function retry(event: Of<'step-retry'>, scope: DraftScope, make: MakeRow): DraftRow {
  const step = stepOf(event, scope, make)
  const row = scope.request ?? make(step, { kind: 'request', name: 'request', step: event.step, number: event.attempt, scope })
  row.close('failed', event.at)
  scope.request = undefined
  if (event.delayMs > 0) scope.wait = make(step, { kind: 'wait', name: 'before the retry', step: event.step, from: event.at, scope })
  return row
}

function endRequest(event: Of<'message-end'>, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  const step = stepOf(event, scope, make)
  const known = step.children.find((row) => row.kind === 'request' && hasEvent(row, 'message-end'))
  // A resumed run repeats what was recorded before.
  if (event.replayed === true && known !== undefined) return undefined
  const { at, ms } = event
  const row = scope.request ?? make(step, { kind: 'request', name: 'reply', step: event.step, from: at === undefined ? undefined : at - ms, scope })
  row.close('ok', at)
  scope.request = undefined
  return row
}

function beginCall(event: Of<'tool-start'>, scope: DraftScope, make: MakeRow): DraftRow {
  const { key, toolName, step, at } = event
  const row = make(stepOf(event, scope, make), { kind: 'tool', name: toolName, step, from: at, number: indexOfCall(key), scope })
  scope.addCall(key, row)
  return row
}

function endCall(event: Of<'tool-end'>, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  const { key, toolName, step, status, at, ms } = event
  const begun = scope.calls.get(key)
  // Of a call that was cut, the result was recorded before its process died.
  if (begun !== undefined && begun.status !== 'open' && begun.status !== 'cut' && event.replayed === true) return undefined
  const from = at === undefined ? undefined : at - ms
  const row = begun ?? make(stepOf(event, scope, make), { kind: 'tool', name: toolName, step, from, number: indexOfCall(key), scope })
  if (begun === undefined) {
    row.written = inputIn(scope, step, row.number)
    scope.addCall(key, row)
  }
  row.close(statusOfCall(status), at)
  return row
}

function statusOfCall(status: Of<'tool-end'>['status']): RowStatus {
  if (status === 'ok') return 'ok'
  const ran = status === 'error' || status === 'timeout' || status === 'abandoned' || status === 'fatal'
  return ran ? 'failed' : 'refused'
}

/** The key of a call ends with its position in the message. */
function indexOfCall(key: string): number | undefined {
  const index = /(\d+)$/.exec(key)?.[1]
  return index === undefined ? undefined : Number(index)
}

/** What the model wrote, of a call that never ran. */
function inputIn(scope: DraftScope, step: number, index: number | undefined): Json | undefined {
  const request = scope.steps.get(step)?.children.findLast((row) => row.kind === 'request' && hasEvent(row, 'message-end'))
  const end = request === undefined ? undefined : eventOf(request, 'message-end')
  const call = end === undefined || index === undefined ? undefined : callsOf(end.message)[index]
  if (call === undefined) return undefined
  try {
    return JSON.parse(call) as Json
  } catch {
    return call
  }
}

function callsOf({ content }: AssistantMessage): readonly string[] {
  return typeof content === 'string' ? [] : content.flatMap((part) => (part.type === 'tool-call' ? [part.inputText] : []))
}

/** History edits, warnings, repairs, and events that this release does not know. */
function noteOf(event: SeenEvent, scope: DraftScope, make: MakeRow): DraftRow | undefined {
  const parent = event.step > 0 ? stepOf(event, scope, make) : scope.row
  const isEdit = event.type === 'history-edit'
  if (parent.children.some((child) => isSameNote(child, event))) return undefined
  const row = make(parent, { kind: isEdit ? 'edit' : 'note', name: nameOfNote(event), step: event.step, from: event.at, scope })
  row.close('ok', event.at)
  return row
}

/** A run that is resumed says again what it said before. */
function isSameNote({ kind, recorded: [first] }: DraftRow, { seq: _, at: __, ...said }: SeenEvent): boolean {
  if ((kind !== 'edit' && kind !== 'note') || first?.type !== said.type) return false
  const { seq: ___, at: ____, ...before } = first.event
  return JSON.stringify(before) === JSON.stringify(said)
}

function nameOfNote(event: SeenEvent): string {
  switch (event.type) {
    case 'history-edit':
      return event.edit.kind === 'clear' ? 'old results cleared' : 'old steps summarised'
    case 'warning':
      return event.warning.code
    case 'repaired':
      return event.what
    default:
      return event.type
  }
}
