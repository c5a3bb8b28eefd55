import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent as CoreAgent } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Agent, evolink, fileJournal, findProblem, output, tool } from './index.ts'

const invoice = output({
  type: 'object',
  properties: { name: { type: 'string', description: 'Name of the customer.' }, amount: { type: 'number', description: 'Amount to pay.' } },
  required: ['name', 'amount'],
})
const question = 'Please pay: invoice for "Wang Trading", 1,240 in total.'

test.each(['kimi-k2-thinking', 'deepseek-chat', 'deepseek-reasoner'] as const)('%s replies in JSON that fits the schema', async (id) => {
  await using simulator = await startSimulator({ strict: { unlistedParameters: true } })
  const model = evolink<string>(id, { baseURL: simulator.baseURL, apiKey: 'test-key' })
  const result = await new Agent({ model, output: invoice }).generate(question)

  expect(result.output).toEqual({ name: 'Wang Trading', amount: 1240 })
  expect(findProblem(result.messages)).toBeUndefined()
  const body = simulator.requests[0]?.body
  if (id === 'deepseek-reasoner') expect(body).not.toHaveProperty('response_format')
  else expect(body).toMatchObject({ response_format: { type: 'json_object' } })
})

test('with tools the output is a call in the loop', async () => {
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

test('a schema of a library is accepted as it is, and the output has its JSON form, live and replayed', async () => {
  await using simulator = await startSimulator({ script: [{ text: '{"when":"2026-11-28T09:00:00Z","tags":["a"],"id":2512292042121000001}' }] })
  const model = evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'test-key' })
  const meeting = z.object({
    when: z.iso.datetime().transform((text) => new Date(text)),
    tags: z.array(z.string()).transform((list) => new Set(list)),
    id: z.string().transform((text) => BigInt(text)),
  })
  await using folder = await temporaryFolder()
  const journal = fileJournal(folder.path)
  const agent = new Agent({ model, output: meeting })
  const live = await agent.generate('When?', { journal, runId: 'one' })
  const replayed = await agent.resume('one', { journal }).result

  expectTypeOf(live.output).toEqualTypeOf<{ when: string; tags: string[]; id: string } | undefined>()
  expect(live.output).toEqual({ when: '2026-11-28T09:00:00.000Z', tags: ['a'], id: '2512292042121000001' })
  expect(replayed.output).toEqual(live.output)
})

test('a schema that cannot be shown to a model is refused when the agent is made', () => {
  const model = evolink('deepseek-chat', { apiKey: 'test-key' })
  expect(() => new Agent({ model, output: z.date() })).toThrow(expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining('output') }))
  expect(() => new CoreAgent({ model, output: z.object({}) })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('output(schema)') }),
  )
})

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'capstan-output-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
