import { moonshotRules } from '../rules/kimi-rules.ts'
import type { ParameterRule, SimulatedModel } from './simulated-model.ts'

const parameters: Readonly<Record<string, ParameterRule>> = {
  model: { kind: 'structure' },
  messages: { kind: 'structure' },
  tools: { kind: 'structure' },
  stream: { kind: 'boolean' },
  stream_options: { kind: 'object' },
  temperature: { kind: 'locked', value: 1 },
  top_p: { kind: 'locked', value: 0.95 },
  n: { kind: 'locked', value: 1 },
  presence_penalty: { kind: 'locked', value: 0 },
  frequency_penalty: { kind: 'locked', value: 0 },
  max_completion_tokens: { kind: 'integer', minimum: 1 },
  // Deprecated, but accepted.
  max_tokens: { kind: 'integer', minimum: 1 },
  stop: { kind: 'strings', maxItems: 5, maxBytesEach: 32 },
  response_format: { kind: 'typed-object', types: ['text', 'json_object', 'json_schema'] },
  tool_choice: { kind: 'tool-choice', values: ['none', 'auto', 'required'], named: true },
  prompt_cache_key: { kind: 'text' },
  safety_identifier: { kind: 'text' },
}

const shared: Omit<SimulatedModel, 'id' | 'thinking' | 'parameters'> = {
  family: 'moonshot',
  owner: 'moonshot',
  source: 'https://platform.moonshot.ai/docs/api/chat',
  contextTokens: 262_144,
  unlisted: {},
  refusals: moonshotRules,
  maxTools: 128,
  toolName: /^[A-Za-z_][A-Za-z0-9_-]{2,63}$/,
  schemaFlavour: 'always',
  contentParts: ['text', 'image_url', 'video_url'],
  partial: true,
  // Blocks of 256 tokens are a report: https://forum.moonshot.ai/t/613
  cache: { granularityTokens: 256, minimumTokens: 256 },
}

const code: Omit<SimulatedModel, 'id'> = {
  ...shared,
  thinking: 'always',
  parameters: {
    ...parameters,
    thinking: { kind: 'typed-object', types: ['enabled'], message: 'invalid thinking: only type=enabled is allowed for this model' },
  },
  contentParts: ['text'],
}

const effort: Omit<SimulatedModel, 'id'> = {
  ...shared,
  thinking: 'always',
  contextTokens: 1_048_576,
  parameters: {
    ...parameters,
    max_completion_tokens: { kind: 'integer', minimum: 1, maximum: 1_048_576 },
    // https://github.com/MoonshotAI/kimi-code/issues/3942
    prompt_cache_options: { kind: 'object' },
    reasoning_effort: { kind: 'one-of', values: ['low', 'high', 'max'] },
    thinking: { kind: 'typed-object', types: ['enabled'], message: 'invalid thinking: only type=enabled is allowed for this model' },
  },
  forcesWhileThinking: true,
  toolName: /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/,
  // https://github.com/MoonshotAI/kimi-code/issues/3942
  cache: { ...shared.cache, lifetimeMs: { '5m': 300_000, '1h': 3_600_000 } },
}

/** The models of Moonshot's own endpoint. */
export const moonshotModels: readonly SimulatedModel[] = [
  {
    ...shared,
    id: 'kimi-k2.6',
    thinking: 'unless-disabled',
    parameters: {
      ...parameters,
      temperature: { kind: 'locked', value: 1, withoutThinking: 0.6 },
      thinking: { kind: 'typed-object', types: ['enabled', 'disabled'] },
    },
  },
  { ...code, id: 'kimi-k2.7-code' },
  { ...code, id: 'kimi-k2.7-code-highspeed' },
  { ...effort, id: 'kimi-k3' },
  { ...effort, id: 'kimi-k3.1-pro' },
  { ...effort, id: 'kimi-k3.1-pro-highspeed' },
]
