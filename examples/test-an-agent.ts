// A test of an agent: the model's replies come from a script, over HTTP, with no key and no network. Run it with `node --test`.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Agent, evolink, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'

const simulator = await startSimulator({
  script: [{ toolCalls: [{ name: 'get_price', input: { item: 'tea' } }] }, { text: 'Tea costs 3 euros.' }],
})
after(() => simulator.close())

const getPrice = tool({
  name: 'get_price',
  description: 'Price of an item, in euros.',
  inputSchema: { type: 'object', properties: { item: { type: 'string' } }, required: ['item'] },
  effect: 'read',
  execute: () => 3,
})
// One attempt: a request that the script does not have fails at once.
const agent = new Agent({
  model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test' }),
  tools: [getPrice],
  attempts: { max: 1 },
})

test('the agent looks up the price before it answers', async () => {
  const result = await agent.generate('What does tea cost?')
  assert.equal(result.text, 'Tea costs 3 euros.')
  assert.deepEqual(
    result.steps.map(({ toolResults }) => toolResults.map(({ toolName, text }) => `${toolName}: ${text}`)),
    [['get_price: 3'], []],
  )
})
