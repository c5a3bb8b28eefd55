import { Agent } from '@capstan/core'
import { call } from '@capstan/core/testing'
import { agentServer } from '@capstan/server'
import { expect, test } from 'vitest'
import { gatedModel } from '../testing/gated-model.ts'
import { eventsOf, firstEvent, newStores, payTool, scriptedAgent, serve, testTool } from '../testing/served.ts'
import { Budgets, MemoryLedger, type SpendingLedger } from './budget.ts'

test('who looks at a run that ended in an earlier process gets its result, and pays for it no second time', async () => {
  const stores = newStores()
  const kept: unknown[] = []
  const ledger: SpendingLedger = { set: (_, runId, { tokens }) => void kept.push([runId, tokens]), sum: () => ({ tokens: 0, cost: 0 }) }
  const options = { agents: { support: scriptedAgent(['Hello.']) }, ...stores, budget: { tokens: 10_000, perMs: 60_000, ledger } }
  let runId = ''
  {
    await using served = await serve(options)
    runId = (await served.client.start({ input: 'Hi.' })).runId
    await eventsOf(served.client, runId)
  }
  expect(kept).toEqual([[runId, 15]])
  await using served = await serve(options)
  expect(await served.client.run(runId)).toMatchObject({ status: 'finished', result: { text: 'Hello.' } })
  expect((await eventsOf(served.client, runId)).at(-1)).toMatchObject({ type: 'run-end', text: 'Hello.' })
  expect(kept).toHaveLength(1)
  expect(await (await fetch(`${served.url}/metrics`)).text()).not.toContain('capstan_tokens_total{')
})

test('what a run has spent is not free again while a slow ledger writes it or adds it up', async () => {
  const budgets = new Budgets()
  const [memory, gates] = [new MemoryLedger(), { sum: Promise.resolve(), set: Promise.resolve() }]
  const ledger: SpendingLedger = {
    set: async (...given) => {
      await gates.set
      memory.set(...given)
    },
    sum: async (...given) => {
      const spent = memory.sum(...given)
      await gates.sum
      return spent
    },
  }
  const budget = { tokens: 100, perMs: 60_000, ledger }
  const start = (runId: string) => budgets.reserve({ principalId: 'ada', runId, budget, limits: {} })
  const settle = (runId: string, tokens: number) => budgets.settle({ principalId: 'ada', runId, budgetOf: () => budget }, { tokens, cost: 0 })
  expect(await start('first')).toEqual({ tokens: 100 })
  const [set, sum] = [gate(), gate()]
  gates.set = set.promise
  const settled = settle('first', 90)
  await expect(start('second')).rejects.toMatchObject({ code: 'budget-exhausted' })
  gates.sum = sum.promise
  const third = start('third')
  set.resolve()
  await settled
  sum.resolve()
  await expect(third).rejects.toMatchObject({ code: 'budget-exhausted' })
  expect(await start('fourth')).toEqual({ tokens: 10 })
})

test('of ten starts at once under a budget for one, one begins', async () => {
  await using served = await serve({ agents: { writer: new Agent({ model: gatedModel() }) }, budget: { tokens: 1_000, perMs: 60_000 } })
  const started = await Promise.allSettled(Array.from({ length: 10 }, () => served.client.start({ input: 'Hi.' })))
  expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a run that continues after a decision holds the budget again: no other run begins on it', async () => {
  const slow = gate()
  const tools = [payTool(), testTool('slow', async () => await slow.promise.then(() => 'done'))]
  const agents = { cashier: scriptedAgent([call('pay'), call('slow'), 'Paid.', 'Hello.'], tools) }
  await using served = await serve({ agents, ...newStores(), budget: { tokens: 20_000, perMs: 60_000 } })
  const { client } = served
  const { runId } = await client.start({ input: 'Pay.' })
  const [question] = (await firstEvent(client, runId, 'run-end')).pending ?? []
  const events = eventsOf(client, runId)
  await client.decide(runId, { [question?.id ?? '']: { approve: true } })
  await expect(client.start({ input: 'Hi.' })).rejects.toMatchObject({ status: 429, code: 'budget-exhausted' })
  slow.resolve()
  expect((await events).at(-1)).toMatchObject({ status: 'finished' })
  const next = await client.start({ input: 'Hi.' })
  expect((await eventsOf(client, next.runId)).at(-1)).toMatchObject({ text: 'Hello.' })
})

test('a budget or a served agent with a slip in a name is refused, and not taken as no limit', () => {
  const agent = scriptedAgent([])
  const wrong: readonly object[] = [
    { budget: { token: 5, perMs: 1 } },
    { budget: { tokens: 5 } },
    { budget: { perMs: 1 } },
    { budget: { tokens: Number.NaN, perMs: 1 } },
    { rate: { runs: 5 } },
    { agents: { a: { agent, limit: () => ({}) } } },
  ]
  for (const options of wrong)
    expect(() => agentServer({ agents: { a: agent }, ...options }), JSON.stringify(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

test('times without end are long, and not a millisecond', () => {
  const { options } = agentServer({ agents: { a: scriptedAgent([]) }, keepAliveMs: Number.POSITIVE_INFINITY, bodyTimeoutMs: Number.POSITIVE_INFINITY })
  expect([options.keepAliveMs, options.bodyTimeoutMs]).toEqual([2 ** 31 - 1, 2 ** 31 - 1])
})

function gate(): { readonly promise: Promise<void>; resolve(): void } {
  let open = (): void => undefined
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, resolve: () => open() }
}
