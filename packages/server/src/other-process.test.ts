import { AgentError, type Journal, type OpenRun } from '@capstan/core'
import { call } from '@capstan/core/testing'
import { agentServer } from '@capstan/server'
import { connect } from '@capstan/server/client'
import { expect, onTestFinished, test } from 'vitest'
import { eventsOf, firstEvent, newStores, payTool, type Stores, scriptedAgent, serve, testTool } from './testing/served.ts'

/** A journal whose disk is full for one write. */
function failingOnce(journal: Journal): Journal {
  let count = 0
  const watched = (run: OpenRun): OpenRun => {
    let isBroken = false
    return {
      ...run,
      append: async (records, isDurable) => {
        isBroken ||= ++count === 4
        if (isBroken) throw new AgentError('The disk is full.', { code: 'journal-failed' })
        return await run.append(records, isDurable)
      },
    }
  }
  return { ...journal, open: async (runId, head) => watched(await journal.open(runId, head)) }
}

test('a journal that cannot write once: the reader comes back, the run continues, and a tool runs once', async () => {
  const { journal, sessions } = newStores()
  let effects = 0
  const look = testTool('look', () => `look ${++effects}`)
  const agents = { worker: scriptedAgent([call('look'), 'Done.', 'Done.'], [look]) }
  await using served = await serve({ agents, journal: failingOnce(journal), sessions })
  const { runId } = await served.client.start({ input: 'Work.' })
  const events = await eventsOf(served.client, runId)
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'Done.' })
  expect(events.some(({ type }) => type === 'restart')).toBe(true)
})

test('a run that another server has is followed from the journal, and cannot be stopped here', async () => {
  const stores = newStores()
  let finishTool = (): void => undefined
  const slow = testTool(
    'slow',
    () =>
      new Promise((resolve) => {
        finishTool = () => resolve('slow done')
      }),
  )
  await using first = await serve({ agents: { worker: scriptedAgent([call('slow'), 'Done.'], [slow]) }, ...stores })
  const { runId } = await first.client.start({ input: 'Work.' })
  await firstEvent(first.client, runId, 'tool-start')
  const second = await secondServer(stores)
  await expect(second.stop(runId)).rejects.toMatchObject({ status: 409, code: 'run-elsewhere' })
  const reading = eventsOf(second, runId, (event) => event.type === 'snapshot-end' && finishTool())
  const events = await reading
  expect(events.find(({ type }) => type === 'tool-end')).toMatchObject({ text: 'slow done' })
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', isLast: true })
})

test('an answer that another server was given continues the run there, and its readers here see the end', async () => {
  const stores = newStores()
  const pay = payTool()
  await using first = await serve({ agents: { worker: scriptedAgent([call('pay')], [pay]) }, ...stores })
  const { runId } = await first.client.start({ input: 'Pay.' })
  const second = await secondServer(stores, [pay])
  const events = await eventsOf(first.client, runId, async (event) => {
    const question = event.type === 'run-end' ? event.pending?.[0] : undefined
    if (question !== undefined) await second.decide(runId, { [question.id]: { approve: true } })
  })
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'Second.', isLast: true })
  expect(pay.paid).toHaveLength(1)
})

/** A server with another scripted agent of the same name, on the same stores. */
async function secondServer(stores: Stores, tools: Parameters<typeof scriptedAgent>[1] = [testTool('slow')]) {
  const server = agentServer({ agents: { worker: scriptedAgent(['Second.'], tools) }, ...stores, maxDelayMs: 60_000, recoverEveryMs: Number.POSITIVE_INFINITY })
  const { url } = await server.listen()
  onTestFinished(async () => void (await server.close({ graceMs: 1_000 })))
  return connect({ url })
}
