import { deepseekVendorRules } from '../rules/deepseek-rules.ts'
import type { SimulatedModel } from './simulated-model.ts'

const shared: Omit<SimulatedModel, 'id' | 'contentParts'> = {
  family: 'deepseek',
  owner: 'deepseek',
  source: 'https://api-docs.deepseek.com/api/create-chat-completion',
  thinking: 'unless-disabled',
  contextTokens: 1_048_576,
  parameters: {
    model: { kind: 'structure' },
    messages: { kind: 'structure' },
    tools: { kind: 'structure' },
    stream: { kind: 'boolean' },
    stream_options: { kind: 'object' },
    // Accepted while the model thinks too, but without effect.
    temperature: { kind: 'number', minimum: 0, maximum: 2 },
    top_p: { kind: 'number', minimum: 0, maximum: 1 },
    presence_penalty: { kind: 'number', minimum: -2, maximum: 2 },
    frequency_penalty: { kind: 'number', minimum: -2, maximum: 2 },
    max_tokens: { kind: 'integer', minimum: 1, maximum: 393_216 },
    stop: { kind: 'strings', maxItems: 16 },
    response_format: { kind: 'typed-object', types: ['text', 'json_object', 'json_schema'] },
    tool_choice: { kind: 'tool-choice', values: ['none', 'auto', 'required'], named: true },
    logprobs: { kind: 'boolean' },
    top_logprobs: { kind: 'integer', minimum: 0, maximum: 20 },
    thinking: { kind: 'typed-object', types: ['enabled', 'disabled'] },
    reasoning_effort: { kind: 'one-of', values: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] },
    parallel_tool_calls: { kind: 'boolean' },
    user_id: { kind: 'text', pattern: /^[A-Za-z0-9_-]{1,512}$/ },
  },
  unlisted: {},
  refusals: deepseekVendorRules,
  maxTools: 128,
  toolName: /^[A-Za-z0-9_-]{1,64}$/,
  strictTools: true,
  partial: 'prefix',
  // A prompt of 17,000 tokens was counted as 12: https://github.com/QwenLM/qwen-code/pull/4518 (comment of 2026-05-26).
  toolsWithoutChoice: false,
  // 74 recorded hits are all multiples of 128, the smallest 256.
  // A reply is kept with its prompt, for some hours at least: https://api-docs.deepseek.com/guides/kv_cache
  cache: { granularityTokens: 128, minimumTokens: 256, replies: true, lifetimeMs: 7_200_000 },
}

/** `deepseek-flash` and `deepseek-v4-pro`, as DeepSeek's own pages document them. */
export const deepseekVendorModels: readonly SimulatedModel[] = [
  { ...shared, id: 'deepseek-flash', contentParts: ['text', 'image_url', 'file'] },
  { ...shared, id: 'deepseek-v4-pro', contentParts: ['text'] },
]
