import type { ParameterName, ParameterRule, ToolNameRule } from './profile.ts'

const byExtraBody = 'leave it out, or send it unchecked with `extraBody`'

/** A parameter that no page of the model lists. */
export function unlisted(wire: string, because = 'the page of the model does not list it', instead: string = byExtraBody): ParameterRule {
  return { kind: 'refused', wire, because, instead }
}

/** A parameter with one value that cannot be changed: sending another is a 400. */
export function locked(wire: string, value: string): ParameterRule {
  return { kind: 'refused', wire, because: `it is fixed at ${value}, and any other value is refused with 400`, instead: 'leave it out' }
}

/** Presence and frequency penalty. */
export const penalty: { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number } = {
  kind: 'number',
  min: -2,
  max: 2,
  default: 0,
}

/** The stop strings that Kimi models take. */
export const kimiStop: ParameterRule = { kind: 'strings', wire: 'stop', maxItems: 5, maxBytesEach: 32 }

/** https://platform.moonshot.ai/docs/api/tool-use, 2026-11-21 */
export const kimiToolNames: ToolNameRule = {
  pattern: '[A-Za-z_][A-Za-z0-9_-]{2,63}',
  words: '3 to 64 letters, digits, `_` and `-`, a letter or `_` first',
}

/** https://api-docs.deepseek.com/api/create-chat-completion, 2026-11-21 */
export const deepseekToolNames: ToolNameRule = { pattern: '[A-Za-z0-9_-]{1,64}', words: '1 to 64 letters, digits, `_` and `-`' }

/** All parameters of plain chat completions, unchecked but for their types: what a server refuses, it says. */
export const openParameters: Readonly<Partial<Record<ParameterName, ParameterRule>>> = {
  temperature: { kind: 'number', wire: 'temperature' },
  topP: { kind: 'number', wire: 'top_p' },
  topK: { kind: 'integer', wire: 'top_k' },
  n: { kind: 'integer', wire: 'n', min: 1 },
  maxOutputTokens: { kind: 'integer', wire: 'max_tokens', min: 1 },
  presencePenalty: { kind: 'number', wire: 'presence_penalty' },
  frequencyPenalty: { kind: 'number', wire: 'frequency_penalty' },
  stop: { kind: 'strings', wire: 'stop' },
  responseFormat: { kind: 'choice', wire: 'response_format', values: ['text', 'json_object'], asType: true },
  logprobs: { kind: 'boolean', wire: 'logprobs' },
  topLogprobs: { kind: 'integer', wire: 'top_logprobs', min: 0, max: 20, note: 'needs `logprobs`' },
  thinking: { kind: 'choice', wire: 'thinking', values: ['enabled', 'disabled'], asType: true },
  effort: { kind: 'text', wire: 'reasoning_effort' },
  userId: { kind: 'text', wire: 'user' },
  promptCacheKey: { kind: 'text', wire: 'prompt_cache_key' },
  safetyIdentifier: { kind: 'text', wire: 'safety_identifier' },
}
