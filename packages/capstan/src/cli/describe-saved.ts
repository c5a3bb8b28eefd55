import { openQuestions, type PendingQuestion, type RunRecord, type SavedRun } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { count } from './terminal/count.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** The state of a recorded run. */
export interface RunSummary {
  readonly runId: string
  /**
   * How the run ended or what it waits for, such as `stopped`; `decided` if it can be resumed after a decision, `unfinished` while it is running or
   * after a crash, `broken` if its records cannot be read.
   */
  readonly status: string
  readonly steps: number
  readonly changedAt?: string
  readonly questions: readonly PendingQuestion[]
  /** Why the records cannot be read. */
  readonly problem?: string
}

/** Describes a recorded run. */
export function describeRun(saved: SavedRun, changedAt?: number): RunSummary {
  const questions = openQuestions(saved)
  const steps = saved.records.filter(isStep).length
  return { runId: saved.head.runId, status: statusOf(saved, questions), steps, ...timeOf(changedAt), questions }
}

/** Describes a run whose records cannot be read. */
export function describeBroken(runId: string, problem: string, changedAt: number): RunSummary {
  return { runId, status: 'broken', steps: 0, ...timeOf(changedAt), questions: [], problem }
}

/** One line about a run. */
export function listedLine({ runId, status, steps, changedAt = '', questions, problem }: RunSummary): ShownText {
  const id = ShownText.shell(runId)
  if (problem !== undefined) return say`${id}  ${status}  ${changedAt}  ${problem}`
  const asked = questions.length === 0 ? '' : ` · ${count(questions.length, 'question')}`
  return say`${id}  ${status}  ${count(steps, 'step')}${asked}  ${changedAt}`
}

function timeOf(changedAt: number | undefined): { readonly changedAt?: string } {
  return changedAt === undefined ? {} : { changedAt: new Date(changedAt).toISOString() }
}

function statusOf({ records }: SavedRun, questions: readonly PendingQuestion[]): string {
  const last = records.at(-1)
  if (last?.type !== 'end') return 'unfinished'
  const isDecided = last.status === 'paused' && last.stopReason !== 'stopped' && questions.length === 0
  return isDecided ? 'decided' : last.stopReason
}

function isStep(record: RunRecord): boolean {
  return record.type === 'done' && record.name === 'model' && isJsonObject(record.output) && record.output['status'] === 'ok'
}
