import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve, type OutcomeAnswer } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { RunResult } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { abortAt, collect, moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool } from '../testing/test-tool.ts'

const payment = { calls: [call('pay', { amount: 500 })] }

function shop(options: Partial<Tool> = {}) {
  const pay = payTool(options)
  return { pay, agent: new Agent({ model: scriptedModel([payment, { text: 'ok' }]), tools: [pay] }) }
}

/** A run whose payment was started and not recorded, and the agent that continues it. */
async function unknownPayment(): Promise<{ readonly agent: Agent; readonly unknown: RunResult }> {
  const { agent } = shop({ needsApproval: false, run: never })
  return { agent, unknown: await agent.resume(moved(await abortAt(agent.stream('go'), 'tool-start'))).result }
}

test.each<[string, Json]>([
  ['null', null],
  ['0', 0],
  ['false', false],
])('an edited input may be %s: it never means the model’s', async (_, input) => {
  const { agent, pay } = shop()
  const paused = await agent.generate('go')
  await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve(input) } }).result

  expect(pay.inputs).toEqual([input])
})

test('edited input is what a later question about the call shows', async () => {
  const { agent } = shop({ run: never })
  const paused = await agent.generate('go')
  const resumed = agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve({ amount: 5 }) } })
  const unknown = await agent.resume(moved(await abortAt(resumed, 'tool-start'))).result

  expect(unknown.pending[0]?.about).toMatchObject({ type: 'outcome', input: { amount: 5 } })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'no'],
  ['0', 0],
])('a person is asked where needsApproval returns %s', async (_, decision) => {
  const { agent, pay } = shop({ needsApproval: (() => decision) as never })
  await expect(agent.generate('go')).resolves.toMatchObject({ status: 'paused' })
  expect(pay.inputs).toEqual([])
})

test('what needsApproval does to the input does not reach the tool', async () => {
  const { agent, pay } = shop({
    needsApproval: (input) => {
      Object.assign(input as object, { amount: 999 })
      return false
    },
  })
  await agent.generate('go')
  expect(pay.inputs).toEqual([{ amount: 500 }])
})

test('nobody is asked about an input that the tool will refuse', async () => {
  const refused = { status: 'invalid-input' as const, text: 'amount is missing' }
  const { agent } = shop({ check: () => ({ ok: false, message: refused.text }) })
  await expect(agent.generate('go')).resolves.toMatchObject({ status: 'finished', steps: [{ toolResults: [refused] }, {}] })
})

test('a call whose outcome a person entered has an end event with that text', async () => {
  const { agent, unknown } = await unknownPayment()
  const events = await collect(agent.resume(moved(unknown), { answers: { [openQuestion(unknown)]: { output: 'paid by hand' } } }))

  expect(events.flatMap((event) => (event.type === 'tool-end' ? [[event.status, event.text]] : []))).toEqual([['ok', 'paid by hand']])
})

test.each<[string, unknown, string]>([
  ['failed', { failed: 'no money' } satisfies OutcomeAnswer, 'no money'],
  ['something unclear', { repeat: 'yes' }, 'The outcome is not known.'],
])('an outcome answered with %s is an error, and the call is not repeated', async (_, answer, text) => {
  const { agent, unknown } = await unknownPayment()
  const result = await agent.resume(moved(unknown), { answers: { [openQuestion(unknown)]: answer as OutcomeAnswer } }).result

  expect(result.steps[0]?.toolResults).toMatchObject([{ status: 'error', text }])
})

test('a person is asked again about a repetition that is also interrupted', async () => {
  const { agent, unknown } = await unknownPayment()
  const again = agent.resume(moved(unknown), { answers: { [openQuestion(unknown)]: { repeat: true } } })
  const second = await agent.resume(moved(await abortAt(again, 'tool-start'))).result

  expect(second.pending.map(({ position }) => position)).toEqual(['steps/1/tools/0/outcome/2'])
})
