import { expect, test } from 'vitest'
import type { Tool } from '../contract/tool.ts'
import { agentTool } from '../testing/agent-tools.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { Agent, rewireAgent } from './agent.ts'

const unused = scriptedModel([], {}, 'test/unused')
const never = (name: string): Tool => testTool(name, () => expect.unreachable('a tool of the original ran'))

test('a rewired agent has other models and tools, also behind its tools and in its sources, and the original is unchanged', async () => {
  const worker = new Agent({ name: 'worker', model: unused, tools: [never('look')] })
  const listed = [never('find')]
  const original = new Agent({ model: [unused, unused], tools: [agentTool('ask', worker), { name: 'more', list: () => listed }, never('own')] })
  const ids: string[] = []
  const models = [
    scriptedModel([[call('own'), call('find'), call('ask')], { text: 'end' }].map((reply) => (Array.isArray(reply) ? { calls: reply } : reply))),
    unused,
  ]
  const inner = scriptedModel([{ calls: [call('look')] }, { text: 'seen' }])
  let made = 0
  const rewired = rewireAgent(original, {
    model: (model) => {
      ids.push(model.id)
      return [...models, inner][made++] ?? model
    },
    tool: (tool) => ({ ...tool, run: async () => ({ status: 'ok', text: `${tool.name} replaced` }) }),
  })
  const result = await rewired.generate('go')
  expect(result.text).toBe('end')
  expect(result.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['own replaced', 'find replaced', 'seen'])
  expect(result.children[0]?.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['look replaced'])
  expect(ids).toEqual(['test/unused', 'test/unused', 'test/unused'])
  await expect(original.generate('go')).rejects.toMatchObject({ code: 'unexpected-request' })
})

test('what is no agent is refused', () => {
  expect(() => rewireAgent({} as Agent, { model: (model) => model, tool: (tool) => tool })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
