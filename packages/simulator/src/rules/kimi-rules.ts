import type { RefusalRules } from './refusal-rules.ts'

/**
 * The messages of Moonshot.
 *
 * @see https://github.com/MoonshotAI/kimi-code/blob/main/packages/kosong/src/errors.ts
 * @see https://platform.moonshot.ai/docs/api/errors
 */
export const kimiRules: RefusalRules = {
  refusedParameter: '{model} does not support the parameter `{name}`',
  invalidParameter: 'Invalid request: invalid {name}: {rule}',
  lockedParameter: 'invalid {name}: only {value} is allowed for this model',
  forcedChoice: "tool_choice '{choice}' is incompatible with thinking enabled",
  choiceNeedsTools: "Invalid request: tool_choice 'required' needs at least one tool",
  streamOptionsAlone: 'stream_options should be set along with stream = true',
  logprobsAlone: 'Invalid top_logprobs and logprobs value',
  jsonWord: "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
  unknownRole: 'Invalid request: messages[{index}].role must be one of system, user, assistant, tool, got {role}',
  emptyAssistant: { message: "Invalid request: the message at position {index} with role 'assistant' must not be empty", blank: true },
  emptyText: 'Invalid request: text content is empty',
  missingContent: 'Invalid request: messages[{index}].content is missing',
  unknownPart: 'Invalid request: unsupported content part type {type} at messages[{index}]',
  // Two spaces: the server omits the id.
  orphanResult: 'Invalid request: tool_call_id  is not found',
  missingResult:
    "Invalid request: An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
  missingReasoning: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index {index}',
  successiveRoles: 'Invalid request: messages {previous} and {index} have the same role',
  refusedReasoning: 'messages.{index}.{field}: Extra inputs are not permitted',
  refusedCallId: "Invalid request: messages[{index}].tool_calls[{call}].id does not match the pattern '^[a-zA-Z0-9_-]+$'",
  oldTokenLimit: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  noTools: 'Invalid request: {model} does not support tools',
  overflow: { prompt: 'Invalid request: Your request exceeded model token limit: {context} (requested: {prompt})' },
}

/** Moonshot's own endpoint. */
export const moonshotRules: RefusalRules = {
  ...kimiRules,
  emptyAssistant: { message: "Invalid request: the message at position {index} with role 'assistant' must not be empty", blank: 'spaces' },
  remoteImage: 'Invalid request: messages[{index}]: unsupported image url, use base64 data or ms://file_id',
  overflow: {
    prompt: 'Invalid request: Input token length too long',
    together: 'Invalid request: Your request exceeded model token limit: {context} (requested: {total})',
  },
}
