import { type ListedRun, openQuestions, type PendingQuestion, type RunRecord, type SavedRun } from '@capstan/core'
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
  readonly questions: readonly PendingQuestion[]
}

/** Describes a recorded run. */
export function describeRun(saved: SavedRun): RunSummary {
  const questions = openQuestions(saved)
  const steps = saved.records.filter(isStep).length
  return { runId: saved.head.runId, status: statusOf(saved, questions), steps, questions }
}

/** A run of a list, as JSON. */
export interface ListedSummary extends Omit<ListedRun, 'status' | 'beganAt' | 'changedAt'> {
  /** As in `RunSummary`. */
  readonly status: string
  readonly beganAt: string
  readonly changedAt: string
}

/** Describes a run of a list. */
export function describeListed({ beganAt, changedAt, ...run }: ListedRun): ListedSummary {
  const { status, stopReason = status, questions } = run
  const isDecided = status === 'paused' && stopReason !== 'stopped' && questions.length === 0
  return { ...run, status: isDecided ? 'decided' : stopReason, beganAt: new Date(beganAt).toISOString(), changedAt: new Date(changedAt).toISOString() }
}

/** One line about a run of a list. */
export function listedLine({ runId, status, agent, changedAt, questions, problem }: ListedSummary): ShownText {
  const id = ShownText.shell(runId)
  if (problem !== undefined) return say`${id}  ${status}  ${changedAt}  ${problem}`
  const asked = questions.length === 0 ? '' : ` · ${count(questions.length, 'question')}`
  return say`${id}  ${status}  ${agent}${asked}  ${changedAt}`
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
