import { finishedEvents, liveFilter, type RunEvent } from '@capstan/core'
import { answersTo, shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { newFolder } from './testing/stores.ts'

const base = { runId: 'r', seq: 1, at: 1, step: 3 }
const delta = (attempt: number, execution: number, text: string): RunEvent => ({
  ...base,
  type: 'text-delta',
  attempt,
  delta: text,
  operation: `steps/3/model/${attempt}`,
  execution,
})
const head = { version: 1, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] } as const
const nothing = { head, records: [], decisions: [] }

test('a reader gets the end of each recorded message and call, in order', async () => {
  const journal = fileJournal(newFolder())
  const { agent } = shop({ needsApproval: false })
  const live: RunEvent[] = []
  for await (const event of agent.stream('go', { journal, runId: 'r' })) live.push(event)
  const finished = finishedEvents(await journal.read('r'))
  const ends = live.filter(({ type }) => type === 'message-end' || type === 'tool-end')

  expect(finished).toHaveLength(4)
  for (const [index, event] of finished.entries()) {
    const { seq: _, execution: __, operation: ___, at, ...shown } = ends[index] ?? ({} as RunEvent)
    expect(event).toMatchObject({ ...shown, ms: expect.any(Number), replayed: true })
    // A message is recorded before it is shown. A result is shown by its call, which is recorded when it has ended.
    if (event.type === 'message-end') expect(event.at).toBeLessThanOrEqual(at)
    else expect(event.at).toBeGreaterThanOrEqual(at)
  }
})

test('live events of finished messages and calls are skipped, others are shown', async () => {
  const journal = fileJournal(newFolder())
  const { agent } = shop()
  await agent.generate('go', { journal, runId: 'r' })
  const judge = liveFilter(await journal.read('r'))
  const judged: unknown[] = []
  for await (const event of agent.resume('r', { journal, answers: await answersTo(journal, 'r', { approve: true }) })) {
    judged.push([event.type, event.step, judge(event)])
  }

  expect(judged).toContainEqual(['message-end', 1, 'skip'])
  expect(judged).toContainEqual(['tool-start', 1, 'show'])
  expect(judged).toContainEqual(['text-delta', 2, 'show'])
  expect(judged).toContainEqual(['message-end', 2, 'show'])
})

test('a reader never mixes two executions or two attempts of a message', () => {
  const judge = liveFilter(nothing)
  const events = [delta(1, 1, 'a'), delta(1, 1, 'b'), delta(1, 2, 'c'), delta(1, 1, 'late'), delta(2, 1, 'd'), delta(1, 2, 'late'), delta(2, 1, 'e')]
  expect(events.map(judge)).toEqual(['show', 'show', 'restart', 'skip', 'restart', 'skip', 'show'])
})

test('nothing of a message is shown after its end', () => {
  const judge = liveFilter(nothing)
  judge(delta(1, 1, 'a'))
  const end = { ...base, type: 'message-end', message: { role: 'assistant', content: [] }, finishReason: 'stop', usage: {}, ms: 1 } as const
  expect([judge(end), judge(delta(1, 1, 'late')), judge(end)]).toEqual(['show', 'skip', 'skip'])
})
