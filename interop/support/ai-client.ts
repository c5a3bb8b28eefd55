import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, type LanguageModelUsage, streamText, type ToolSet, tool } from 'ai'
import { type Client, defaultPrompt, type Parsed, type ParsedUsage, type Question, type WireTool } from './parsed.ts'

interface RawAnswer {
  readonly system_fingerprint?: string
  readonly choices?: readonly { readonly logprobs?: { readonly content?: readonly { readonly token: string }[] } | null }[]
}

/** A provider of the AI SDK for a simulator. With a metadata extractor the library gives access to fields that it does not know. */
export function aiProvider({ baseURL, apiKey }: Pick<Question, 'baseURL' | 'apiKey'>, { includeUsage = true } = {}): OpenAICompatibleProvider {
  return createOpenAICompatible({
    name: 'evolink',
    baseURL,
    apiKey: apiKey ?? 'sk-test',
    includeUsage,
    metadataExtractor: {
      extractMetadata: ({ parsedBody }) => Promise.resolve({ evolink: metadataOf([parsedBody as RawAnswer]) }),
      createStreamExtractor() {
        const chunks: RawAnswer[] = []
        return { processChunk: (chunk) => void chunks.push(chunk as RawAnswer), buildMetadata: () => ({ evolink: metadataOf(chunks) }) }
      },
    },
  })
}

export const aiWhole: Client = {
  name: 'ai',
  library: 'ai',
  streams: false,
  async ask(question) {
    const result = await generateText(optionsOf(question))
    return parsedOf(result, result.finalStep)
  },
}

export const aiStream: Client = {
  name: 'ai, streamed',
  library: 'ai',
  streams: true,
  async ask(question) {
    // Errors arrive as parts; without a listener they are also written to the console.
    const result = streamText({ ...optionsOf(question), onError: () => undefined })
    for await (const part of result.fullStream) if (part.type === 'error') throw part.error
    return parsedOf({ text: await result.text, usage: await result.usage }, await result.finalStep)
  },
}

type Step = Awaited<ReturnType<typeof generateText>>['finalStep']

function optionsOf(question: Question) {
  const { settings, rest } = settingsOf(question.parameters ?? {})
  return {
    model: aiProvider(question)(question.model),
    prompt: question.prompt ?? defaultPrompt,
    maxRetries: question.maxRetries ?? 0,
    ...(question.signal && { abortSignal: question.signal }),
    ...(question.tools && { tools: toolsOf(question.tools) }),
    ...settings,
    ...(question.toolName && { toolChoice: { type: 'tool' as const, toolName: question.toolName } }),
    // Parameters without a setting of the library are passed as provider options.
    providerOptions: { evolink: rest },
  }
}

/** The settings of the library, by the names of the parameters on the wire. The library checks their types before it sends them. */
const named = {
  temperature: ['temperature', isNumber],
  top_p: ['topP', isNumber],
  max_tokens: ['maxOutputTokens', (value) => Number.isInteger(value) && Number(value) >= 1],
  presence_penalty: ['presencePenalty', isNumber],
  frequency_penalty: ['frequencyPenalty', isNumber],
  stop: ['stopSequences', (value) => Array.isArray(value)],
  tool_choice: ['toolChoice', (value) => typeof value === 'string'],
} as const satisfies Record<string, readonly [string, (value: unknown) => boolean]>

export function settingsOf(parameters: Readonly<Record<string, unknown>>) {
  const isNamed = ([name, value]: readonly [string, unknown]): boolean => name in named && named[name as keyof typeof named][1](value)
  const entries = Object.entries(parameters)
  const settings = Object.fromEntries(entries.filter(isNamed).map(([name, value]) => [named[name as keyof typeof named][0], value]))
  // The values of the table are JSON.
  return { settings, rest: Object.fromEntries(entries.filter((entry) => !isNamed(entry))) as Record<string, string> }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

function toolsOf(tools: readonly WireTool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ function: { name, description, parameters } }) => [name, tool({ description, inputSchema: jsonSchema<unknown>(parameters) })]),
  )
}

function parsedOf(result: { readonly text: string; readonly usage: LanguageModelUsage }, step: Step): Parsed {
  const metadata = step.providerMetadata?.['evolink'] ?? {}
  return {
    text: result.text,
    reasoning: step.reasoningText ?? '',
    calls: step.toolCalls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, input })),
    finishReason: step.rawFinishReason ?? step.finishReason,
    usage: usageOf(result.usage),
    id: step.response.id,
    model: step.response.modelId,
    createdSeconds: step.response.timestamp.getTime() / 1000,
    fingerprint: metadata['fingerprint'] as string | undefined,
    logprobs: metadata['logprobs'] as readonly string[],
  }
}

function usageOf(usage: LanguageModelUsage): ParsedUsage | undefined {
  if (usage.raw === undefined) return undefined
  return {
    input: usage.inputTokens,
    output: usage.outputTokens,
    total: usage.totalTokens,
    cached: usage.inputTokenDetails.cacheReadTokens,
    reasoning: usage.outputTokenDetails.reasoningTokens,
  }
}

function metadataOf(answers: readonly RawAnswer[]) {
  const fingerprint = answers.find((answer) => answer.system_fingerprint !== undefined)?.system_fingerprint
  const logprobs = answers.flatMap((answer) => answer.choices?.[0]?.logprobs?.content ?? []).map(({ token }) => token)
  return { ...(fingerprint !== undefined && { fingerprint }), logprobs }
}
