import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve, deny } from '../contract/answers.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { OutputSpec } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'
import { failureOf, moved, openQuestion } from '../testing/runs.ts'
import { type Answer, call, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

const output: OutputSpec = {
  schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  parse: async (value: Json) =>
    typeof (value as JsonObject)['a'] === 'string' ? { ok: true, value: value as JsonObject } : { ok: false, message: 'a is missing' },
}
const answer = (a: string) => call('final_answer', { a })
const prices = { currency: 'USD', input: 1_000_000, output: 1_000_000 }

const failing: [string, Tool][] = [
  ['throws', testTool('pay', () => Promise.reject(new Error('declined')))],
  ['has an invalid input', testTool('pay', undefined, { check: () => ({ ok: false, message: 'no' }) })],
  ['times out', testTool('pay', () => ({ status: 'timeout', text: 'late' }))],
  ['is unknown', testTool('other')],
]

test.each(failing)('an output beside a call that %s is not accepted, and the model continues', async (_, tool) => {
  const model = scriptedModel([{ calls: [call('pay'), answer('paid')] }, { calls: [answer('it was not paid')] }])
  const result = await new Agent({ model, tools: [tool], output }).generate('go')

  expect(result).toMatchObject({ status: 'finished', output: { a: 'it was not paid' } })
  expect(result.steps[0]?.toolResults[1]).toMatchObject({ status: 'skipped', text: expect.stringContaining('Not taken') })
})

test('an output beside a call that a person denies is not accepted; beside an approved call it is', async () => {
  const agent = () => new Agent({ model: scriptedModel([{ calls: [call('pay'), answer('paid')] }, { calls: [answer('no')] }]), tools: [payTool()], output })
  const paused = await agent().generate('go')
  const later = () => new Agent({ model: scriptedModel([{ calls: [answer('no')] }]), tools: [payTool()], output })
  const denied = await later().resume(moved(paused), { answers: { [openQuestion(paused)]: deny() } }).result
  const approved = await later().resume(moved(paused), { answers: { [openQuestion(paused)]: approve() } }).result

  expect([denied.output, approved.output]).toEqual([{ a: 'no' }, { a: 'paid' }])
})

test('an answer that never fits its schema fails after two further tries, in tool mode too', async () => {
  const model = scriptedModel(Array.from({ length: 9 }, () => ({ calls: [call('final_answer', { b: 1 })] })))
  const error = await failureOf(new Agent({ model, output, outputMode: 'tool' }).generate('go'))

  expect(error).toMatchObject({ code: 'invalid-output' })
  expect(model.requests.length).toBe(3)
})

const unknown = (reply: Answer): Answer => ({ ...reply, finishReason: 'other' })

test('a text with an unknown ending is kept, and is not a success', async () => {
  const result = await new Agent({ model: scriptedModel([unknown({ text: 'So it is' })]) }).generate('go')

  expect(result).toMatchObject({ status: 'unusable', stopReason: 'unknown-ending', text: 'So it is' })
  expect(() => result.textOrThrow()).toThrow(/finishWords/)
  expect(result.messages).toHaveLength(2)
})

test('under an unknown ending only calls that change nothing run', async () => {
  const pay = payTool({ needsApproval: false })
  const model = scriptedModel([unknown({ calls: [call('look'), call('pay')] }), { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('look'), pay] }).generate('go')

  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'skipped'])
  expect(pay.inputs).toEqual([])
})

test('calls that an unknown ending keeps from running twice end the run as such', async () => {
  const model = scriptedModel([unknown({ calls: [call('pay')] }), unknown({ calls: [call('pay', { n: 2 })] })])
  const result = await new Agent({ model, tools: [payTool({ needsApproval: false })] }).generate('go')
  expect(result).toMatchObject({ status: 'unusable', stopReason: 'unknown-ending' })
})

test('a text that announces calls but has none is requested once more, then kept', async () => {
  const lost: Answer = { text: 'The answer is 4.', finishReason: 'tool-calls' }
  const model = scriptedModel([lost, lost])
  const result = await new Agent({ model, tools: [testTool('look')] }).generate('go')
  expect(result).toMatchObject({ status: 'unusable', stopReason: 'unknown-ending', text: 'The answer is 4.' })
})

test('the cost of a run with an attempt that never reported is a bound', async () => {
  const model = scriptedModel([{ error: overloaded() }, { text: 'ok' }], { prices })
  const { cost } = await new Agent({ model }).generate('x'.repeat(300))
  expect(cost).toEqual({ currency: 'USD', atLeast: 15, atMost: expect.any(Number) })
  expect(cost?.atMost).toBeGreaterThan(100)
})

test('models with prices in two currencies make a chain without a cost, and no limit of cost', async () => {
  const chain = [scriptedModel([{ text: 'ok' }], { prices }), scriptedModel([], { prices: { ...prices, currency: 'CNY' } })] as const
  expect((await new Agent({ model: chain }).generate('go')).cost).toBeUndefined()
  expect(() => new Agent({ model: chain, limits: { cost: 1 } })).toThrow(/one currency/)
})
