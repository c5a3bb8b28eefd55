import type { RefusalRules } from './refusal-rules.ts'

/**
 * The messages of DeepSeek; where they have changed, those from the time of V3.2.
 *
 * @see https://github.com/0xPlaygrounds/rig/tree/main/tests/cassettes/deepseek recorded refusals
 * @see https://api-docs.deepseek.com/guides/thinking_mode
 */
export const deepseekRules: RefusalRules = {
  refusedParameter: '{model} does not support the parameter `{name}`',
  invalidParameter: 'Invalid {name} value, {rule}',
  lockedParameter: 'Invalid {name} value, it must be {value}',
  forcedChoice: 'Thinking mode does not support this tool_choice',
  choiceNeedsTools: "Invalid request: tool_choice 'required' needs at least one tool",
  streamOptionsAlone: 'stream_options should be set along with stream = true',
  logprobsAlone: 'Invalid top_logprobs and logprobs value',
  jsonWord: "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
  unknownRole: 'Invalid request: messages[{index}].role must be one of system, user, assistant, tool, got {role}',
  emptyAssistant: { message: 'Invalid assistant message: content or tool_calls must be set', blank: false },
  missingContent: 'Invalid request: messages[{index}].content is missing',
  unknownPart:
    'Failed to deserialize the JSON body into the target type: messages[{index}]: unknown variant `{type}`, expected `text` at line 1 column {column}',
  toolParts: 'Invalid request: messages[{index}].content must be a string',
  orphanResult: "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
  missingResult:
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
  missingReasoning:
    'Missing `reasoning_content` field in the assistant message at message index {index}. For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls',
  successiveRoles:
    '{model} does not support successive user or assistant messages (messages[{previous}] and messages[{index}] in your input). You should interleave the user/assistant messages in the message sequence.',
  refusedReasoning: 'The `reasoning_content` field is not allowed in the input messages.',
  refusedCallId: "Invalid request: messages[{index}].tool_calls[{call}].id does not match the pattern '^[a-zA-Z0-9_-]+$'",
  oldTokenLimit: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  noTools: '{model} does not support Function Calling',
  overflow: {
    prompt:
      "This model's maximum context length is {context} tokens. However, you requested {total} tokens ({prompt} in the messages, {asked} in the completion). Please reduce the length of the messages or completion.",
    together:
      "This model's maximum context length is {context} tokens. However, you requested {total} tokens ({prompt} in the messages, {asked} in the completion). Please reduce the length of the messages or completion.",
  },
}

/** DeepSeek's own endpoint since V4. */
export const deepseekVendorRules: RefusalRules = {
  ...deepseekRules,
  missingReasoning: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
  jsonSchema: 'This response_format type is unavailable now',
  unknownRole:
    'Failed to deserialize the JSON body into the target type: messages[{index}].role: unknown variant `{role}`, expected one of `system`, `user`, `assistant`, `tool` at line 1 column {column}',
}
