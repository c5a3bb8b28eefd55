import type { ToolDefinition } from './model.ts'
import { outputToolName } from './output.ts'
import type { Tool } from './tool.ts'

/** Names of the two tools that replace all others in the requests of a run with a catalogue. */
export const searchToolName = 'search_tools'
export const callToolName = 'call_tool'

/** Tools that a search names, and how many of them with their schema. */
export const searchLimits = { names: 10, schemas: 5 }

/**
 * Whether the tools of an agent are offered as a list or through a search. `auto` (default): as a list while there are at most 64 of about
 * 12,000 tokens together.
 */
export type CatalogueOption = 'always' | 'never' | 'auto'

/** How the tools of a run are offered: all in each request, or through `search_tools` and `call_tool`. */
export type CatalogueMode = 'list' | 'search'

/** True for a tool that is in each request, also beside a search. */
export function isAlwaysSent({ name, pinned = false }: Pick<Tool<never>, 'name' | 'pinned'>): boolean {
  return pinned !== false || name === outputToolName
}

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

/**
 * Tools that may change while the agent is used, such as those of a server. A catalogue asks for them at each search and at each call of a
 * tool that is not in the list of the request, and what it found is recorded. An agent without a catalogue offers the tools that the source
 * had when the agent was made.
 */
export interface ToolSource<Context = unknown> {
  /** For errors. */
  readonly name: string
  /** The tools that there are now. Must be cheap, and return the same array while they do not change. */
  list(): readonly Tool<Context>[]
}
