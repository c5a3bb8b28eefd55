import type { Message, ToolResultPart } from './messages.ts'
import type { Cost, RunUsage } from './usage.ts'

/**
 * How a run keeps its history short. What is shortened is only what is sent, and `result.messages`: `result.steps` keeps everything, and the
 * model's own messages, their reasoning and ids are never changed.
 */
export interface HistoryOptions {
  /**
   * When old results of tools are replaced by one line each. `rule` (default): when reading them again has cost about as much as reading
   * the rest once without the provider's cache will, and at once when the cache has expired. `window`: only when the next request would
   * reach `summariseAt`. `false`: never.
   */
  readonly clear?: 'rule' | 'window' | false
  /**
   * Tokens of a request from which complete old steps are replaced by a summary that the model writes. Default: 150,000, or 85 % of the
   * smallest context window of the models less room for the output, whichever is lower. `false`: never by size.
   */
  readonly summariseAt?: number | false
  /** The last steps, which are never changed. Default: 5. */
  readonly keepSteps?: number
  /**
   * Returns true for results that are never cleared, such as a plan. It is called once for each result, when its tool has ended, and what
   * it said is recorded. Results of tools with `pinned: true` are kept anyway.
   */
  readonly keep?: (result: ToolResultPart) => boolean
  readonly summary?: SummaryOptions
}

/** How a summary is asked for. */
export interface SummaryOptions {
  /** Says what the summary has to contain, in place of the built-in text. */
  readonly instruction?: string
  /** Output limit of the request for the summary, in tokens; reasoning counts. Default: 16,000. */
  readonly maxOutputTokens?: number
}

/** One change of what is sent. At most one is made for a step, before its request. */
export type HistoryEdit = ClearEdit | SummaryEdit

/** Results of tools were replaced by one line each. */
export interface ClearEdit extends EditSizes {
  readonly kind: 'clear'
  /** Ids of the results; of a result without an id the id of its call. */
  readonly results: readonly string[]
  /**
   * `rule`: it pays. `cold`: the provider's cache has expired. `window`: the next request would be too large. `overflow`: the endpoint
   * refused the request as too large. `asked`: by `prepareStep`.
   */
  readonly reason: 'rule' | 'cold' | 'window' | 'overflow' | 'asked'
}

/** Complete steps were replaced by a summary. */
export interface SummaryEdit extends EditSizes {
  readonly kind: 'summary'
  /** The last step of the run that was replaced; 0 where only messages of the input were. */
  readonly upToStep: number
  /** `size`: `summariseAt` was reached. Otherwise as for clearing. */
  readonly reason: 'size' | 'window' | 'overflow' | 'asked'
  /** `model`: the model wrote a summary. `ledger`: it could not, so the list of calls takes its place. */
  readonly source: 'model' | 'ledger'
}

/** Sizes of an edit in tokens, measured from reported usage and estimated where nothing was reported. */
export interface EditSizes {
  /** The step whose request is the first with the change. */
  readonly step: number
  /** Of the complete request. */
  readonly tokensBefore: number
  readonly tokensAfter: number
  /** Behind the first change: the provider's cache does not have them. */
  readonly rereadTokens: number
}

/** Options of `agent.compact`. */
export interface CompactOptions {
  /** Aborts the request. */
  readonly signal?: AbortSignal
  /** What `instructions` that are a function are called with. */
  readonly context?: unknown
}

/** What `agent.compact` made of messages. */
export interface Compaction {
  /** With a summary in place of old steps; the list that was given where no step is old enough, or nothing would be shorter. */
  readonly messages: readonly Message[]
  readonly edit: SummaryEdit | undefined
  readonly usage: RunUsage
  /** As that of a run. */
  readonly cost: Cost | undefined
}
