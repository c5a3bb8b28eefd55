import { partsOf } from '../artifacts/result-ids.ts'
import type { ToolResultPart } from '../contract/messages.ts'
import { hashText } from '../support/hash.ts'
import type { LoopRun } from './loop-run.ts'

/** The complete value of an earlier result, or why there is none. */
export type FoundResult = { readonly text: string; readonly part: ToolResultPart } | { readonly problem: string; readonly isUnknown: boolean }

/**
 * Finds an earlier result of the conversation by its id, and its value by the key that is stored in the result. Called inside an operation:
 * it reads the store.
 */
export async function findResult(run: LoopRun, id: string): Promise<FoundResult> {
  const found = partsOf(run.transcript.messages).filter((part) => part.id === id)
  const [part] = found
  if (part === undefined) return { problem: `there is no earlier result ${shown(id)} in this conversation`, isUnknown: true }
  if (found.some(({ key }) => key?.runId !== part.key?.runId || key?.operation !== part.key?.operation))
    return { problem: `${shown(id)} names more than one result of this conversation`, isUnknown: true }
  // The text of a result that was not cut is all of it.
  if (part.complete === undefined) return { text: part.text, part }
  const text = await keptText(run, part)
  return text === undefined ? { problem: `the complete result ${id} is not kept here`, isUnknown: false } : { text, part }
}

// A value with another hash is that of another execution of the call, or of another run.
async function keptText({ artifacts }: LoopRun, { key, complete }: ToolResultPart): Promise<string | undefined> {
  if (artifacts === undefined || key === undefined || complete?.isKept !== true) return undefined
  const text = await artifacts.get(key.runId, key.operation)
  return text !== undefined && hashText(text, 'hex') === complete.hash ? text : undefined
}

function shown(id: string): string {
  return JSON.stringify(id.slice(0, 100))
}
