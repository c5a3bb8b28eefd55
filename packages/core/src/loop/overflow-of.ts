import type { ContextOverflow } from '../contract/errors.ts'
import type { RunVersion } from '../contract/result.ts'
import type { AttemptOutput } from '../durability/records.ts'

/**
 * The sizes of a recorded refusal because of the context window; `undefined` for any other outcome, where a retry was decided, and in runs that release
 * 0.1.0 began.
 */
export function overflowOf(output: AttemptOutput, version: RunVersion): ContextOverflow | undefined {
  if (version === 1 || output.status !== 'failed' || output.error.code !== 'context-overflow' || output.retryInMs !== undefined) return undefined
  // An adapter of another maker may name no sizes.
  return (output.error['overflow'] as ContextOverflow | undefined) ?? {}
}
