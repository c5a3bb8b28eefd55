import type { ResponseInfo, ToolDefinition, Usage } from '@capstan/core'
import type { ByteLimits, ModelProfile } from '../profiles/profile.ts'
import type { ErrorContext } from './decode-error.ts'

/** What a decoder has to know about the request and its answer. */
export interface DecodeContext extends ErrorContext {
  readonly profile: ModelProfile
  readonly limits: ByteLimits
  /** Headers of the response, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string | undefined
  /** The output limit that was asked for: reaching it means that the answer may be cut. */
  readonly maxOutputTokens: number | undefined
  /** The tools that were offered: only they can be called by markup. */
  readonly tools: readonly ToolDefinition[]
}

/** What an error says about the answer it broke. */
export interface AboutAnswer {
  readonly usage?: Usage
  readonly requestId?: string
}

/** Joins what is known for an error. */
export function aboutAnswer(usage: Usage | undefined, { requestId }: DecodeContext): AboutAnswer {
  return { ...(usage !== undefined && { usage }), ...(requestId !== undefined && { requestId }) }
}

/** The response info under construction. */
export type OpenInfo = { -readonly [Key in keyof ResponseInfo]: ResponseInfo[Key] }
