import type { CacheBreakCause } from '../contract/cache.ts'
import type { HistoryEdit } from '../contract/history.ts'
import type { ModelRequest } from '../contract/model.ts'

/** A request that was served, as the provider's cache sees it. */
export interface ServedRequest {
  readonly step: number
  readonly modelIndex: number
  readonly head: Omit<ModelRequest, 'messages'>
  readonly inputTokens: number
  readonly cachedTokens: number
  /** True when the model was not asked for longer than its cache keeps a prefix. */
  readonly isCold: boolean
  /** Changes of the history since the request before it. */
  readonly edits: readonly HistoryEdit[]
}

/** Tokens that the provider read again, and why. */
export interface FoundBreak {
  readonly cause: CacheBreakCause
  readonly rereadTokens: number
}

/** Caches work in blocks of up to 256 tokens, and the end of a prompt may differ from the same place inside a longer one. */
const toleranceTokens = 512

/** Compares a request with the one before it. `undefined` while the cache served what the two have in common. */
export function findBreak(before: ServedRequest, request: ServedRequest): FoundBreak | undefined {
  const removed = request.edits.reduce((total, { tokensBefore, tokensAfter }) => total + Math.max(0, tokensBefore - tokensAfter), 0)
  const common = Math.min(before.inputTokens - removed, request.inputTokens)
  const rereadTokens = common - request.cachedTokens
  return rereadTokens > toleranceTokens ? { cause: causeOf(before, request), rereadTokens } : undefined
}

// In the order in which they spoil a prompt: another model has another cache, and tools come before the instructions and the messages.
function causeOf(before: ServedRequest, { modelIndex, head, cachedTokens, isCold, edits }: ServedRequest): CacheBreakCause {
  if (before.modelIndex !== modelIndex) return 'model-change'
  if (isCold && cachedTokens === 0) return 'cold'
  if (namesOf(before.head) !== namesOf(head)) return 'tools-change'
  if (before.head.instructions !== head.instructions) return 'instructions-change'
  if (settingsOf(before.head) !== settingsOf(head)) return 'settings-change'
  // What was cleared because the cache had expired is not why it had.
  if (edits.some(({ reason }) => reason !== 'cold')) return 'history-edit'
  if (isCold) return 'cold'
  return edits.length > 0 ? 'history-edit' : 'unknown'
}

function namesOf({ tools = [] }: ServedRequest['head']): string {
  return tools.map(({ name }) => name).join(' ')
}

function settingsOf({ toolChoice, responseFormat }: ServedRequest['head']): string {
  return `${toolChoice ?? 'auto'} ${responseFormat?.type ?? 'text'}`
}
