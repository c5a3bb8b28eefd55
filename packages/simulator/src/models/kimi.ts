import { kimiRules } from '../rules/kimi-rules.ts'
import type { ParameterRule, SimulatedModel } from './simulated-model.ts'

const parameters: Readonly<Record<string, ParameterRule>> = {
  model: { kind: 'structure' },
  messages: { kind: 'structure' },
  tools: { kind: 'structure' },
  stream: { kind: 'boolean' },
  max_tokens: { kind: 'integer', minimum: 1 },
  temperature: { kind: 'number', minimum: 0, maximum: 2 },
  top_p: { kind: 'number', minimum: 0, maximum: 1 },
  top_k: { kind: 'integer', minimum: 1 },
  n: { kind: 'integer', minimum: 1, maximum: 5 },
  presence_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  frequency_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  response_format: { kind: 'typed-object', types: ['text', 'json_object'] },
  stop: { kind: 'strings', maxItems: 5, maxBytesEach: 32 },
  logprobs: { kind: 'refused' },
  top_logprobs: { kind: 'refused' },
  thinking: { kind: 'refused' },
}

const base: Omit<SimulatedModel, 'id'> = {
  family: 'kimi',
  owner: 'moonshot',
  source: 'https://docs.evolink.ai/cn/api-manual/language-series/kimi-k2/Kimi-K2-api',
  thinking: 'always',
  contextTokens: 262_144,
  parameters,
  unlisted: {
    stream_options: { kind: 'object' },
    tool_choice: { kind: 'one-of', values: ['none', 'auto', 'required'] },
  },
  refusals: kimiRules,
  schemaFlavour: 'strict',
  maxTools: 128,
  toolName: /^[A-Za-z_][A-Za-z0-9_-]{2,63}$/,
  contentParts: ['text', 'image_url'],
  partial: true,
  cache: { granularityTokens: 1, minimumTokens: 256 },
}

/** `kimi-k2-thinking` and `kimi-k2-thinking-turbo`, as their page documents them. */
export const kimiModels: readonly SimulatedModel[] = [
  { ...base, id: 'kimi-k2-thinking' },
  { ...base, id: 'kimi-k2-thinking-turbo' },
]

/** `kimi-k3`, as its page at Evolink documents it. */
export const kimiThreeModel: SimulatedModel = {
  ...base,
  id: 'kimi-k3',
  source: 'https://docs.evolink.ai/cn/api-manual/language-series/kimi-k3/kimi-k3-chat',
  contextTokens: 1_048_576,
  parameters: {
    model: { kind: 'structure' },
    messages: { kind: 'structure' },
    tools: { kind: 'structure' },
    stream: { kind: 'boolean' },
    stream_options: { kind: 'object' },
    max_completion_tokens: { kind: 'integer', minimum: 1, maximum: 1_048_576 },
    reasoning_effort: { kind: 'one-of', values: ['max'] },
    tool_choice: { kind: 'one-of', values: ['auto', 'none', 'required'] },
  },
  unlisted: {},
  // The vendor's reference of kimi-k3 has 1 to 128: https://platform.moonshot.ai/docs/api/chat
  toolName: /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/,
  forcesWhileThinking: true,
  partial: false,
}
