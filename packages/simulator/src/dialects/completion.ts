import type { JsonObject } from '../json.ts'

/** The complete response of a model, before it is encoded for one family. */
export interface Completion {
  readonly id: string
  /** Seconds since the Unix epoch; depends only on the number of the request. */
  readonly createdSeconds: number
  readonly model: string
  readonly fingerprint: string
  readonly choices: readonly Choice[]
  readonly usage: JsonObject | undefined
  /** Whether a trailing usage chunk was asked for. */
  readonly includeUsage: boolean
}

/** One candidate of a completion. */
export interface Choice {
  readonly index: number
  /** `undefined`: the model did not think, and no reasoning field is sent. */
  readonly reasoning: string | undefined
  readonly text: string
  readonly toolCalls: readonly ChoiceToolCall[]
  /** Null is never sent. */
  readonly finishReason: string | null
  /** Usage of this candidate only. */
  readonly usage: JsonObject | undefined
  readonly logprobs: ChoiceLogprobs | undefined
}

/** A tool call with everything the wire shows. */
export interface ChoiceToolCall {
  readonly index: number
  readonly id: string
  readonly name: string
  /** Argument text, byte for byte. */
  readonly arguments: string
}

/** Log probabilities of a candidate, one element for each piece of text. */
export interface ChoiceLogprobs {
  readonly reasoning: readonly JsonObject[]
  readonly text: readonly JsonObject[]
}
