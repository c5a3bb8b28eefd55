import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { fatal } from '../contract/errors.ts'
import { failureOf, moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../testing/test-tool.ts'

const stop = testTool('stop', () => {
  throw fatal(new Error('stop everything'))
})

test('fatal() of a call without a question ends the run before people are asked', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('stop'), call('pay')] }]), tools: [stop, payTool()] })
  expect(await failureOf(agent.generate('go'))).toMatchObject({ code: 'tool-fatal', cause: { message: 'stop everything' } })
})

test('fatal() of an approved call ends the run before outcomes are asked for', async () => {
  const gated = { ...stop, needsApproval: true }
  const agent = new Agent({ model: scriptedModel([{ calls: [call('stop')] }]), tools: [gated] })
  const paused = await agent.generate('go')
  const resumed = agent.resume(moved(paused), { answers: { [openQuestion(paused)]: { approve: true } } })

  expect(await failureOf(resumed.result)).toMatchObject({ code: 'tool-fatal' })
})

test('calls that run in parallel with a fatal call still have end events', async () => {
  const run = new Agent({ model: scriptedModel([{ calls: [call('stop'), call('look')] }]), tools: [stop, testTool('look')] }).stream('go')
  const ended: unknown[] = []
  run.on('tool-end', ({ toolName, status }) => ended.push([toolName, status]))
  await failureOf(run.result)

  expect(ended).toContainEqual(['look', 'ok'])
})

test('calls that were cut are not run, and a person is not asked about them', async () => {
  const pay = payTool()
  const result = await new Agent({ model: scriptedModel([{ calls: [call('pay')], atOutputLimit: true }, { text: 'ok' }]), tools: [pay] }).generate('go')

  expect(result).toMatchObject({ status: 'finished', steps: [{ toolResults: [{ status: 'skipped' }] }, {}] })
  expect(pay.inputs).toEqual([])
})

test('each call of a cut message is answered as not run', async () => {
  const calls = [call('look', { place: 1 }), call('look', { place: 2 })]
  const result = await new Agent({ model: scriptedModel([{ calls, finishReason: 'length' }, { text: 'ok' }]), tools: [recordingTool('look')] }).generate('go')

  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['skipped', 'skipped'])
})

test('each call has one end event, also one that never ran', async () => {
  const calls = [call('look'), call('nope'), call('look', '{"a": 1')]
  const run = new Agent({ model: scriptedModel([{ calls }, { text: 'ok' }]), tools: [testTool('look')] }).stream('go')
  const ended: string[] = []
  run.on('tool-end', ({ key, status }) => ended.push(`${key} ${status}`))
  await run.result

  expect(ended.sort()).toEqual(['steps/1/tools/0 ok', 'steps/1/tools/1 unknown-tool', 'steps/1/tools/2 invalid-input'])
})

test('the text of a run that stopWhen ended after tool calls is not a result', async () => {
  const model = scriptedModel([{ text: 'Let me look.', calls: [call('look')] }])
  const result = await new Agent({ model, tools: [testTool('look')], stopWhen: () => true }).generate('go')

  expect(() => result.textOrThrow()).toThrow(expect.objectContaining({ code: 'unfinished' }))
})

test('a number that JSON cannot represent is not accepted, because the record would differ from the question', async () => {
  const look = recordingTool('look')
  const agent = new Agent({
    model: scriptedModel([
      { calls: [call('look', '{"a":[1e400]}'), call('look', `{"a":${'9'.repeat(300)}e20}`), call('look', '{"a":1e300}')] },
      { text: 'ok' },
    ]),
    tools: [look],
  })
  const { steps } = await agent.generate('go')
  expect(steps[0]?.toolResults.map(({ status }) => status)).toEqual(['invalid-input', 'invalid-input', 'ok'])
  expect(look.inputs).toEqual([{ a: 1e300 }])
})
