import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { fatal, ToolError } from '../contract/errors.ts'
import type { RunEvent } from '../contract/events.ts'
import { failureOf, moved, resultIn, tick } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../testing/test-tool.ts'

const boom = new Error('connect ECONNREFUSED db:5432')
const breaks = testTool('breaks', () => Promise.reject(boom))

test('generate() gives the error that a tool threw, which the model does not see', async () => {
  const model = scriptedModel([{ calls: [call('breaks'), call('breaks')] }, { text: 'Sorry.' }])
  const result = await new Agent({ model, tools: [breaks] }).generate('go')

  expect(result.toolErrors).toEqual([0, 1].map((index) => ({ key: `steps/1/tools/${index}`, toolCallId: `call_${index}`, toolName: 'breaks', error: boom })))
  expect(JSON.stringify([model.requests, result])).not.toContain('ECONNREFUSED')
  expect(() => structuredClone(result)).not.toThrow()
})

test.each([
  ['a ToolError, which is meant for the model', () => Promise.reject(new ToolError('Not found.')), { message: 'Not found.' }],
  ['something that is not an error', () => Promise.reject('no'), 'no'],
])('the error of a tool is there for %s', async (_, run, error) => {
  const model = scriptedModel([{ calls: [call('odd')] }, { text: 'Sorry.' }])
  const { toolErrors } = await new Agent({ model, tools: [testTool('odd', run as never)] }).generate('go')
  expect(toolErrors).toMatchObject([{ error }])
})

test('a run whose tools throw nothing has no tool errors', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'Done.' }])
  expect((await new Agent({ model, tools: [recordingTool('look')] }).generate('go')).toolErrors).toEqual([])
})

test('the result that an error carries has the tool errors too', async () => {
  const stop = testTool('stop', () => Promise.reject(fatal(boom)))
  const error = await failureOf(new Agent({ model: scriptedModel([{ calls: [call('breaks'), call('stop')] }]), tools: [breaks, stop] }).generate('go'))
  expect(error).toMatchObject({ code: 'tool-fatal', cause: boom })
  expect(resultIn(error).toolErrors.map(({ toolName }) => toolName)).toEqual(['breaks', 'stop'])
})

test('a paused result keeps its tool errors, and its state has none of them', async () => {
  const model = scriptedModel([{ calls: [call('breaks'), call('pay')] }, { text: 'Done.' }])
  const paused = await new Agent({ model, tools: [breaks, payTool()] }).generate('go')
  expect(paused.toolErrors).toHaveLength(1)
  expect(JSON.stringify(moved(paused))).not.toContain('ECONNREFUSED')
})

test('onEvent of the agent, then that of the call, get every event, with the error of the tool', async () => {
  const seen: string[] = []
  const note = (who: string) => (event: RunEvent) => seen.push(`${who} ${event.type}${event.type === 'tool-end' ? ` ${event.error}` : ''}`)
  const model = scriptedModel([{ calls: [call('breaks')] }, { text: 'Sorry.' }])
  await new Agent({ model, tools: [breaks], onEvent: note('agent') }).generate('go', { onEvent: note('call') })

  const types = seen.filter((line) => line.startsWith('agent ')).map((line) => line.slice(6))
  expect(types[0]).toBe('run-start')
  expect(types.at(-1)).toBe('run-end')
  expect(types).toContain(`tool-end ${boom}`)
  expect(seen).toEqual(types.flatMap((type) => [`agent ${type}`, `call ${type}`]))
})

test('onEvent is not a consumer: an iterator that comes later still sees every event', async () => {
  const observed: string[] = []
  const run = new Agent({ model: scriptedModel([{ text: 'Done.' }]), onEvent: ({ type }) => observed.push(type) }).stream('go')
  for (let turn = 0; turn < 5; turn++) await tick()
  const iterated: string[] = []
  for await (const { type } of run) iterated.push(type)
  expect(iterated).toEqual(observed)
})

test.each([
  [
    'throws',
    () => {
      throw boom
    },
  ],
  [
    'rejects',
    async () => {
      throw boom
    },
  ],
])('an onEvent that %s is contained: the run ends well and warns once', async (_, onEvent) => {
  const result = await new Agent({ model: scriptedModel([{ text: 'Done.' }]), onEvent }).generate('go')
  expect(result).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(result.warnings.filter(({ code }) => code === 'listener-threw').length).toBeGreaterThanOrEqual(1)
})

test('onEvent must be a function', async () => {
  const model = scriptedModel([])
  expect(() => new Agent({ model, onEvent: 'log' as never })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  expect(await failureOf(new Agent({ model }).generate('go', { onEvent: {} as never }))).toMatchObject({ code: 'invalid-options' })
})
