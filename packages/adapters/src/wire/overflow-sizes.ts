import type { ContextOverflow } from '@capstan/core'

type Count = keyof ContextOverflow

interface Form {
  readonly text: RegExp
  /** What the groups of the expression are; groups of one name are added up. */
  readonly groups: readonly Count[]
}

/**
 * The forms in which servers report the sizes of a request that exceeds the context; the first that fits counts. A number is read only
 * where the text says what it is: "at least 9 input tokens" and "about 9 tokens of text input" are not the size of the prompt.
 *
 * @see https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/serving_engine.py
 * @see https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/tokenizer_manager.py
 * @see https://platform.moonshot.ai/docs/api/errors
 */
const forms: readonly Form[] = [
  // DeepSeek, older vLLM, OpenAI; the functions are part of the prompt.
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (\d+) tokens \((\d+) in the (?:messages|prompt), (\d+) in the functions,? and (\d+) in the completion\)/,
    groups: ['windowTokens', 'requestedTokens', 'promptTokens', 'promptTokens', 'outputTokens'],
  },
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (\d+) tokens \((\d+) in (?:the messages|your prompt)[,;] (\d+) (?:in|for) the completion\)/,
    groups: ['windowTokens', 'requestedTokens', 'promptTokens', 'outputTokens'],
  },
  { text: /maximum context length is (\d+) tokens[\s\S]{0,60}?your messages resulted in (\d+) tokens/, groups: ['windowTokens', 'promptTokens'] },
  // vLLM.
  {
    text: /is too large: (\d+)\. This model's maximum context length is (\d+) tokens and your request has (\d+) input tokens/,
    groups: ['outputTokens', 'windowTokens', 'promptTokens'],
  },
  { text: /maximum context length is (\d+) tokens and your request has (\d+) input tokens/, groups: ['windowTokens', 'promptTokens'] },
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (\d+) output tokens and your prompt contains (\d+) input tokens/,
    groups: ['windowTokens', 'outputTokens', 'promptTokens'],
  },
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (\d+) output tokens and your prompt contains at least/,
    groups: ['windowTokens', 'outputTokens'],
  },
  {
    text: /passed (\d+) input tokens and requested (\d+) output tokens[\s\S]{0,200}?context length is only (\d+)/,
    groups: ['promptTokens', 'outputTokens', 'windowTokens'],
  },
  { text: /prompt \(length (\d+)\) is longer than the maximum model length of (\d+)/, groups: ['promptTokens', 'windowTokens'] },
  // SGLang.
  {
    text: /maximum context length of (\d+) tokens[\s\S]{0,60}?a total of (\d+) tokens: (\d+) tokens from the input messages and (\d+) tokens for the completion/,
    groups: ['windowTokens', 'requestedTokens', 'promptTokens', 'outputTokens'],
  },
  { text: /input \((\d+) tokens\) is longer than the model's context length \((\d+) tokens\)/, groups: ['promptTokens', 'windowTokens'] },
  // llama.cpp.
  { text: /request \((\d+) tokens\) exceeds the available context size \((\d+) tokens\)/, groups: ['promptTokens', 'windowTokens'] },
  // Moonshot: with the output at its own endpoint, without it elsewhere.
  { text: /exceeded model token limit: (\d+) \(requested: (\d+)\)/, groups: ['windowTokens', 'requestedTokens'] },
  // OpenRouter estimates the prompt, and knows the output limit exactly.
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested about (\d+) tokens \([^)]{0,120}?(\d+) in the output\)/,
    groups: ['windowTokens', 'requestedTokens', 'outputTokens'],
  },
  { text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (?:about )?(\d+) tokens/, groups: ['windowTokens', 'requestedTokens'] },
  // Mistral, LM Studio.
  { text: /contains (\d+) tokens, too large for model with (\d+) maximum context length/, groups: ['promptTokens', 'windowTokens'] },
  { text: /is loaded with context length of only (\d+) tokens/, groups: ['windowTokens'] },
  { text: /maximum context length is (\d+) tokens/, groups: ['windowTokens'] },
]

/** More is not a number of tokens. */
const maxTokens = 1_000_000_000

/**
 * The sizes in a refusal because of the context window.
 *
 * @param message - What the provider said.
 * @param fields - Sizes that fields of the error have: they go before those of the text.
 * @returns `undefined` where there are none, and where they contradict each other: then none of them can be trusted.
 */
export function overflowSizes(message: string, fields: ContextOverflow = {}): ContextOverflow | undefined {
  const said = message.slice(0, 4_000).replace(/(\d),(?=\d{3}\b)/g, '$1')
  const sizes = { ...readText(said), ...fields }
  return Object.keys(sizes).length === 0 || contradicts(sizes) ? undefined : sizes
}

function readText(said: string): ContextOverflow | undefined {
  for (const { text, groups } of forms) {
    const match = text.exec(said)
    if (match === null) continue
    const counts: Partial<Record<Count, number>> = {}
    for (const [index, name] of groups.entries()) counts[name] = (counts[name] ?? 0) + Number(match[index + 1])
    return counts
  }
  return undefined
}

/** A request that fits into the window is not refused because of it. */
function contradicts({ windowTokens = 0, promptTokens = 0, outputTokens = 0, requestedTokens }: ContextOverflow): boolean {
  const isPossible = [windowTokens, promptTokens, outputTokens, requestedTokens ?? 0].every(
    (count) => Number.isSafeInteger(count) && count >= 0 && count <= maxTokens,
  )
  if (!isPossible || windowTokens < 1) return true
  if (promptTokens > 0 && promptTokens + outputTokens < windowTokens) return true
  if (requestedTokens === undefined) return false
  return requestedTokens < windowTokens || promptTokens > requestedTokens
}
