// Tests of an agent: the model follows a script, and the agent, its tool and its rules are real. Run it with `node --test`.
import { test } from 'node:test'
import { Agent, tool } from 'capstan'
import { assertCalled, assertFinished, assertNotCalled, call, fakeClock, type ScriptedModelReply, scriptedModel } from 'capstan/testing'

const refund = tool({
  name: 'refund',
  description: 'Refunds an order, in euros.',
  inputSchema: { type: 'object', properties: { order: { type: 'string' }, amount: { type: 'number' } }, required: ['order', 'amount'] },
  needsApproval: ({ amount }) => Number(amount) > 100,
  execute: ({ order, amount }) => `Refunded ${amount} euros for ${order}.`,
})

/** The agent under test. Its model must be asked for each reply of the script, and for no more. */
function agentWith(script: readonly ScriptedModelReply[], after: (check: () => void) => void): Agent {
  return new Agent({ model: scriptedModel(script, { after }), tools: [refund] })
}

test('a small refund is paid', async (t) => {
  const agent = agentWith([call('refund', { order: 'A1', amount: 5 }), 'You have your money back.'], (check) => t.after(check))
  const result = await agent.generate('My tea was cold.')
  assertCalled(result, 'refund', { amount: 5 })
  assertFinished(result, 'money back')
})

test('a large refund waits for a person', async (t) => {
  const agent = agentWith([call('refund', { order: 'A1', amount: 500 })], (check) => t.after(check))
  assertNotCalled(await agent.generate('My car was cold.'), 'refund')
})

test('a model that says nothing is given up after a minute, which takes no time here', async (t) => {
  using clock = fakeClock()
  const agent = agentWith([{ hangs: true }], (check) => t.after(check))
  const run = agent.generate('Hello?', { limits: { durationMs: 60_000 } })
  await clock.advance(61_000)
  t.assert.equal((await run).stopReason, 'max-duration')
})
