import OpenAI from 'openai'
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import { type Client, defaultPrompt, type Parsed, type ParsedUsage, type Question } from './parsed.ts'

/** The `openai` client for a simulator, without retries by default. */
export function openaiClient({ baseURL, apiKey, maxRetries }: Pick<Question, 'baseURL' | 'apiKey' | 'maxRetries'>): OpenAI {
  return new OpenAI({ baseURL, apiKey: apiKey ?? 'sk-test', maxRetries: maxRetries ?? 0, logLevel: 'off' })
}

export const openaiWhole: Client = {
  name: 'openai',
  library: 'openai',
  streams: false,
  async ask(question) {
    const completion = await openaiClient(question).chat.completions.create(paramsOf(question), { signal: question.signal })
    // The client treats every body as a completion, even text, an error or an empty body.
    if (!completion?.choices) throw new Error(`Taken for a completion: ${JSON.stringify(completion)}`)
    return parsedOf(completion, reasoningIn(completion.choices[0]?.message))
  },
}

/** The client assembles the stream itself. */
export const openaiStream: Client = {
  name: 'openai, streamed',
  library: 'openai',
  streams: true,
  async ask(question) {
    const params = { stream_options: { include_usage: true }, ...paramsOf(question), stream: true as const }
    const stream = openaiClient(question).chat.completions.stream(params, { signal: question.signal })
    const chunks: ChatCompletionChunk[] = []
    stream.on('chunk', (chunk) => chunks.push(chunk))
    const completion = await stream.finalChatCompletion()
    // The vendors' pages also read `reasoning_content` from the chunks, because the client keeps only the last piece of an unknown field.
    return parsedOf(completion, chunks.map((chunk) => reasoningIn(chunk.choices[0]?.delta)).join(''))
  },
}

function paramsOf({ model, prompt, parameters, tools }: Question): ChatCompletionCreateParamsNonStreaming {
  // Rows of the tables have values that the types of the client do not allow.
  return {
    model,
    messages: [{ role: 'user', content: prompt ?? defaultPrompt }],
    ...(tools && { tools }),
    ...parameters,
  } as ChatCompletionCreateParamsNonStreaming
}

function parsedOf(completion: ChatCompletion, reasoning: string): Parsed {
  const choice = completion.choices[0]
  if (choice === undefined) throw new Error('The completion has no choice.')
  return {
    text: choice.message.content ?? '',
    reasoning,
    calls: (choice.message.tool_calls ?? []).map((call) => {
      if (call.type !== 'function') throw new Error(`a call of type ${call.type}`)
      return { id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }
    }),
    finishReason: choice.finish_reason,
    usage: usageOf(completion.usage),
    id: completion.id,
    model: completion.model,
    createdSeconds: completion.created,
    fingerprint: completion.system_fingerprint,
    logprobs: (choice.logprobs?.content ?? []).map(({ token }) => token),
  }
}

export function usageOf(usage: ChatCompletion['usage'] | null): ParsedUsage | undefined {
  if (!usage) return undefined
  return {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    total: usage.total_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens,
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  }
}

/** The types of the client do not have this field. */
export function reasoningIn(value: object | undefined): string {
  return value !== undefined && 'reasoning_content' in value && typeof value.reasoning_content === 'string' ? value.reasoning_content : ''
}
