import { createHash } from 'node:crypto'
import type { JsonObject, ListedRun, ListedStatus, PendingQuestion, RunHead, RunPage, RunRecord, StopReason } from '@capstan/core'
import { canonicalJson, makeOperationId, questionsIn } from '@capstan/core/internal'
import type { CheckedList, Position } from './list-options.ts'

/** What an index keeps of a run: all of a list that its head and its records say. */
export interface IndexedRun {
  readonly agent: string
  readonly metadata?: JsonObject
  readonly session?: string
  readonly status: ListedStatus
  readonly stopReason?: StopReason
  /** Questions without an answer among the records. Decisions are kept elsewhere. */
  readonly questions: readonly PendingQuestion[]
  readonly problem?: string
}

/** Follows a run as it is written, for its index. */
export class RunIndexer {
  readonly #head: RunHead
  /** Only what the index depends on, and the last record. */
  readonly #records: RunRecord[] = []
  #last: RunRecord | undefined
  #shown: string

  constructor(head: RunHead, records: readonly RunRecord[]) {
    this.#head = head
    this.#follow(records)
    this.#shown = JSON.stringify(this.run)
  }

  /** What the index must have now. */
  get run(): IndexedRun {
    const { agent = 'unknown', metadata, session } = this.#head
    const answered = new Set(this.#records.flatMap((record) => (record.type === 'answer' ? [record.id] : [])))
    const questions = questionsIn(this.#records).filter(({ position }) => !answered.has(position))
    const end = this.#last?.type === 'end' ? { status: this.#last.status, stopReason: this.#last.stopReason } : ({ status: 'unfinished' } as const)
    return { agent, ...(metadata !== undefined && { metadata }), ...(session !== undefined && { session: session.id }), ...end, questions }
  }

  /** Adds records. Returns what the index must have now, if that has changed. */
  add(records: readonly RunRecord[]): IndexedRun | undefined {
    this.#follow(records)
    const run = this.run
    const shown = JSON.stringify(run)
    if (shown === this.#shown) return undefined
    this.#shown = shown
    return run
  }

  #follow(records: readonly RunRecord[]): void {
    for (const record of records) {
      this.#last = record
      if (record.type === 'question' || record.type === 'answer' || record.id === startId) this.#records.push(record)
    }
  }
}

/** A run whose records cannot be read. */
export function brokenRun(problem: string): IndexedRun {
  return { agent: 'unknown', status: 'broken', questions: [], problem }
}

const startId = makeOperationId({ type: 'start' })

/** A hash for each name of the metadata with its value, to search for: names and values may have any length and any character. */
export function pairsOf(metadata: JsonObject = {}): readonly string[] {
  const pairs = Object.entries(metadata).flatMap(([name, value]) => (value === undefined ? [] : [canonicalJson([name, value])]))
  return pairs.map((pair) => createHash('sha256').update(pair).digest('hex'))
}

/** True for a run that the list has. */
export function isListed(run: IndexedRun, changedAt: number, { statuses: wanted, agent, metadata, changedBefore }: CheckedList): boolean {
  if (wanted !== undefined && !wanted.includes(run.status)) return false
  if (agent !== undefined && run.agent !== agent) return false
  if (changedBefore !== undefined && changedAt >= changedBefore) return false
  const own = new Set(pairsOf(run.metadata))
  return pairsOf(metadata).every((pair) => own.has(pair))
}

/** A run as it is listed: questions that were decided meanwhile are not listed. */
export function listedRun(
  position: Position,
  { questions, ...run }: IndexedRun,
  { changedAt, decided }: { readonly changedAt: number; readonly decided: ReadonlySet<string> },
): ListedRun {
  return { ...run, ...position, changedAt, questions: questions.filter((question) => !decided.has(question.position)) }
}

/**
 * Makes a page of listed runs.
 *
 * @param listed - In order; more than `limit` if there is another page.
 */
export function pageOf(listed: readonly ListedRun[], limit: number): RunPage {
  const runs = listed.slice(0, limit)
  const last = runs.at(-1)
  return { runs, ...(last !== undefined && listed.length > limit && { cursor: makeCursor(last) }) }
}

/** Writes a position as text that fits a URL. */
function makeCursor({ beganAt, runId }: Position): string {
  return Buffer.from(JSON.stringify([beganAt, runId])).toString('base64url')
}
