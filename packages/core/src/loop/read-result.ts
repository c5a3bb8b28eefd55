import type { ReadResultInput } from '../artifacts/read-result-tool.ts'
import { readText } from '../artifacts/read-text.ts'
import type { Labelled } from '../contract/labels.ts'
import type { ToolOutput } from '../contract/tool.ts'
import { finishInTurns } from '../contract/turns.ts'
import { findResult } from './find-result.ts'
import type { LoopRun } from './loop-run.ts'

/** A part of a result has the labels of the result. */
export type LabelledOutput = ToolOutput & Labelled

/** Shows a part of an earlier result. Called inside the operation of the call. */
export async function readResult(run: LoopRun, { id, ...range }: ReadResultInput): Promise<LabelledOutput> {
  const found = await findResult(run, id)
  if ('problem' in found) {
    if (found.isUnknown) return { status: 'invalid-input', text: `Not run: ${found.problem}. Use an id that stands in a result.` }
    return { status: 'error', text: `${sentence(found.problem)}. Call the tool again if you need the part that was cut.` }
  }
  const { toolName, labels, id: name = id } = found.part
  return {
    status: 'ok',
    ...(labels !== undefined && { labels }),
    text: await finishInTurns(readText(`${name} of ${toolName.slice(0, 100)}`, found.text, range)),
  }
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
