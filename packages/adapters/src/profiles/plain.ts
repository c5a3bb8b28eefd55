import type { ByteLimits, Clocks, ModelProfile } from './profile.ts'
import { openParameters } from './rules.ts'

/** The clocks of profiles without values of their own. */
export const defaultClocks: Clocks = {
  connectMs: 10_000,
  headersMs: 60_000,
  firstContentMs: 120_000,
  queuedMs: 600_000,
  gapMs: 300_000,
  bytesMs: 60_000,
}

/** The limits of profiles without values of their own. */
export const defaultLimits: ByteLimits = {
  eventBytes: 8 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  toolInputBytes: 4 * 1024 * 1024,
  toolCalls: 128,
}

/**
 * Chat completions as most servers implement them. Only the types of parameters are checked; a server reports what it refuses.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export const plainProfile: ModelProfile = {
  endpoint: 'openai-compatible',
  models: [],
  source: { url: 'https://platform.openai.com/docs/api-reference/chat', read: '2026-11-21' },
  parameters: openParameters,
  tools: { allowed: true },
  toolChoice: { values: ['auto', 'none', 'required'] },
  streamUsage: 'try',
  reasoning: { field: 'reasoning_content', passBack: 'present', flips: true },
  images: true,
  partial: false,
  emptyContent: '',
}
