import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { JsonObject } from '../contract/json.ts'
import { manyTools } from '../testing/many-tools.ts'
import { stateIn } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool } from '../testing/test-tool.ts'

test('a gated call of release 0.1.0 that nobody approved does not run, although its invalid input passed its gate', async () => {
  const pay = payTool()
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { text: 'done' }]), tools: [pay] })
  const state = stateIn(await agent.generate('go'))
  const gate: JsonObject = { type: 'done', id: 'steps/1/tools/0/needs-approval', name: 'needs-approval pay', output: false, ms: 0, waitedMs: 0, executions: 1 }
  const records = [...state.records.filter(({ id }) => id === 'steps/1/model/1'), gate]
  const result = await agent.resume({ ...state, version: 1, records }, { acceptAnswers: true }).result

  expect(pay.inputs).toEqual([])
  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('when it had to be approved') })
})

test('a run of release 0.1.0 sends all tools of its agent, however many there are, and no tool of the loop', async () => {
  const tools = manyTools()
  const paused = await new Agent({ model: scriptedModel([{ calls: [call('pay')] }]), tools: [payTool()] }).generate('go')
  const model = scriptedModel([{ calls: [call('tool_99'), call('search_tools', { query: 'x' })] }, { text: 'done' }])
  const result = await new Agent({ model, tools }).resume({ ...stateIn(paused), version: 1, records: [] }, { acceptAnswers: true }).result

  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(tools.map(({ name }) => name))
  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'unknown-tool'])
})
