import { deepseekRules } from '../rules/deepseek-rules.ts'
import type { ParameterRule, SimulatedModel } from './simulated-model.ts'

const shared: Readonly<Record<string, ParameterRule>> = {
  model: { kind: 'structure' },
  messages: { kind: 'structure' },
  stream: { kind: 'boolean' },
  stream_options: { kind: 'object' },
  max_tokens: { kind: 'integer', minimum: 1 },
  presence_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  frequency_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  stop: { kind: 'strings', maxItems: 16 },
  logprobs: { kind: 'boolean' },
  top_logprobs: { kind: 'integer', minimum: 0, maximum: 20 },
  thinking: { kind: 'typed-object', types: ['enabled', 'disabled'] },
  top_k: { kind: 'refused' },
  n: { kind: 'refused' },
}

const base: Omit<SimulatedModel, 'id' | 'thinking' | 'parameters'> = {
  family: 'deepseek',
  owner: 'deepseek',
  source: 'https://docs.evolink.ai/en/api-manual/language-series/deepseek/deepseek-reference',
  contextTokens: 1_048_576,
  unlisted: {},
  refusals: deepseekRules,
  maxTools: 128,
  toolName: /^[A-Za-z0-9_-]{1,64}$/,
  contentParts: ['text'],
  partial: false,
  // Seen at DeepSeek's own endpoint: https://github.com/QwenLM/qwen-code/pull/4518 (comment of 2026-05-26).
  toolsWithoutChoice: false,
  cache: { granularityTokens: 64, minimumTokens: 64 },
}

/** `deepseek-chat` and `deepseek-reasoner`, as their page documents them. */
export const deepseekModels: readonly SimulatedModel[] = [
  {
    ...base,
    id: 'deepseek-chat',
    thinking: 'when-enabled',
    parameters: {
      ...shared,
      temperature: { kind: 'number', minimum: 0, maximum: 2 },
      top_p: { kind: 'number', minimum: 0, maximum: 1 },
      response_format: { kind: 'typed-object', types: ['text', 'json_object'] },
      tools: { kind: 'structure' },
      tool_choice: { kind: 'one-of', values: ['none', 'auto', 'required'] },
    },
  },
  {
    ...base,
    id: 'deepseek-reasoner',
    thinking: 'unless-disabled',
    // The page: these five are rejected upstream.
    parameters: {
      ...shared,
      temperature: { kind: 'refused' },
      top_p: { kind: 'refused' },
      response_format: { kind: 'refused' },
      tools: { kind: 'refused' },
      tool_choice: { kind: 'refused' },
    },
  },
]
