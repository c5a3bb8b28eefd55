import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { JsonObject } from '../contract/json.ts'
import { moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool } from '../testing/test-tool.ts'

/** Approves a payment under one schema, continues under another one, and returns what was paid. */
async function paidUnder(before: JsonObject, now: JsonObject): Promise<readonly unknown[]> {
  const agentOf = (inputSchema: JsonObject, replies: Parameters<typeof scriptedModel>[0], pay = payTool({ inputSchema })) => ({
    pay,
    agent: new Agent({ model: scriptedModel(replies), tools: [pay] }),
  })
  const paused = await agentOf(before, [{ calls: [call('pay', { amount: 5 })] }]).agent.generate('go')
  const { agent, pay } = agentOf(now, [{ text: 'done' }])
  await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve() } }).result
  return pay.inputs
}

const amount = { type: 'number', description: 'In euros.' }

test.each<[string, JsonObject]>([
  ['descriptions and titles', { type: 'object', title: 'Payment', properties: { amount: { type: 'number', description: 'EUR' } }, required: ['amount', 'to'] }],
  ['the order of required names', { type: 'object', properties: { amount }, required: ['to', 'amount'] }],
  ['the order of keywords', { required: ['amount', 'to'], properties: { amount }, type: 'object' }],
])('an approval counts when only %s changed', async (_what, now) => {
  expect(await paidUnder({ type: 'object', properties: { amount }, required: ['amount', 'to'] }, now)).toEqual([{ amount: 5 }])
})

test.each<[string, JsonObject, JsonObject]>([
  ['a bound', { amount: { maximum: 9 } }, { amount: { maximum: 99 } }],
  ['a property named description', { description: { maxLength: 1 } }, { description: { maxLength: 9 } }],
  ['a value under a key named title', { amount: { enum: [{ title: 1 }] } }, { amount: { enum: [{ title: 2 }] } }],
])('an approval does not count when %s changed', async (_what, before, now) => {
  await expect(paidUnder({ type: 'object', properties: before }, { type: 'object', properties: now })).rejects.toMatchObject({ code: 'state-mismatch' })
})
