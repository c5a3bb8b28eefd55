import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { RunResult } from '../contract/result.ts'
import type { ToolCheck } from '../contract/tool.ts'
import { moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../testing/test-tool.ts'

interface Payment {
  readonly amount: number
}

const payments = (...amounts: number[]) => [{ calls: amounts.map((amount) => call('pay', { amount })) }, { text: 'done' }]

function atMost(limit: number): (input: Json) => ToolCheck {
  return (input) => ((input as unknown as Payment).amount <= limit ? { ok: true, value: input } : { ok: false, message: `Not run: amount is above ${limit}.` })
}

/** Answers the first question of a paused run by approving it, as another process would. */
async function approved(agent: Agent, paused: RunResult, input?: Json): Promise<RunResult> {
  return await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve(input) } }).result
}

test('input that is invalid when its gate is asked stays invalid: it does not run unasked once it would be valid', async () => {
  let exists = false
  const create = testTool('create', () => {
    exists = true
    return 'created'
  })
  const pay = payTool({ check: (value) => (exists ? { ok: true, value } : { ok: false, message: 'Not run: there is no such invoice.' }) })
  const model = scriptedModel([{ calls: [call('create'), call('pay', { amount: 5 })] }, { text: 'done' }])
  const result = await new Agent({ model, tools: [create, pay] }).generate('go')

  expect(pay.inputs).toEqual([])
  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'invalid-input'])
})

test('a verdict outlives its process: a call that was refused as invalid is not paid when the schema is changed', async () => {
  const model = () => scriptedModel([{ calls: [call('pay', { amount: 500 }), call('pay', { amount: 5 })] }, { text: 'done' }])
  const paused = await new Agent({ model: model(), tools: [payTool({ check: atMost(100) })] }).generate('go')
  const pay = payTool({ check: atMost(1_000) })
  await approved(new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [pay] }), paused)

  expect(pay.inputs).toEqual([{ amount: 5 }])
})

test('an input is checked once, for its gate and its call and all retries of the tool', async () => {
  let checks = 0
  const pay = payTool({
    needsApproval: () => false,
    check: (value) => {
      checks++
      return { ok: true, value }
    },
  })
  await new Agent({ model: scriptedModel(payments(5)), tools: [pay] }).generate('go')
  expect([checks, pay.inputs]).toEqual([1, [{ amount: 5 }]])
})

test('the gate and the tool get the same value, and what the gate does to it does not reach the tool', async () => {
  const seen: unknown[] = []
  const check = (input: Json): ToolCheck => ({ ok: true, value: { ...(input as object), currency: 'EUR' } })
  const pay = payTool({
    check,
    needsApproval: (value) => {
      seen.push(structuredClone(value))
      Object.assign(value as object, { amount: 999 })
      return false
    },
  })
  await new Agent({ model: scriptedModel(payments(5)), tools: [pay] }).generate('go')
  expect([seen, pay.inputs]).toEqual([[{ amount: 5, currency: 'EUR' }], [{ amount: 5, currency: 'EUR' }]])
})

test('a value that is plain JSON comes from the record in another process, whatever its schema makes of the input by then', async () => {
  const rate = (factor: number) => payTool({ check: (input) => ({ ok: true, value: { amount: (input as unknown as Payment).amount * factor } }) })
  const paused = await new Agent({ model: scriptedModel(payments(5)), tools: [rate(2)] }).generate('go')
  const pay = rate(1_000)
  await approved(new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [pay] }), paused)

  expect(paused.pending[0]?.about).toMatchObject({ input: { amount: 5 }, value: { amount: 10 } })
  expect(pay.inputs).toEqual([{ amount: 10 }])
})

test('a value that JSON does not hold is checked again in another process, and must be the same', async () => {
  const due = (days: number) =>
    recordingTool('pay', { effect: 'once', needsApproval: true, check: () => ({ ok: true, value: { due: new Date(86_400_000 * days) } }) })
  const paused = await new Agent({ model: scriptedModel(payments(5)), tools: [due(1)] }).generate('go')
  const same = due(1)
  const other = due(2)
  await approved(new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [same] }), paused)
  const refused = await approved(new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [other] }), paused)

  expect(same.inputs).toEqual([{ due: new Date(86_400_000) }])
  expect(other.inputs).toEqual([])
  expect(refused.steps[0]?.toolResults[0]).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('another value') })
})

test('a value without a JSON form cannot be shown, so its call is invalid', async () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  const pay = payTool({ check: () => ({ ok: true, value: loop }) })
  const result = await new Agent({ model: scriptedModel(payments(5)), tools: [pay] }).generate('go')
  expect([pay.inputs, result.steps[0]?.toolResults[0]?.status]).toEqual([[], 'invalid-input'])
})

test('an input that a person edited gets a verdict of its own', async () => {
  const tool = () => payTool({ check: atMost(100) })
  const paused = await new Agent({ model: scriptedModel(payments(5)), tools: [tool()] }).generate('go')
  const pay = tool()
  const resume = (amount: number) => approved(new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [pay] }), paused, { amount })
  const edited = await resume(50)
  const invalid = await resume(500)

  expect(pay.inputs).toEqual([{ amount: 50 }])
  expect(edited.steps[0]?.toolResults[0]?.status).toBe('ok')
  expect(invalid.steps[0]?.toolResults[0]).toMatchObject({ status: 'invalid-input', text: 'Not run: amount is above 100.' })
})

test('a call without a gate that becomes gated before it ran is asked about', async () => {
  const paused = await new Agent({ model: scriptedModel(payments(5)), tools: [payTool()] }).generate('go')
  const records = moved(paused).records.filter(({ id }) => id === 'start' || id === 'steps/1/model/1')
  const pay = payTool()
  const result = await new Agent({ model: scriptedModel([]), tools: [pay] }).resume({ ...moved(paused), records }).result
  expect([result.status, pay.inputs]).toEqual(['paused', []])
})
