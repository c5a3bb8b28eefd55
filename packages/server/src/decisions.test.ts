import { Agent } from '@capstan/core'
import { call } from '@capstan/core/testing'
import { expect, test } from 'vitest'
import { gatedModel } from './testing/gated-model.ts'
import { byName, eventsOf, firstEvent, newStores, payTool, scriptedAgent, serve, testTool } from './testing/served.ts'

test('a second person decides: the owner may not, strangers see nothing, and the run continues', async () => {
  const pay = payTool()
  const agents = { cashier: scriptedAgent([call('pay', { amount: 5 }), 'Paid.'], [pay]) }
  await using served = await serve({ agents, ...newStores(), authorize: byName, mayDecide: ({ id }, { owner }) => id === 'manager' && owner !== id })
  const [alice, bob, manager] = ['alice', 'bob', 'manager'].map(served.as)
  const { runId } = (await alice?.start({ input: 'Pay 5.' })) ?? { runId: '' }
  const answer = { [(await firstEvent(served.as('alice'), runId, 'run-end')).pending?.[0]?.id ?? '']: { approve: true } as const }
  expect([await alice?.questions(), await bob?.questions()]).toEqual([[], []])
  expect(await manager?.questions()).toMatchObject([{ runId, owner: 'alice', agent: 'cashier', question: { about: { input: { amount: 5 } } } }])
  await expect(alice?.decide(runId, answer)).rejects.toMatchObject({ status: 403, code: 'not-allowed' })
  await expect(bob?.decide(runId, answer)).rejects.toMatchObject({ status: 404, code: 'run-not-found' })
  await expect(manager?.run(runId)).rejects.toMatchObject({ status: 404 })
  await manager?.decide(runId, answer)
  expect((await eventsOf(served.as('alice'), runId)).at(-1)).toMatchObject({ status: 'finished', text: 'Paid.' })
  expect(pay.paid).toEqual([{ amount: 5 }])
})

test('a run continues once all of its questions are answered, whoever answers them', async () => {
  const pay = payTool()
  await using served = await serve({ agents: { cashier: scriptedAgent([[call('pay', { n: 1 }), call('pay', { n: 2 })], 'Paid.'], [pay]) }, ...newStores() })
  const { client } = served
  const { runId } = await client.start({ input: 'Pay.' })
  const [first, second] = (await firstEvent(client, runId, 'run-end')).pending ?? []
  expect(await client.decide(runId, { [first?.id ?? '']: { approve: true } })).toEqual({ status: 'paused' })
  expect((await client.run(runId)).questions.map(({ id }) => id)).toEqual([second?.id])
  await client.decide(runId, { [second?.id ?? '']: { approve: false, reason: 'Too much.' } })
  const events = await eventsOf(client, runId)
  expect(events.at(-1)).toMatchObject({ status: 'finished' })
  expect(pay.paid).toEqual([{ n: 1 }])
})

test('a question that nobody answers in time is a denial, and the run continues by itself', async () => {
  const pay = { ...payTool(), expiresInMs: 1 }
  await using served = await serve({ agents: { cashier: scriptedAgent([call('pay'), 'Not paid.'], [pay]) }, ...newStores() })
  const { runId } = await served.client.start({ input: 'Pay.' })
  const events = await eventsOf(served.client, runId)
  expect(events.at(-1)).toMatchObject({ status: 'finished', text: 'Not paid.' })
  expect(events.find(({ type }) => type === 'tool-end')).toMatchObject({ status: 'denied' })
})

test('a run that is stopped while a person is asked ends for good, and its session is free', async () => {
  const pay = payTool()
  await using served = await serve({ agents: { cashier: scriptedAgent([call('pay'), 'Hello.'], [pay]) }, ...newStores() })
  const { client } = served
  const { runId } = await client.start({ input: 'Pay.', session: 'chat' })
  const { pending } = await firstEvent(client, runId, 'run-end')
  await client.stop(runId)
  expect((await eventsOf(client, runId)).at(-1)).toMatchObject({ type: 'run-end', stopReason: 'aborted', isLast: true })
  await expect(client.decide(runId, { [pending?.[0]?.id ?? '']: { approve: true } })).rejects.toMatchObject({ status: 409, code: 'already-decided' })
  await client.stop(runId)
  const next = await client.start({ input: 'Hello.', session: 'chat' })
  expect((await eventsOf(client, next.runId)).at(-1)).toMatchObject({ status: 'finished', text: 'Hello.' })
  expect(pay.paid).toEqual([])
})

