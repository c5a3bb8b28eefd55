import { AgentError, type Run, type RunResult } from '@capstan/core'
import type { OutputForm } from './command-line.ts'
import { exitCodeOf, exitCodeOfError, exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { type RunView, writeEvents } from './show-run.ts'
import { commandLine, questionLines } from './show-saved.ts'
import { stopRun } from './stop-run.ts'
import { summarise } from './summary.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** Options of `showResult`. */
export interface Showing {
  readonly host: Host
  readonly view: RunView
  readonly output: OutputForm
  /** The folder of the journal that records the run, or its connection string without a password. */
  readonly journal: string | undefined
  /** How long work in progress may take when the command must end, in milliseconds. */
  readonly graceMs: number
  /** Continues a run that waits for a person; `undefined` when nobody answers. Default: the run stays paused. */
  readonly next?: (result: RunResult) => Promise<Run | undefined>
}

/** Shows a run in progress, ends it when the command must end, and shows its result. Returns the exit code. */
export async function showResult(run: Run, showing: Showing): Promise<number> {
  const { host, view, output } = showing
  let isLost = false
  let current: Run | undefined = run
  const release = host.onStop((cause) => {
    isLost ||= cause === 'output-lost'
    if (cause === 'terminate') view.note(say`Stopping: nothing new begins. Work in progress may take ${showing.graceMs / 1_000} s.`)
    if (current !== undefined) stopRun(current, cause, showing.graceMs)
  })
  if (output === 'jsonl') writeEvents(run, host.stdout)
  else view.watch(run)
  try {
    let result = await run.result
    for (current = await showing.next?.(result); current !== undefined; current = await showing.next?.(result)) {
      view.watch(current)
      result = await current.result
    }
    const code = showFinished(result, showing)
    return isLost && showing.journal === undefined ? exitCodes.error : code
  } catch (error) {
    if (!AgentError.is(error)) throw error
    // `main` reports that the output is lost.
    return isLost ? exitCodes.error : showFailed(error, showing)
  } finally {
    release()
  }
}

function showFinished(result: RunResult, { host, view, output, journal }: Showing): number {
  if (output === 'json') host.stdout.write(say`${ShownText.json(result, 2)}\n`)
  view.note(summarise(result))
  const { runId, pending, stopReason } = result
  if (stopReason === 'stopped') {
    const next =
      journal === undefined
        ? say`It was not recorded, so it cannot be continued`
        : say`To continue it: ${commandLine({ runId, journal }, ['resume'], ['--agent FILE#NAME'])}`
    view.note(say`The run was stopped. ${next}`)
  }
  if (pending.length > 0 && journal === undefined)
    view.note(say`A person must decide before the run can continue. To record a run that can wait for a decision, use --journal DIR`)
  if (journal !== undefined) view.lines(pending.flatMap((question) => questionLines(question, { runId, journal, output: host.stderr, isFull: false })))
  return exitCodeOf(result)
}

function showFailed(error: AgentError, { host, view, output }: Showing): number {
  if (output === 'json') host.stdout.write(say`${ShownText.json({ error, result: error.result }, 2)}\n`)
  if (error.result !== undefined) view.note(summarise(error.result, error.code))
  view.fail(error)
  return exitCodeOfError(error)
}
