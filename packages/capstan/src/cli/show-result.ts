import { AgentError, type Run } from '@capstan/core'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { type RunView, writeEvents } from './show-run.ts'
import { summarise } from './summary.ts'
import type { Output } from './terminal/output.ts'

export interface Showing {
  readonly output: 'text' | 'json' | 'jsonl'
  readonly view: RunView
  readonly stdout: Output
  readonly modelId: string
}

/** Shows a run as it happens and what it came to; returns the exit code. */
export async function showResult(run: Run, { output, view, stdout, modelId }: Showing): Promise<number> {
  if (output === 'jsonl') writeEvents(run, stdout)
  else view.watch(run)
  try {
    const result = await run.result
    if (output === 'json') stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
    view.note(summarise(result, modelId))
    return exitCodeOf(result)
  } catch (error) {
    if (!AgentError.is(error)) throw error
    if (output === 'json') stdout.write(`${JSON.stringify({ error, result: error.result }, undefined, 2)}\n`)
    if (error.result !== undefined) view.note(summarise(error.result, modelId, error.code))
    view.fail(error)
    return error.code === 'aborted' ? exitCodes.aborted : exitCodes.error
  }
}