test('a reply that is being written is cut by a stop, and a call at work ends before', async () => {
  const model = gatedModel()
  let finishTool = (): void => undefined
  const slow = testTool(
    'slow',
    () =>
      new Promise((resolve) => {
        finishTool = () => resolve('slow done')
      }),
  )
  const agents = { writer: new Agent({ model }), worker: scriptedAgent([call('slow')], [slow]) }
  await using served = await serve({ agents, ...newStores() })
  const { client } = served
  const writing = await client.start({ agent: 'writer', input: 'Write.' })
  model.write('I begin')
  await firstEvent(client, writing.runId, 'text-delta')
  await client.stop(writing.runId)
  expect((await eventsOf(client, writing.runId)).at(-1)).toMatchObject({ stopReason: 'aborted', text: 'I begin', isLast: true })
  const working = await client.start({ agent: 'worker', input: 'Work.' })
  await firstEvent(client, working.runId, 'tool-start')
  await client.stop(working.runId)
  finishTool()
  const events = await eventsOf(client, working.runId)
  expect(events.filter(({ type }) => type === 'tool-end')).toMatchObject([{ status: 'ok', text: 'slow done' }])
  expect(events.at(-1)).toMatchObject({ stopReason: 'aborted', isLast: true })
})

test('while a run of a session waits, another one is refused, or queued until the session is free', async () => {
  for (const whileBusy of ['refuse', 'queue'] as const) {
    await using served = await serve({ agents: { cashier: scriptedAgent([call('pay'), 'Not paid.', 'Second.'], [payTool()]) }, ...newStores(), whileBusy })
    const { client } = served
    const { runId } = await client.start({ input: 'Pay.', session: 'chat' })
    const { pending } = await firstEvent(client, runId, 'run-end')
    const second = client.start({ input: 'And then?', session: 'chat' })
    if (whileBusy === 'refuse') await expect(second).rejects.toMatchObject({ status: 409, code: 'session-busy', details: { runId } })
    else expect(await client.run((await second).runId)).toMatchObject({ status: 'paused', stopReason: 'queued' })
    await client.decide(runId, { [pending?.[0]?.id ?? '']: { approve: false } })
    expect((await eventsOf(client, runId)).at(-1)).toMatchObject({ text: 'Not paid.' })
    if (whileBusy === 'queue') expect((await eventsOf(client, (await second).runId)).at(-1)).toMatchObject({ status: 'finished', text: 'Second.' })
  }
})

test('a run that is stopped while one of its calls works and another one is asked about ends once, with a denial', async () => {
  let finishTool = (): void => undefined
  const work = (): Promise<string> =>
    new Promise((resolve) => {
      finishTool = () => resolve('slow done')
    })
  const pay = payTool()
  const agents = { worker: scriptedAgent([[call('pay'), call('slow')], 'End.'], [testTool('slow', work), pay]) }
  const stores = newStores()
  await using served = await serve({ agents, ...stores })
  const { client } = served
  const { runId } = await client.start({ input: 'Work.' })
  await firstEvent(client, runId, 'tool-start')
  await client.stop(runId)
  finishTool()
  const events = await eventsOf(client, runId)
  expect(events.flatMap((event) => (event.type === 'tool-end' ? [`${event.toolName} ${event.status}`] : [])).sort()).toEqual(['pay denied', 'slow ok'])
  expect(events.at(-1)).toMatchObject({ type: 'run-end', stopReason: 'aborted', isLast: true })
  expect(await client.questions()).toEqual([])
  expect(pay.paid).toEqual([])
})

test('a policy that fails for one question hides that one, and no other', async () => {
  const errors: unknown[] = []
  const mayDecide = (_: unknown, { question }: { readonly question: object }): boolean => {
    if (JSON.stringify(question).includes('"n":1')) throw new Error('no such department')
    return true
  }
  const agents = { cashier: scriptedAgent([call('pay', { n: 1 }), call('pay', { n: 2 })], [payTool()]) }
  await using served = await serve({ agents, ...newStores(), mayDecide, onError: (error) => errors.push(error) })
  const { client } = served
  for (const input of ['One.', 'Two.']) await firstEvent(client, (await client.start({ input })).runId, 'run-end')
  expect((await client.questions()).map(({ question }) => question.about)).toMatchObject([{ input: { n: 2 } }])
  expect(errors.map(String)).toEqual(['Error: no such department'])
})
