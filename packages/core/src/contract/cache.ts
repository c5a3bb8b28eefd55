import type { ExactCost } from './usage.ts'

/** How well the provider's cache of prompts served a run: from what the provider reported, and from what the run recorded. */
export interface CacheReport {
  /** Part of the input tokens that the cache served, from 0 to 1. */
  readonly hitRatio: number
  /** Input tokens of the requests that reported how many were cached. */
  readonly inputTokens: number
  readonly cachedTokens: number
  /** Requests that were served and did not report it: they are in none of the numbers here. */
  readonly unknownRequests: number
  /** Where the cache did not serve what an earlier request of the run had sent, in order. */
  readonly breaks: readonly CacheBreak[]
  /** Tokens of all breaks. */
  readonly rereadTokens: number
  /** Of all breaks, rounded up once; `undefined` where the prices of a model are unknown. */
  readonly rereadCost: ExactCost | undefined
}

/** A request whose beginning the previous one had sent, and which the provider read again all the same. */
export interface CacheBreak {
  /** The step that the request belongs to. */
  readonly step: number
  readonly cause: CacheBreakCause
  /** Tokens that were in the previous request and not in the cache. After a change of the history they are an estimate. */
  readonly rereadTokens: number
  /** What they cost more than from the cache; `undefined` where the prices are unknown. */
  readonly cost: ExactCost | undefined
}

/**
 * Why the provider read tokens again.
 *
 * - `model-change`: another model of the fallback chain was asked.
 * - `cold`: the model was not asked for longer than its cache keeps a prefix.
 * - `tools-change`, `instructions-change`, `settings-change`: `prepareStep` changed them. Settings are tool choice and response format.
 * - `history-edit`: results were cleared or steps summarised.
 * - `unknown`: nothing of this; the provider may have dropped the prefix.
 */
export type CacheBreakCause = 'model-change' | 'cold' | 'tools-change' | 'instructions-change' | 'settings-change' | 'history-edit' | 'unknown'
