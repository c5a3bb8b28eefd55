// The AI SDK side of docs/from-ai-sdk.md. Each function is one row of the page; moving.test.ts runs them against the simulator.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, type LanguageModel, type ModelMessage, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

export function modelOf(baseURL: string): LanguageModel {
  const apiKey = 'test-key'
  // region model
  const provider = createOpenAICompatible({ name: 'evolink', baseURL, apiKey })
  const model = provider('kimi-k2-thinking')
  // endregion
  return model
}

// region tool
const getWeather = tool({
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }, { abortSignal }) => ({ city, celsius: await degrees(city, abortSignal) }),
})
// endregion

export async function run(model: LanguageModel): Promise<string> {
  // region run
  const { text } = await generateText({
    model,
    instructions: 'Answer with the facts of the tools.',
    tools: { get_weather: getWeather },
    stopWhen: stepCountIs(10),
    prompt: 'How warm is it in Oslo?',
  })
  // endregion
  return text
}

export async function stream(model: LanguageModel, write: (text: string) => void): Promise<void> {
  // region stream
  const { fullStream } = streamText({ model, tools: { get_weather: getWeather }, stopWhen: stepCountIs(10), prompt: 'How warm is it in Oslo?' })
  for await (const part of fullStream) {
    if (part.type === 'text-delta') write(part.text)
    if (part.type === 'tool-result') write(`[${part.toolName}] `)
    if (part.type === 'error') throw part.error
  }
  // endregion
}

export async function output(model: LanguageModel): Promise<{ readonly city: string; readonly celsius: number }> {
  // region output
  const schema = z.object({ city: z.string(), celsius: z.number() })
  const { output } = await generateText({ model, output: Output.object({ schema }), prompt: 'Oslo has 4 degrees. Answer as JSON with city and celsius.' })
  // endregion
  return output
}

export async function conversation(model: LanguageModel): Promise<string> {
  // region conversation
  const messages: ModelMessage[] = [{ role: 'user', content: 'Hello.' }]
  const { responseMessages } = await generateText({ model, messages })
  messages.push(...responseMessages, { role: 'user', content: 'And goodbye.' })
  const { text } = await generateText({ model, messages })
  // endregion
  return text
}

export async function approval(model: LanguageModel, isAllowed: (input: unknown) => boolean): Promise<string> {
  // region approval
  const pay = tool({ description: 'Pays an invoice.', inputSchema: z.object({ invoice: z.string() }), execute: ({ invoice }) => `Paid ${invoice}.` })
  const options = { model, tools: { pay }, toolApproval: { pay: 'user-approval' }, stopWhen: stepCountIs(10) } as const
  const messages: ModelMessage[] = [{ role: 'user', content: 'Pay INV-7.' }]
  const { content, responseMessages } = await generateText({ ...options, messages })
  const asked = content.filter((part) => part.type === 'tool-approval-request')
  messages.push(...responseMessages, {
    role: 'tool',
    content: asked.map(({ approvalId, toolCall }) => ({ type: 'tool-approval-response', approvalId, approved: isAllowed(toolCall.input) })),
  })
  const { text } = await generateText({ ...options, messages })
  // endregion
  return text
}

async function degrees(city: string, signal: AbortSignal | undefined): Promise<number> {
  signal?.throwIfAborted()
  return await Promise.resolve(city.length)
}
