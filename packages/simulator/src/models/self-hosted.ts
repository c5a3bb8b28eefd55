import { llamaCppRules, ollamaRules, openRouterRules, sglangRules, vllmRules } from '../rules/self-hosted-rules.ts'
import type { ParameterRule, SimulatedModel } from './simulated-model.ts'

const parameters: Readonly<Record<string, ParameterRule>> = {
  model: { kind: 'structure' },
  messages: { kind: 'structure' },
  tools: { kind: 'structure' },
  stream: { kind: 'boolean' },
  stream_options: { kind: 'object' },
  temperature: { kind: 'number', minimum: 0, maximum: 2 },
  top_p: { kind: 'number', minimum: 0, maximum: 1 },
  top_k: { kind: 'integer', minimum: -1 },
  presence_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  frequency_penalty: { kind: 'number', minimum: -2, maximum: 2 },
  n: { kind: 'integer', minimum: 1 },
  seed: { kind: 'integer', minimum: 0 },
  max_tokens: { kind: 'integer', minimum: 1 },
  max_completion_tokens: { kind: 'integer', minimum: 1 },
  stop: { kind: 'strings', maxItems: 1_000 },
  response_format: { kind: 'typed-object', types: ['text', 'json_object', 'json_schema'] },
  tool_choice: { kind: 'tool-choice', values: ['none', 'auto', 'required'], named: true },
  logprobs: { kind: 'boolean' },
  top_logprobs: { kind: 'integer', minimum: 0, maximum: 20 },
  parallel_tool_calls: { kind: 'boolean' },
  chat_template_kwargs: { kind: 'object' },
  user: { kind: 'text' },
}

const loose = {
  parameters,
  unlisted: {},
  maxTools: Number.POSITIVE_INFINITY,
  toolName: /./,
  looseTools: true,
  partial: false,
  cache: { granularityTokens: 16, minimumTokens: 16 },
} as const satisfies Partial<SimulatedModel>

/** These weights generate an empty reply after ids that are not their own: https://github.com/MoonshotAI/kimi-code/issues/3429 */
const kimiWeights = { thinking: 'always', contextTokens: 262_144, contentParts: ['text'], owner: 'moonshotai' } as const
const kimiIds = { callIds: 'kimi', needsOwnIds: true } as const
/** DeepSeek V3.2 thinks when an argument of its chat template enables it. */
const deepseekWeights = { thinking: 'when-enabled', contextTokens: 163_840, contentParts: ['text'], owner: 'deepseek-ai' } as const

const vllm = { ...loose, family: 'vllm', source: 'https://docs.vllm.ai/en/latest/features/tool_calling', refusals: vllmRules } as const

/** Kimi and DeepSeek weights on vLLM. */
export const vllmModels: readonly SimulatedModel[] = [
  { ...vllm, ...kimiWeights, ...kimiIds, id: 'moonshotai/Kimi-K2-Thinking' },
  { ...vllm, ...deepseekWeights, id: 'deepseek-ai/DeepSeek-V3.2' },
]

const sglang = { ...loose, family: 'sglang', source: 'https://docs.sglang.ai/advanced_features/tool_parser.html', refusals: sglangRules } as const

/** Kimi and DeepSeek weights on SGLang. */
export const sglangModels: readonly SimulatedModel[] = [
  { ...sglang, ...kimiWeights, ...kimiIds, id: 'moonshotai/Kimi-K2-Thinking' },
  { ...sglang, ...deepseekWeights, id: 'deepseek-ai/DeepSeek-V3.2' },
]

const llamaCpp = {
  ...loose,
  family: 'llama.cpp',
  source: 'https://github.com/ggml-org/llama.cpp/blob/master/docs/function-calling.md',
  refusals: llamaCppRules,
} as const

/** One model at a time, for any name. */
export const llamaCppModels: readonly SimulatedModel[] = [
  { ...llamaCpp, ...kimiWeights, contextTokens: 131_072, id: 'kimi-k2-thinking.gguf' },
  { ...llamaCpp, ...deepseekWeights, contextTokens: 131_072, id: 'deepseek-v3.2.gguf' },
]

// Its page lists no `tool_choice`, and its code does not read one.
const { tool_choice: _choice, n: _n, max_completion_tokens: _limit, ...ollamaParameters } = parameters
const ollama = {
  ...loose,
  parameters: { ...ollamaParameters, reasoning_effort: { kind: 'one-of', values: ['high', 'medium', 'low', 'none'] } },
  family: 'ollama',
  source: 'https://docs.ollama.com/api/openai-compatibility',
  refusals: ollamaRules,
} as const satisfies Partial<SimulatedModel>

/** Kimi and DeepSeek weights on Ollama. */
export const ollamaModels: readonly SimulatedModel[] = [
  { ...ollama, ...kimiWeights, contentParts: ['text', 'image_url'], id: 'kimi-k2-thinking' },
  { ...ollama, ...deepseekWeights, thinking: 'unless-disabled', contentParts: ['text', 'image_url'], id: 'deepseek-v3.2' },
]

const openRouter = {
  ...loose,
  parameters: { ...parameters, reasoning: { kind: 'object' }, provider: { kind: 'object' }, usage: { kind: 'object' } },
  family: 'openrouter',
  source: 'https://openrouter.ai/docs/api-reference/overview',
  refusals: openRouterRules,
} as const satisfies Partial<SimulatedModel>

/** The same weights behind OpenRouter. */
export const openRouterModels: readonly SimulatedModel[] = [
  { ...openRouter, ...kimiWeights, callIds: 'kimi', id: 'moonshotai/kimi-k2-thinking' },
  { ...openRouter, ...deepseekWeights, id: 'deepseek/deepseek-v3.2' },
]
