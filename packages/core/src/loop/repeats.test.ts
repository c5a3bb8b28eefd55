import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { recordingTool, testTool } from '../testing/test-tool.ts'

/** Eight steps with a call each, then an answer. */
const eightCalls = (nameOf: (place: number) => string): readonly Answer[] => [
  ...Array.from({ length: 8 }, (_, place) => ({ calls: [call(nameOf(place))] })),
  { text: 'ok' },
]

test('a tool that fails alike again and again is a repeat', async () => {
  let runs = 0
  const broken = testTool('broken', () => {
    runs++
    throw new Error('boom')
  })
  const result = await new Agent({ model: scriptedModel(eightCalls(() => 'broken')), tools: [broken] }).generate('go')

  expect([runs, result.stopReason]).toEqual([2, 'repeated-calls'])
})

test('a tool that fails differently each time is not a repetition', async () => {
  let runs = 0
  const broken = testTool('broken', () => {
    throw new Error(`boom ${++runs}`)
  })
  await expect(new Agent({ model: scriptedModel(eightCalls(() => 'broken')), tools: [broken] }).generate('go')).resolves.toMatchObject({ text: 'ok' })
})

test('calls are compared by the tool that they mean, though the model numbers its names', async () => {
  const look = recordingTool('look')
  await new Agent({ model: scriptedModel(eightCalls((place) => `functions.look:${place}`)), tools: [look] }).generate('go')
  expect(look.inputs).toHaveLength(2)
})

test('a repeatable tool that is called by another name is exempt', async () => {
  const poll = testTool('poll', () => 'same', { repeatable: true })
  const agent = new Agent({ model: scriptedModel(eightCalls(() => 'functions.poll')), tools: [poll] })
  await expect(agent.generate('go')).resolves.toMatchObject({ stopReason: 'finished' })
})

test('a call of a tool that does not exist is a repeat too', async () => {
  const agent = new Agent({ model: scriptedModel(eightCalls(() => 'nope')), tools: [testTool('look')] })
  await expect(agent.generate('go')).resolves.toMatchObject({ stopReason: 'repeated-calls' })
})

test('a different call between two equal ones starts the count again', async () => {
  const look = recordingTool('look')
  const other = recordingTool('other')
  const model = scriptedModel(eightCalls((place) => (place % 2 === 0 ? 'look' : 'other')))
  await new Agent({ model, tools: [look, other] }).generate('go')

  expect([look.inputs.length, other.inputs.length]).toEqual([4, 4])
})
