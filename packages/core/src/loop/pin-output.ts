import type { ToolCallOutput } from '../durability/records.ts'
import { describe } from '../support/describe.ts'
import type { RunnableCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'
import { resultPart } from './result-part.ts'

/**
 * Marks the output of a call that is never cleared from the history. Called inside the operation of the call, so that it is recorded: a replay, in a
 * process with other tools and options, must keep the same results.
 */
export function pinOutput(run: LoopRun, call: RunnableCall, output: ToolCallOutput): ToolCallOutput {
  const { agent, config, notes } = run
  const { tool } = call
  if (config.history === undefined) return output
  try {
    const isPinned = tool.pinned === true || agent.keepResult?.(resultPart(run, call, output)) === true
    return isPinned ? { ...output, pinned: true } : output
  } catch (error) {
    // Keeping a result loses nothing.
    notes.addWarning({ code: 'history-keep-threw', message: `history.keep threw, so the result of ${tool.name} is kept: ${describe(error)}` })
    return { ...output, pinned: true }
  }
}
