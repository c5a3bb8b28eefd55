import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { Agent, evolink, findProblem, output, tool } from './index.ts'

const invoice = output({
  type: 'object',
  properties: { name: { type: 'string', description: 'Name of the customer.' }, amount: { type: 'number', description: 'Amount to pay.' } },
  required: ['name', 'amount'],
})
const question = 'Please pay: invoice for "Wang Trading", 1,240 in total.'

test.each(['kimi-k2-thinking', 'deepseek-chat', 'deepseek-reasoner'] as const)('%s answers in JSON that fits the schema', async (id) => {
  await using simulator = await startSimulator({ strict: { unlistedParameters: true } })
  const model = evolink<string>(id, { baseURL: simulator.baseURL, apiKey: 'test-key' })
  const result = await new Agent({ model, output: invoice }).generate(question)

  expect(result.output).toEqual({ name: 'Wang Trading', amount: 1240 })
  expect(findProblem(result.messages)).toBeUndefined()
  const body = simulator.requests[0]?.body
  if (id === 'deepseek-reasoner') expect(body).not.toHaveProperty('response_format')
  else expect(body).toMatchObject({ response_format: { type: 'json_object' } })
})

test('with tools the answer is a call in the loop', async () => {
  await using simulator = await startSimulator({
    script: [
      { toolCalls: [{ name: 'find_customer', input: { name: 'Wang' } }] },
      { toolCalls: [{ name: 'final_answer', input: { name: 'Wang Trading', amount: 'much' } }] },
      { toolCalls: [{ name: 'final_answer', input: { name: 'Wang Trading', amount: 1240 } }] },
    ],
  })
  const find = tool({
    name: 'find_customer',
    description: 'Finds a customer.',
    inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    effect: 'read',
    execute: () => 'Wang Trading',
  })
  const agent = new Agent({ model: evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'test-key' }), tools: [find], output: invoice })
  const result = await agent.generate(question)

  expect(result.outputOrThrow()).toEqual({ name: 'Wang Trading', amount: 1240 })
  expect(simulator.requests[2]?.rawBody).toContain('/amount')
  expect(simulator.requests[0]?.body).not.toHaveProperty('tool_choice')
  simulator.assertDone()
})
