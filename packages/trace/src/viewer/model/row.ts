import type { Json, PendingQuestion } from '@capstan/core'
import type { ExchangeLine, QuestionLine, SeenEvent } from '../lines.ts'
import type { RecordedEvent } from './recorded-event.ts'

/** What a row of the waterfall is about. */
export type RowKind = 'run' | 'step' | 'request' | 'tool' | 'wait' | 'person' | 'edit' | 'note'

/**
 * How it went. `void`: what it showed does not count, as the step was tried again. `refused`: a call that never ran. `cut`: the record ends before
 * its end.
 */
export type RowStatus = 'open' | 'ok' | 'failed' | 'void' | 'refused' | 'waiting' | 'limit' | 'cut'

/** One row of the waterfall. Only `RunModel` changes it. */
export interface Row {
  /** Position in the order in which rows were made, from 0. */
  readonly id: number
  readonly kind: RowKind
  readonly level: number
  readonly parent: Row | undefined
  readonly scope: Scope
  readonly children: readonly Row[]
  readonly name: string
  readonly status: RowStatus
  /** Milliseconds since the Unix epoch; `undefined` where no times were recorded. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly step: number
  /** Position of a tool call in its message, from 0; the number of an attempt, from 1. */
  readonly number: number | undefined
  readonly recorded: readonly RecordedEvent[]
  /** What was recorded, parsed: for a row that somebody looks at. */
  readonly events: readonly SeenEvent[]
  readonly exchange: ExchangeLine | undefined
  readonly question: QuestionLine | undefined
  readonly pending: readonly PendingQuestion[]
  /** Of a call that never began: what the model wrote. */
  readonly written: Json | undefined
  /** Of a tool: what it was called with, where it is known. */
  readonly input: Json | undefined
}

/** An agent at work: the run itself, or an agent that answers a call. */
export interface Scope {
  readonly runId: string
  readonly path: readonly string[]
  /** The row of the run, or of the call that the agent answers. */
  readonly row: Row
  readonly steps: ReadonlyMap<number, Row>
  readonly input: readonly Json[] | undefined
  readonly instructions: string | undefined
}

/** The last event of a type in a row. */
export function eventOf<Type extends SeenEvent['type']>(row: Pick<Row, 'recorded'>, type: Type): Extract<SeenEvent, { readonly type: Type }> | undefined {
  const recorded = row.recorded.findLast((each) => each.type === type)
  // The comparison proves the type that the generic signature promises.
  return recorded?.event as Extract<SeenEvent, { readonly type: Type }> | undefined
}

/** True if a row has an event of a type. */
export function hasEvent({ recorded }: Pick<Row, 'recorded'>, type: SeenEvent['type']): boolean {
  return recorded.some((each) => each.type === type)
}

/** The request row whose reply counts for a step: the last that had one, or the last. */
export function repliedRequest(step: Row): Row | undefined {
  const requests = step.children.filter(({ kind }) => kind === 'request')
  return requests.findLast((row) => hasEvent(row, 'message-end')) ?? requests.at(-1)
}

/** Milliseconds that a row took; `undefined` while it is open, or where no times were recorded. */
export function durationOf({ from, to }: Row): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from)
}

/** True for a row that a person looks for first: something failed, was tried again, was refused, or was changed. */
export function isNotable(row: Row): boolean {
  if (row.kind === 'edit' || row.kind === 'note') return true
  if (row.kind === 'wait' || row.kind === 'step') return false
  if (row.kind === 'request' && row.exchange?.request !== undefined && breakOf(row.exchange) !== undefined) return true
  return (
    row.status === 'failed' || row.status === 'void' || row.status === 'refused' || row.status === 'cut' || (row.kind === 'person' && row.status === 'waiting')
  )
}

/** Where a request stops being equal to the one before it, although that one had more: the provider's cache ends there. */
export type PrefixBreak = { readonly at: 'tools' } | { readonly at: 'messages'; readonly index: number }

/** Where the prefix of a request broke; `undefined` if it only adds to the request before it. */
export function breakOf({ request }: ExchangeLine): PrefixBreak | undefined {
  if (request?.before === undefined) return undefined
  // Tools come before the messages in every prompt.
  if (request.tools !== undefined) return { at: 'tools' }
  return request.kept < request.of ? { at: 'messages', index: request.kept } : undefined
}
