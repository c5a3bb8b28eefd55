import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'

setTracingDisabled(true)

export const settings = ['`OpenAIChatCompletionsModel`', '`setTracingDisabled(true)`', '`maxRetries: 0` on its client', '`maxTurns: 10000`']

export async function create({ baseURL, apiKey, tool: { name, description }, mode, execute }) {
  if (mode !== 'plain' && mode !== 'iterate') return undefined
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
  const parameters = z.object({ step: z.number().int(), text: z.string() })
  const work = tool({ name, description, parameters, execute: (input) => execute(input) })
  const agent = new Agent({ name: 'bench', model: new OpenAIChatCompletionsModel(client, 'bench'), tools: [work] })
  return {
    run: async (prompt, onText) => {
      if (mode === 'plain') return (await run(agent, prompt, { maxTurns: 10_000 })).finalOutput
      const result = await run(agent, prompt, { maxTurns: 10_000, stream: true })
      for await (const delta of result.toTextStream()) onText(delta)
      await result.completed
      return result.finalOutput
    },
    close: () => {},
  }
}
