import { readResultName } from '../contract/built-in-names.ts'
import type { HistoryEdit } from '../contract/history.ts'
import type { StepPlan } from '../contract/hooks.ts'
import type { ModelRequest } from '../contract/model.ts'
import { priceRatio } from '../history/clearing-rule.ts'
import { type PlannedEdit, planEdit, roomOf, summaryThreshold } from '../history/plan-edit.ts'
import type { LoopRun } from './loop-run.ts'
import { askForSummary } from './summarise.ts'

/** Of the room that a request has, what the steps that stay may take. The rest is left for those to come. */
const keptShare = 0.5

/**
 * The request with what is sent of the history, which is first shortened where that pays or the context window forces it. This depends only on what
 * was recorded, so a replay does the same.
 *
 * @param head - The request without its messages.
 * @param asked - What `prepareStep` asked for.
 */
export function fitHistory(run: LoopRun, head: Omit<ModelRequest, 'messages'>, asked?: StepPlan['history']): ModelRequest | Promise<ModelRequest> {
  const { history, transcript } = run
  history.follow(transcript.messages, head)
  const isEdited = asked !== undefined && followPlan(run, head, asked)
  const request = { ...head, messages: history.viewOf(transcript.messages) }
  const next = planHistory(run)
  // One edit for a step, unless the request would not fit.
  const plan = isEdited && next?.reason !== 'window' ? undefined : next
  return plan === undefined ? request : shortenHistory(run, request, plan).then((shortened) => shortened ?? request)
}

// Pins and clears what `prepareStep` named. Returns whether anything was cleared.
function followPlan(run: LoopRun, head: Omit<ModelRequest, 'messages'>, { pin = [], clear = [] }: NonNullable<StepPlan['history']>): boolean {
  const { history, transcript } = run
  if (history.rules === undefined) return false
  if (pin.length > 0) history.pin(transcript.messages, pin)
  if (clear.length === 0) return false
  return showEdit(run, history.clearResults(transcript.messages, clear, { step: transcript.currentStep, reason: 'asked', canRead: canRead(head) }))
}

function planHistory({ history, transcript, config, ledger, chain }: LoopRun): PlannedEdit | undefined {
  const { rules } = history
  if (rules === undefined) return undefined
  const facts = history.factsAt(transcript.currentStep)
  history.addRent(facts)
  const { prices, cacheLifetimeMs = Number.POSITIVE_INFINITY } = config.models[chain.lastIndex] ?? {}
  return planEdit({
    ...facts,
    rules,
    room: roomOf(config.models),
    priceRatio: priceRatio(prices),
    requestsLeft: config.limits.steps - transcript.steps.length,
    isCold: ledger.idleMs > cacheLifetimeMs,
  })
}

/**
 * Makes one edit: before a request that would be too large, or after an endpoint refused one.
 *
 * @returns The request with what is sent now; `undefined` where nothing could be shortened in this way.
 */
export async function shortenHistory(run: LoopRun, request: ModelRequest, plan: PlannedEdit): Promise<ModelRequest | undefined> {
  const { history, transcript } = run
  if (plan.how !== 'clear') return await summarise(run, request, plan)
  const cause = { step: transcript.currentStep, reason: plan.reason, canRead: canRead(request) }
  return editedRequest(run, request, history.clear(transcript.messages, cause))
}

async function summarise(run: LoopRun, request: ModelRequest, { how, reason }: Exclude<PlannedEdit, { how: 'clear' }>): Promise<ModelRequest | undefined> {
  const { history, transcript, config } = run
  const { rules } = history
  if (rules === undefined) return undefined
  const room = roomOf(config.models)
  // What an endpoint still refuses as too long keeps only its last step.
  const isLast = how === 'ledger' && reason === 'overflow'
  const kept = isLast ? 0 : keptShare * Math.min(summaryThreshold(rules, room), room.window - room.reserve)
  const split = history.split(transcript.messages, kept)
  if (split === undefined) return undefined
  const text = how === 'summary' ? await askForSummary(run, request, split) : undefined
  const edit = history.replaceSteps(transcript.messages, { split, text }, { step: transcript.currentStep, reason })
  return editedRequest(run, request, edit)
}

function editedRequest(run: LoopRun, request: ModelRequest, edit: HistoryEdit | undefined): ModelRequest | undefined {
  return showEdit(run, edit) ? { ...request, messages: run.history.viewOf(run.transcript.messages) } : undefined
}

function showEdit({ show }: LoopRun, edit: HistoryEdit | undefined): boolean {
  if (edit !== undefined) show({ type: 'history-edit', step: edit.step, edit })
  return edit !== undefined
}

function canRead({ tools = [] }: Pick<ModelRequest, 'tools'>): boolean {
  return tools.some(({ name }) => name === readResultName)
}
