import type { RefusalRules } from './refusal-rules.ts'

/** The error that chat templates of several models raise. */
const TEMPLATE_ALTERNATION = 'Conversation roles must alternate user/assistant/user/assistant/...'

/** Common to self-hosted servers: they check little, and report the messages of their parsers. */
const plain = {
  refusedParameter: 'Unrecognized request argument supplied: {name}',
  invalidParameter: 'Invalid {name}: {rule}',
  lockedParameter: 'Invalid {name}: it must be {value}',
  successiveRoles: TEMPLATE_ALTERNATION,
  refusedReasoning: 'messages.{index}.{field}: Extra inputs are not permitted',
  refusedCallId: "messages.{index}.tool_calls.{call}.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  oldTokenLimit: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
} as const

/**
 * vLLM.
 *
 * @see https://github.com/vllm-project/vllm/issues/43995 broken arguments of an earlier call
 * @see https://github.com/vllm-project/vllm/blob/main/vllm/renderers/params.py a prompt that is too long
 */
export const vllmRules: RefusalRules = {
  ...plain,
  choiceNeedsTools: 'When using `tool_choice`, `tools` must be set.',
  streamOptionsAlone: 'Stream options can only be defined when `stream=True`.',
  logprobsAlone: 'when using `top_logprobs`, `logprobs` must be set to true.',
  brokenArguments: { message: '{problem}', parser: 'python' },
  noTools: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
  overflow: {
    tellsLeast: true,
    prompt:
      "This model's maximum context length is {context} tokens. However, you requested {asked} output tokens and your prompt contains at least {prompt} input tokens, for a total of at least {total} tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value={prompt})",
    together:
      "This model's maximum context length is {context} tokens. However, you requested {asked} output tokens and your prompt contains at least {prompt} input tokens, for a total of at least {total} tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value={prompt})",
  },
}

/**
 * SGLang.
 *
 * @see https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/tokenizer_manager.py a prompt that is too long
 */
export const sglangRules: RefusalRules = {
  ...plain,
  brokenArguments: { message: '{problem}', parser: 'python' },
  noTools: 'Tool call parser is not set: start the server with --tool-call-parser',
  overflow: {
    prompt: "The input ({prompt} tokens) is longer than the model's context length ({context} tokens).",
    together:
      "Requested token count exceeds the model's maximum context length of {context} tokens. You requested a total of {total} tokens: {prompt} tokens from the input messages and {asked} tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
  },
}

/**
 * llama.cpp's server.
 *
 * @see https://github.com/0xPlaygrounds/rig/tree/main/tests/cassettes/llamacpp recorded refusals
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 */
export const llamaCppRules: RefusalRules = {
  ...plain,
  successiveRoles: { status: 500, text: `Jinja Exception: ${TEMPLATE_ALTERNATION}`, type: 'server_error' },
  brokenArguments: { message: { status: 500, text: 'Failed to parse tool call arguments as JSON: {problem}', type: 'server_error' }, parser: 'nlohmann' },
  noTools: { status: 500, text: 'tools param requires --jinja flag', type: 'server_error' },
  overflow: {
    prompt: {
      status: 400,
      text: 'request ({prompt} tokens) exceeds the available context size ({context} tokens), try increasing it',
      type: 'exceed_context_size_error',
    },
    fields: { context: 'n_ctx', prompt: 'n_prompt_tokens' },
  },
}

/**
 * Ollama's `/v1`. It cuts a prompt that is too long and does not say so.
 *
 * @see https://github.com/ollama/ollama/blob/main/openai/openai.go
 */
export const ollamaRules: RefusalRules = {
  ...plain,
  emptyAssistant: { message: 'invalid message content type: <nil>', blank: false },
  missingContent: 'invalid message content type: <nil>',
  unknownPart: 'invalid message format',
  remoteImage: 'invalid image input',
  brokenArguments: { message: 'invalid tool call arguments', parser: 'none' },
  noTools: '"{model}" does not support tools',
}

/**
 * OpenRouter: its own messages, and those of the hosts that it forwards to.
 *
 * @see https://openrouter.ai/docs/api-reference/errors
 */
export const openRouterRules: RefusalRules = {
  ...plain,
  // The hosts that check ids do so after they have turned the message into blocks of their own.
  refusedCallId: "messages.{index}.content.{call}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  noTools: {
    status: 404,
    text: 'No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing',
  },
  overflow: {
    prompt:
      'This endpoint\'s maximum context length is {context} tokens. However, you requested about {total} tokens ({prompt} of text input, {asked} in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
    together:
      'This endpoint\'s maximum context length is {context} tokens. However, you requested about {total} tokens ({prompt} of text input, {asked} in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
  },
}
