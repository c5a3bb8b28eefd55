import type { ResponseInfo, ToolDefinition, Usage } from '@capstan/core'
import type { ByteLimits, ModelProfile } from '../profiles/profile.ts'
import type { ErrorContext } from './decode-error.ts'

/** What a decoder has to know about the request and its response. */
export interface DecodeContext extends ErrorContext {
  readonly profile: ModelProfile
  readonly limits: ByteLimits
  /** Headers of the response, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string | undefined
  /** The output limit that was asked for: reaching it means that the reply may be cut. */
  readonly maxOutputTokens: number | undefined
  /** True where tools were described to the model as text, and its calls are text. */
  readonly hasTextForm: boolean
  /** The tools that were offered: markup can call only these. */
  readonly tools: readonly ToolDefinition[]
}

/** What an error tells about the response that it broke. */
export interface ErrorDetails {
  readonly usage?: Usage
  readonly requestId?: string
}

/** Collects what is known for an error. */
export function errorDetails(usage: Usage | undefined, { requestId }: DecodeContext): ErrorDetails {
  return { ...(usage !== undefined && { usage }), ...(requestId !== undefined && { requestId }) }
}

/** The response info under construction. */
export type MutableInfo = { -readonly [Key in keyof ResponseInfo]: ResponseInfo[Key] }
