import type { ParameterRule } from './parameters.ts'
import { plainProfile } from './plain.ts'
import type { ModelProfile } from './profile.ts'
import { openParameters } from './rules.ts'
import type { Source } from './source.ts'

const read = '2026-11-21'
const kimiRules: Source = { url: 'https://github.com/MoonshotAI/K2-Vendor-Verifier', read }
const templates: Source = { url: 'https://github.com/MoonshotAI/Kimi-Vendor-Verifier', read }

/** Self-hosted servers switch thinking by a variable of the chat template. */
const templateThinking: ParameterRule = {
  kind: 'choice',
  wire: 'chat_template_kwargs',
  values: ['enabled', 'disabled'],
  sends: { enabled: { thinking: true }, disabled: { thinking: false } },
  source: templates,
}

const kimi = {
  ...plainProfile,
  source: kimiRules,
  parameters: {
    ...openParameters,
    temperature: { note: '1.0 is recommended' },
    thinking: templateThinking,
    keepReasoning: { wire: 'chat_template_kwargs', adds: { preserve_thinking: true }, source: templates },
    reasoningEffort: {
      kind: 'choice',
      wire: 'chat_template_kwargs',
      values: ['low', 'high', 'max'],
      sends: { low: { thinking_effort: 'low' }, high: { thinking_effort: 'high' }, max: { thinking_effort: 'max' } },
      source: templates,
    },
  },
  toolChoice: { values: ['auto', 'none'] },
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'always', flips: true },
  callIds: 'kimi',
  recovers: ['text', 'reasoning'],
  thinkTags: true,
} as const satisfies ModelProfile

const deepseek = {
  ...plainProfile,
  parameters: { ...openParameters, thinking: templateThinking },
  toolChoice: { values: ['auto', 'none'] },
  streamUsage: 'yes',
  recovers: ['text', 'reasoning'],
  thinkTags: true,
} as const satisfies ModelProfile

const vllm = { endpoint: 'vllm', callInputs: 'json' } as const
const sglang = { endpoint: 'sglang', callInputs: 'json' } as const
const vllmReasoning: Source = { url: 'https://docs.vllm.ai/en/latest/features/reasoning_outputs', read }
const vllmTools: Source = { url: 'https://docs.vllm.ai/en/latest/features/tool_calling', read }
const sglangTools: Source = { url: 'https://docs.sglang.ai/advanced_features/tool_parser.html', read }

/** Kimi K2 weights on vLLM: needs `--enable-auto-tool-choice --tool-call-parser kimi_k2` and a reasoning parser. */
const vllmKimi: ModelProfile = {
  ...kimi,
  ...vllm,
  sources: { reasoning: vllmReasoning, toolChoice: vllmTools },
  reasoning: { ...kimi.reasoning, field: 'reasoning' },
  notes: [
    '`required` is not accepted: a forced tool choice bypassed the parser of the model and produced ids that K2 does not know (https://github.com/vllm-project/vllm/pull/46344).',
  ],
}

/** DeepSeek weights on vLLM: needs `--tool-call-parser deepseek_v3`, `deepseek_v31`, … to fit the weights. */
const vllmDeepseek: ModelProfile = {
  ...deepseek,
  ...vllm,
  source: vllmTools,
  sources: { reasoning: vllmReasoning },
  reasoning: { field: 'reasoning', passBack: 'present', flips: true },
}

/** Kimi K2 weights on SGLang. */
const sglangKimi: ModelProfile = {
  ...kimi,
  ...sglang,
  sources: { tools: sglangTools },
  notes: ['Streamed tool calls may have the finish reason `stop` (https://github.com/sgl-project/sglang/issues/7934); they are run all the same.'],
}

/** DeepSeek weights on SGLang. */
const sglangDeepseek: ModelProfile = {
  ...deepseek,
  ...sglang,
  source: sglangTools,
  notes: [
    'A chat template and a parser that do not match leave markup in the text (https://github.com/sgl-project/sglang/issues/17141); tool calls are recovered from it.',
  ],
}

/** Any of the weights on llama.cpp: needs `--jinja`. */
const llamaCpp: ModelProfile = {
  ...plainProfile,
  endpoint: 'llama.cpp',
  source: { url: 'https://github.com/ggml-org/llama.cpp/blob/master/docs/function-calling.md', read },
  callInputs: 'json',
  recovers: ['text', 'reasoning'],
  thinkTags: true,
}

/** Any of the weights on Ollama, through its `/v1`. */
const ollama: ModelProfile = {
  ...plainProfile,
  endpoint: 'ollama',
  callInputs: 'json',
  source: { url: 'https://docs.ollama.com/api/openai-compatibility', read },
  toolChoice: { values: ['auto', 'none'], onlyWhenAsked: true },
  reasoning: { field: 'reasoning', passBack: 'present', flips: true },
  recovers: ['text', 'reasoning'],
  thinkTags: true,
  notes: ['The page does not list `tool_choice`: it is sent only on request, and the server may ignore it.'],
}

/** OpenRouter: many hosts behind one endpoint, of differing quality. */
const openRouter: ModelProfile = {
  ...plainProfile,
  endpoint: 'openrouter',
  source: { url: 'https://openrouter.ai/docs/api-reference/overview', read },
  reasoning: { field: 'reasoning', passBack: 'present', flips: true },
  streamUsage: 'yes',
  recovers: ['text', 'reasoning'],
  notes: ['Hosts differ in quality: select them with `extraBody: { provider: { only: […] } }` and check them with `capstan verify`.'],
}

/** Servers that run the same weights, and the plain default. */
export type ProfileName = 'plain' | 'vllmKimi' | 'vllmDeepseek' | 'sglangKimi' | 'sglangDeepseek' | 'llamaCpp' | 'ollama' | 'openRouter'

/** Profiles for `openaiCompatible`. */
export const profiles: Readonly<Record<ProfileName, ModelProfile>> = {
  plain: plainProfile,
  vllmKimi,
  vllmDeepseek,
  sglangKimi,
  sglangDeepseek,
  llamaCpp,
  ollama,
  openRouter,
}
