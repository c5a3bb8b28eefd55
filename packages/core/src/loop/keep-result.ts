import { maxArtifactCharacters } from '../contract/artifacts.ts'
import { isBuiltInName, readResultName } from '../contract/built-in-names.ts'
import type { CompleteResult } from '../contract/messages.ts'
import type { OperationContext } from '../contract/operations.ts'
import type { Tool } from '../contract/tool.ts'
import type { ToolCallOutput } from '../durability/records.ts'
import { capText, fitsIn, formatCount, toWellFormed } from '../support/cap-text.ts'
import { describe } from '../support/describe.ts'
import { hashText } from '../support/hash.ts'
import type { LoopRun } from './loop-run.ts'
import type { ResultIdentity } from './result-part.ts'

/** The longest text that the model gets of one result, where the tool says nothing else: in bytes of UTF-8, about 12,000 tokens. */
const defaultMaxBytes = 50_000
const minBytes = 256
/** Of the context window of the smallest model. */
const windowShare = 0.04
/** A cautious third of a token for each byte. */
const bytesPerToken = 3

/** The output of a call that has just ended, before it is recorded. */
export interface EndedCall {
  readonly tool: Tool<never>
  /** Absent in a run that release 0.1.0 began: its tools cut their results, and nothing is kept. */
  readonly identity: ResultIdentity | undefined
  readonly output: ToolCallOutput
  /** Time that is left for keeping the value, in milliseconds. */
  readonly keepMs: number
}

/**
 * Cuts the result of a call to what the model may get of it, and keeps the complete value. Called inside the operation of the call, before
 * its record: whoever reads the record finds the value.
 */
export async function keepResult(run: LoopRun, ended: EndedCall, context: Pick<OperationContext, 'signal' | 'emit'>): Promise<ToolCallOutput> {
  const { tool, identity, output, keepMs } = ended
  const maxBytes = maxBytesFor(run, tool)
  // What a tool of the loop shows is cut already.
  if (identity === undefined || isBuiltInName(tool.name) || fitsIn(output.text, maxBytes)) return output
  const text = boundedText(output.text)
  const isKept = await putInTime(run, { identity, keepMs, text }, context)
  const complete: CompleteResult = { characters: text.length, bytes: Buffer.byteLength(text), hash: hashText(text, 'hex'), isKept }
  return { ...output, text: capText(text, maxBytes, isKept ? remarkAbout(run, identity) : 'that part is not kept'), complete }
}

/** The most bytes of one result that the model gets. */
function maxBytesFor({ config: { models } }: LoopRun, { maxResultBytes = defaultMaxBytes }: Tool<never>): number {
  const windows = models.map(({ contextWindow }) => contextWindow ?? Number.POSITIVE_INFINITY)
  return Math.max(minBytes, Math.min(maxResultBytes, Math.floor(Math.min(...windows) * windowShare * bytesPerToken)))
}

function remarkAbout({ config }: LoopRun, { id }: ResultIdentity): string {
  const isOffered = config.toolDefinitions.some(({ name }) => name === readResultName)
  return isOffered ? `${readResultName} shows that part, by the id ${id}` : `kept as ${id}`
}

/** The value as it is kept and hashed. */
function boundedText(text: string): string {
  if (text.length <= maxArtifactCharacters) return toWellFormed(text)
  const note = `\n[… the rest of ${formatCount(text.length)} characters is not kept …]`
  return toWellFormed(text.slice(0, maxArtifactCharacters - note.length)) + note
}

interface KeptValue {
  readonly identity: ResultIdentity
  readonly keepMs: number
  readonly text: string
}

/** The call has had its effect by now, so a store that fails must not cost its outcome: the model is told that the value is not kept. */
async function putInTime(run: LoopRun, { identity, keepMs, text }: KeptValue, { signal, emit }: Pick<OperationContext, 'signal' | 'emit'>): Promise<boolean> {
  const { artifacts, clock } = run
  if (artifacts === undefined) return false
  const { runId, operation } = identity.key
  try {
    const kept = await clock.within(signal, keepMs, async () => {
      await artifacts.put(runId, operation, text)
      return true
    })
    if (kept !== 'late') return kept
  } catch (error) {
    signal.throwIfAborted()
    const warning = { code: 'result-not-kept', message: `The complete result of '${operation}' could not be kept: ${describe(error)}` }
    if (run.notes.addWarning(warning)) emit({ type: 'warning', step: run.transcript.currentStep, warning })
  }
  return false
}
