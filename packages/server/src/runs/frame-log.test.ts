import { call } from '@capstan/core/testing'
import { applyEvent, emptyView } from '@capstan/server/view'
import { expect, test } from 'vitest'
import { eventsOf, newStores, scriptedAgent, serve, testTool } from '../testing/served.ts'

test('a run that is larger than its log is still shown completely: what has left memory comes from the journal', async () => {
  const big = testTool('big', () => 'x'.repeat(49_000))
  // 200 results of 49,000 characters, and room for 171.
  const steps = Array.from({ length: 20 }, (_, step) => Array.from({ length: 10 }, (_, index) => call('big', { step, index })))
  const agents = { worker: scriptedAgent([...steps, 'Done.'], [big], { limits: { steps: 30, toolCalls: 300 }, history: false }) }
  await using served = await serve({ agents, ...newStores() })
  const { runId } = await served.client.start({ input: 'Work.' })
  let live = emptyView
  const ids: string[] = []
  for await (const event of served.client.events(runId, { onId: (id) => ids.push(id) })) live = applyEvent(live, event)
  const late = (await eventsOf(served.client, runId)).reduce(applyEvent, emptyView)
  for (const view of [live, late]) {
    expect(view.status).toBe('finished')
    expect(view.steps.flatMap(({ calls }) => calls.filter(({ status, text }) => status === 'ok' && text.length === 49_000))).toHaveLength(200)
  }
  // What follows the first event is not complete any more, so the reader begins again.
  const types: string[] = []
  for await (const event of served.client.events(runId, { after: ids[0] ?? '' })) types.push(event.type)
  expect(types[0]).toBe('restart')
  expect(types.filter((type) => type === 'tool-end')).toHaveLength(200)
})
