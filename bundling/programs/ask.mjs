// What the programs for runtimes and test runners do: a run with a tool, over HTTP.
import { Agent, openaiCompatible, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'
import { z } from 'zod'

/** The text of the reply and the result of the tool. */
export async function ask() {
  const simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'add', input: { a: 1, b: 2 } }] }, { text: 'Three.' }] })
  const add = tool({
    name: 'add',
    description: 'Adds.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    effect: 'read',
    execute: ({ a, b }) => a + b,
  })
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'kimi-k2-thinking', apiKey: 'test-key' })
  const { text, steps } = await new Agent({ model, tools: [add] }).generate('What is 1 + 2?')
  await simulator.close()
  return [text, steps[0].toolResults[0].text]
}
