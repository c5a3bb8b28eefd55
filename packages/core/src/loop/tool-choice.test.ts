import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { assistant, user } from '../contract/messages.ts'
import type { ToolChoice } from '../contract/model.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const look: Answer = { calls: [call('look')] }
const done: Answer = { text: 'Done.' }
const tools = [testTool('look')]
const choices = ({ requests }: ReturnType<typeof scriptedModel>): unknown[] => requests.map(({ toolChoice }) => toolChoice)

test('a required tool choice holds until a step has calls, then the model may answer', async () => {
  const model = scriptedModel([look, look, done])
  const result = await new Agent({ model, tools, toolChoice: 'required' }).generate('go')
  expect(result).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(choices(model)).toEqual(['required', 'auto', 'auto'])
})

test('calls that could not run count too, calls of earlier runs do not', async () => {
  const model = scriptedModel([{ calls: [call('unknown')] }, done])
  const earlier = [user('go'), assistant([{ type: 'tool-call', toolCallId: '1', toolName: 'look', inputText: '{}' }])]
  const result = { role: 'tool', content: [{ type: 'tool-result', toolCallId: '1', toolName: 'look', status: 'ok', text: 'x' }] } as const
  await new Agent({ model, tools, toolChoice: 'required' }).generate([...earlier, result, user('again')])
  expect(choices(model)).toEqual(['required', 'auto'])
})

test('where the model may not be sent auto, nothing is sent after the first step with calls', async () => {
  const model = scriptedModel([look, done], { toolChoices: ['required'] })
  await new Agent({ model, tools, toolChoice: 'required' }).generate('go')
  expect(choices(model)).toEqual(['required', undefined])
})

test('prepareStep can require a call in each step', async () => {
  const model = scriptedModel([look, look, look, done])
  const prepareStep = ({ steps }: { readonly steps: readonly unknown[] }): { toolChoice: ToolChoice } => ({
    toolChoice: steps.length < 3 ? 'required' : 'none',
  })
  await new Agent({ model, tools, prepareStep }).generate('go')
  expect(choices(model)).toEqual(['required', 'required', 'required', 'none'])
})

test.each(['auto', 'none'] as const)('the tool choice %s stays for the run', async (toolChoice) => {
  const model = scriptedModel([look, done])
  await new Agent({ model, tools, toolChoice }).generate('go')
  expect(choices(model)).toEqual([toolChoice, toolChoice])
})
