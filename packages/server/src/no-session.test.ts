import { expect, test } from 'vitest'
import { eventsOf, newStores, scriptedAgent, serve } from './testing/served.ts'

test('a run without a session ends, and says what the user asked, also to another process', async () => {
  const stores = newStores()
  await using first = await serve({ agents: { support: scriptedAgent(['Hello.']) }, ...stores })
  const { runId } = await first.client.start({ input: 'Hi.' })
  await eventsOf(first.client, runId, async () => {})
  expect(await first.client.run(runId)).toMatchObject({ status: 'finished', input: 'Hi.' })
  await using second = await serve({ agents: { support: scriptedAgent([]) }, ...stores })
  expect(await second.client.run(runId)).toMatchObject({ input: 'Hi.' })
})
