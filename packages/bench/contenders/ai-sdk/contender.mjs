import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

globalThis.AI_SDK_LOG_WARNINGS = false

export const settings = ['`maxRetries: 0`', 'telemetry off (its default)', '`stopWhen: stepCountIs(10000)`', '`includeUsage: true`']

export async function create({ baseURL, apiKey, tool: { name, description }, mode, execute }) {
  if (mode !== 'plain' && mode !== 'iterate') return undefined
  const provider = createOpenAICompatible({ name: 'bench', baseURL, apiKey, includeUsage: true })
  const work = tool({ description, inputSchema: z.object({ step: z.number().int(), text: z.string() }), execute: (input) => execute(input) })
  const options = { model: provider('bench'), tools: { [name]: work }, stopWhen: stepCountIs(10_000), maxRetries: 0 }
  return {
    run: async (prompt, onText) => {
      if (mode === 'plain') return (await generateText({ ...options, prompt })).text
      const result = streamText({ ...options, prompt })
      for await (const delta of result.textStream) onText(delta)
      return await result.text
    },
    close: () => {},
  }
}
