import type { ToolNameRule } from '@capstan/core'
import type { ParameterRule, ParameterRules } from './parameters.ts'

/** A parameter that the page of a model does not list. */
export function unlisted(because = 'the page of the model does not list it', instead = 'leave it out, or send it unchecked with `extraBody`'): ParameterRule {
  return { kind: 'refused', because, instead }
}

/** A parameter with a fixed value: the endpoint refuses any other with 400. */
export function locked(value: string, source: ParameterRule['source']): ParameterRule {
  const because = `it is fixed at ${value}, and any other value is refused with 400`
  return { kind: 'refused', because, instead: 'leave it out', ...(source !== undefined && { source }) }
}

/** Presence and frequency penalty. */
export const penalty: ParameterRule = { min: -2, max: 2, default: 0 }

/** The stop sequences that Kimi models take. */
export const kimiStop: ParameterRule = { maxItems: 5, maxBytesEach: 32 }

/** https://platform.moonshot.ai/docs/api/tool-use, 2026-11-21 */
export const kimiToolNames: ToolNameRule = {
  pattern: '[A-Za-z_][A-Za-z0-9_-]{2,63}',
  words: '3 to 64 letters, digits, `_` and `-`, a letter or `_` first',
}

/** https://docs.evolink.ai/cn/api-manual/language-series/kimi-k3/kimi-k3-chat, https://platform.moonshot.ai/docs/api/chat, 2026-11-21 */
export const kimiThreeToolNames: ToolNameRule = {
  pattern: '[A-Za-z_][A-Za-z0-9_-]{0,127}',
  words: '1 to 128 letters, digits, `_` and `-`, a letter or `_` first',
}

/** https://api-docs.deepseek.com/api/create-chat-completion, 2026-11-21 */
export const deepseekToolNames: ToolNameRule = { pattern: '[A-Za-z0-9_-]{1,64}', words: '1 to 64 letters, digits, `_` and `-`' }

/** All parameters of plain chat completions. Only their types are checked; a server reports what it refuses. */
export const openParameters: ParameterRules = {
  temperature: {},
  topP: {},
  topK: {},
  n: {},
  maxOutputTokens: {},
  presencePenalty: {},
  frequencyPenalty: {},
  stopSequences: {},
  responseFormat: {},
  logprobs: {},
  topLogprobs: {},
  thinking: {},
  reasoningEffort: {},
  userId: {},
  promptCacheKey: {},
  safetyIdentifier: {},
}
