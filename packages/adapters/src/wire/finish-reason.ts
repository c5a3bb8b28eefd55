import type { FinishMeaning, ModelProfile } from '../profiles/profile.ts'

/** The words of chat completions, and those of other servers that are known. A profile can say otherwise. */
const words: Readonly<Record<string, FinishMeaning>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'content-filter',
  sensitive: 'content-filter',
  insufficient_system_resource: 'overloaded',
  repetition_truncation: 'failed',
  network_error: 'failed',
  error: 'failed',
  aborted: 'failed',
}

/** What a provider's finish word means; `other` for a word we do not know. */
export function decodeFinishReason(word: string, profile: ModelProfile): FinishMeaning {
  const own = profile.finishWords
  if (own !== undefined && Object.hasOwn(own, word)) return own[word] ?? 'other'
  return Object.hasOwn(words, word) ? (words[word] ?? 'other') : 'other'
}
