const { Agent, openaiCompatible, tool } = require('capstan')
const { startSimulator } = require('capstan/testing')
const { z } = require('zod')

test('an agent with a tool answers over HTTP', async () => {
  const simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'add', input: { a: 1, b: 2 } }] }, { text: 'Three.' }] })
  const inputSchema = z.object({ a: z.number(), b: z.number() })
  const add = tool({ name: 'add', description: 'Adds.', inputSchema, effect: 'read', execute: ({ a, b }) => a + b })
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'kimi-k2-thinking', apiKey: 'test-key' })
  const { text, steps } = await new Agent({ model, tools: [add] }).generate('What is 1 + 2?')
  await simulator.close()
  expect([text, steps[0].toolResults[0].text]).toEqual(['Three.', '3'])
})
