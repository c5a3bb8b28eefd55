// A program to bundle: a tool with a zod schema, one with a JSON Schema, stock tools, and a run over HTTP.

import { calculator } from '@capstan/tools/calculator'
import { Agent, AgentError, openaiCompatible, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'
import { z } from 'zod'

const look = tool({
  name: 'look_up',
  description: 'Looks a word up.',
  inputSchema: { type: 'object', properties: { word: { type: 'string', pattern: '^[a-z]+$' } }, required: ['word'] },
  effect: 'read',
  execute: () => 'found',
})
const add = tool({
  name: 'add',
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  effect: 'read',
  execute: ({ a, b }) => a + b,
})

const toolCalls = [
  { name: 'add', input: { a: 1, b: 2 } },
  { name: 'look_up', input: { word: 'sum' } },
  { name: 'calculator', input: { expression: '1 + 2' } },
]

// Bundles in CommonJS have no `await` outside of a function.
async function main(): Promise<void> {
  await using simulator = await startSimulator({ script: [{ toolCalls }, { text: 'Three.' }] })
  const agent = new Agent({
    model: openaiCompatible({ baseURL: simulator.baseURL, model: 'kimi-k2-thinking', apiKey: 'test-key' }),
    tools: [add, look, calculator],
  })
  const { text, steps } = await agent.generate('What is 1 + 2?')
  const statuses = steps.flatMap(({ toolResults }) => toolResults.map(({ status }) => status))
  if (text !== 'Three.' || statuses.join() !== 'ok,ok,ok') throw new Error(`The run said '${text}', its calls ended as ${statuses.join()}.`)
}

main().catch((error: unknown) => {
  console.error(AgentError.is(error) ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
})
