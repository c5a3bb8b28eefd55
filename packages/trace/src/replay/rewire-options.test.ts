import { Agent, type Tool } from '@capstan/core'
import { childTool, rewireAgent } from '@capstan/core/internal'
import { call, scriptedModel } from '@capstan/core/testing'
import { tool } from '@capstan/tools'
import { expect, test } from 'vitest'
import { rewireOptions } from './rewire-options.ts'

const unused = scriptedModel([], { id: 'test/unused' })
const never = (name: string): Tool =>
  tool({ name, description: name, inputSchema: { type: 'object' }, execute: () => expect.unreachable('a tool of the original ran') })

test('a rewired agent has other models and tools, also behind its tools and in its sources, and the original is unchanged', async () => {
  const worker = new Agent({ name: 'worker', model: unused, tools: [never('look')] })
  const listed = [never('find')]
  const prompt = tool({ name: 'ask', description: 'Asks the worker.', inputSchema: { type: 'object' }, execute: () => 'Look.' })
  const ask = childTool(prompt, worker, {})
  const original = new Agent({ model: [unused, unused], tools: [ask, { name: 'more', list: () => listed }, never('own')] })
  const ids: string[] = []
  const outer = scriptedModel([[call('own'), call('find'), call('ask')], 'end'])
  const inner = scriptedModel([call('look'), 'seen'])
  const models = [outer, unused, inner]
  const change = rewireOptions({
    model: (model) => {
      ids.push(model.id)
      return models[ids.length - 1] ?? model
    },
    tool: (given) => ({ ...given, run: async () => ({ status: 'ok', text: `${given.name} replaced` }) }),
  })
  const result = await rewireAgent(original, change).generate('go')
  expect(result.text).toBe('end')
  expect(result.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['own replaced', 'find replaced', 'seen'])
  expect(result.children[0]?.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['look replaced'])
  expect(ids).toEqual(['test/unused', 'test/unused', 'test/unused'])
  await expect(original.generate('go')).rejects.toMatchObject({ code: 'unexpected-request' })
})

test('a value that is not an agent is refused', () => {
  const change = rewireOptions({ model: (model) => model, tool: (given) => given })
  expect(() => rewireAgent({} as Agent, change)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
