import type { Json, PendingQuestion } from '@capstan/core'
import type { ExchangeLine, QuestionLine, SeenEvent } from '../lines.ts'
import type { RecordedEvent } from './recorded-event.ts'
import { eventOf, type Row, type RowKind, type RowStatus, type Scope } from './row.ts'

/** Most rows have no row below them. */
const none: readonly DraftRow[] = []

/** A row while it is built. */
export class DraftRow implements Row {
  readonly id: number
  readonly kind: RowKind
  readonly level: number
  readonly parent: DraftRow | undefined
  #children: DraftRow[] | undefined
  readonly recorded: RecordedEvent[] = []
  readonly step: number
  readonly number: number | undefined
  scope: DraftScope
  name: string
  status: RowStatus = 'open'
  from: number | undefined
  to: number | undefined
  exchange: ExchangeLine | undefined
  question: QuestionLine | undefined
  pending: readonly PendingQuestion[] = []
  /** Of a call that never began: what the model wrote. */
  written: Json | undefined

  constructor(id: number, parent: DraftRow | undefined, draft: Draft) {
    this.id = id
    this.kind = draft.kind
    this.name = draft.name
    this.from = draft.from
    this.step = draft.step
    this.number = draft.number
    this.parent = parent
    this.level = parent === undefined ? 0 : parent.level + 1
    // The scope of a root refers to its row, so it is set when both are made.
    this.scope = draft.scope ?? parent?.scope ?? (undefined as unknown as DraftScope)
    parent?.add(this)
  }

  get children(): readonly DraftRow[] {
    return this.#children ?? none
  }

  /** Only for the constructor of the child. */
  add(child: DraftRow): void {
    if (this.#children === undefined) this.#children = [child]
    else this.#children.push(child)
  }

  get events(): readonly SeenEvent[] {
    return this.recorded.map(({ event }) => event)
  }

  get input(): Json | undefined {
    return eventOf(this, 'tool-start')?.input ?? this.written
  }

  close(status: RowStatus, at: number | undefined): void {
    this.status = status
    this.to = at ?? this.to ?? this.from
  }

  /** Widens the row, so that it spans these times. */
  extend(from: number | undefined, to: number | undefined): void {
    if (from !== undefined) this.from = Math.min(this.from ?? from, from)
    if (to !== undefined) this.to = Math.max(this.to ?? to, to)
  }
}

interface Draft {
  readonly kind: RowKind
  readonly name: string
  readonly step: number
  readonly from?: number | undefined
  readonly number?: number | undefined
  readonly scope?: DraftScope
}

/** An agent at work, while its rows are built. */
export class DraftScope implements Scope {
  readonly runId: string
  readonly path: readonly string[]
  readonly row: DraftRow
  readonly steps: Map<number, DraftRow> = new Map()
  /** Rows of calls, by key. */
  readonly calls: Map<string, DraftRow> = new Map()
  /** Rows of questions, by the key of the call. */
  readonly questions: Map<string, DraftRow> = new Map()
  readonly #callsOfTool = new Map<string, DraftRow[]>()
  input: readonly Json[] | undefined
  instructions: string | undefined
  request: DraftRow | undefined
  wait: DraftRow | undefined
  /** Of a run: the newest time of its events so far. */
  lastAt: number | undefined

  constructor(runId: string, path: readonly string[], row: DraftRow) {
    this.runId = runId
    this.path = path
    this.row = row
  }

  stepRow(step: number): DraftRow | undefined {
    return this.steps.get(step)
  }

  addCall(key: string, row: DraftRow): void {
    this.calls.set(key, row)
    const calls = this.#callsOfTool.get(row.name)
    if (calls === undefined) this.#callsOfTool.set(row.name, [row])
    else calls.push(row)
  }

  /** The rows of the calls of one tool, in the order in which they began. */
  callsOf(tool: string): readonly DraftRow[] {
    return this.#callsOfTool.get(tool) ?? []
  }
}
