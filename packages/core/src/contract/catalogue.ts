import type { ToolDefinition } from './model.ts'

/** Names of the two tools that stand for all others in the requests of a run with a catalogue. */
export const searchToolName = 'search_tools'
export const callToolName = 'call_tool'

/**
 * Whether the tools of an agent are offered as a list or through a search. `auto` (default): as a list while there are at most 64 of about
 * 12,000 tokens together.
 */
export type CatalogueOption = 'always' | 'never' | 'auto'

/**
 * Ranks tools for a search of the model, instead of the ranking by words. Returns names, best first; names that are unknown or that came
 * before are ignored. The tools are the same array while they do not change, so a `WeakMap` can keep an index of them. The result is
 * recorded: a run that resumes does not rank again.
 */
export type RankTools = (query: string, tools: readonly ToolDefinition[], options: RankOptions) => readonly string[] | Promise<readonly string[]>

/** What a ranking is given in addition to the query and the tools. */
export interface RankOptions {
  /** Names that are used of the result; it may have more. */
  readonly limit: number
  /** Aborts with the run. */
  readonly signal: AbortSignal
}
