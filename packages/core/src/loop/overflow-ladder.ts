import type { ContextOverflow } from '../contract/errors.ts'
import type { ModelRequest } from '../contract/model.ts'
import type { LoopRun } from './loop-run.ts'
import { shortenHistory } from './shorten-history.ts'

/** What can be done about a request that exceeds the context window, in this order. Each is done at most once a step. */
export const overflowMeasures = ['output-limit', 'clear', 'summary', 'ledger'] as const

export type OverflowMeasure = (typeof overflowMeasures)[number]

/** A request that an endpoint refused as too long. */
interface RefusedRequest {
  readonly request: ModelRequest
  readonly modelIndex: number
  readonly overflow: ContextOverflow
  /** What was not tried yet. */
  readonly measures: readonly OverflowMeasure[]
}

/** What is sent next, and what can be done if it is refused, too. */
export type FittedRequest = Pick<RefusedRequest, 'request' | 'measures'>

/**
 * Makes a refused request smaller. This depends only on recorded outcomes, so a replay does the same.
 *
 * @returns `undefined` when nothing is left that can be made smaller.
 */
export async function fitRefused(run: LoopRun, refused: RefusedRequest): Promise<FittedRequest | undefined> {
  const { measures, modelIndex, overflow } = refused
  if (overflow.windowTokens !== undefined) run.config.learnWindow(modelIndex, overflow.windowTokens)
  for (const [index, measure] of measures.entries()) {
    const request = measure === 'output-limit' ? lowerOutputLimit(run, refused) : await shorten(run, refused.request, measure)
    if (request !== undefined) return { request, measures: measures.slice(index + 1) }
  }
  return undefined
}

function lowerOutputLimit({ outputLimit, history }: LoopRun, { request, modelIndex, overflow }: RefusedRequest): ModelRequest | undefined {
  if (overflow.roomTokens === undefined) return undefined
  outputLimit.lower(overflow.roomTokens, { modelIndex, edits: history.edits.length })
  return request
}

async function shorten(run: LoopRun, request: ModelRequest, how: Exclude<OverflowMeasure, 'output-limit'>): Promise<ModelRequest | undefined> {
  const { history, transcript } = run
  const { rules } = history
  if (rules === undefined || (how === 'clear' && rules.clear === false)) return undefined
  const before = history.viewOf(transcript.messages)
  const shortened = await shortenHistory(run, { ...request, messages: before }, { how, reason: 'overflow' })
  // The closing request at a limit has one more message.
  return shortened && { ...shortened, messages: [...shortened.messages, ...request.messages.slice(before.length)] }
}
