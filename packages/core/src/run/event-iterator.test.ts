import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { ModelEvent } from '../contract/model.ts'
import { soon, tick } from '../testing/runs.ts'
import { type Answer, modelOf, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { EventIterator } from './event-iterator.ts'

function iterate(answers: readonly Answer[]) {
  const run = new Agent({ model: scriptedModel(answers) }).stream('go')
  return { run, iterator: run[Symbol.asyncIterator]() }
}

const done = { value: undefined, done: true }

test('several next() at once get the events in order', async () => {
  const { iterator } = iterate([{ text: 'ok' }])
  const steps = await soon(Promise.all([iterator.next(), iterator.next(), iterator.next()]))
  expect(steps.map(({ value }) => value?.type)).toEqual(['run-start', 'step-start', 'attempt'])
})

test('a waiting next() resolves when the iterator is closed', async () => {
  const { iterator } = iterate([{ hangs: true }])
  for (let count = 0; count < 3; count++) await iterator.next()
  const waiting = iterator.next()
  await iterator.return?.()

  expect(await soon(waiting)).toEqual(done)
})

test('every next() that waits at the end settles', async () => {
  const { iterator } = iterate([{ text: 'ok' }])
  const steps = await soon(Promise.all(Array.from({ length: 20 }, () => iterator.next())))
  expect(steps.at(-1)).toEqual(done)
})

test('what broke is thrown once; after that the iterator is done', async () => {
  const { iterator } = iterate([])
  const settled = await soon(Promise.allSettled(Array.from({ length: 20 }, () => iterator.next())))
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(await iterator.next()).toEqual(done)
})

test('leaving the iterator after the end aborts nothing', async () => {
  const { run, iterator } = iterate([{ text: 'ok' }])
  while (!(await iterator.next()).done);
  await iterator.return?.()

  await expect(run.result).resolves.toMatchObject({ text: 'ok' })
})

test('a closed iterator yields no further events', async () => {
  const { run, iterator } = iterate([{ text: 'ok' }])
  await iterator.next()
  await iterator.return?.()
  await run.result.catch(() => {})

  expect(await iterator.next()).toEqual(done)
})

/** A model that sends large pieces, and how many of them were taken from it. */
function largePieces(piece: (delta: string) => ModelEvent, count = 1_000) {
  let taken = 0
  const model = modelOf(async function* () {
    for (; taken < count; taken++) yield [piece(String(taken % 10).repeat(20_000))]
    yield [replyEvent([{ type: 'text', text: 'x' }])]
  })
  return { agent: new Agent({ model }), taken: () => taken }
}

const pieces: readonly (readonly [string, (delta: string) => ModelEvent])[] = [
  ['text', (delta) => ({ type: 'text-delta', delta })],
  ['reasoning', (delta) => ({ type: 'reasoning-delta', delta })],
  ['tool input', (delta) => ({ type: 'tool-call-delta', index: 0, delta })],
]

test.each(pieces)('for a reader that stops reading, only a few large deltas of %s are buffered, and not 256', async (_, piece) => {
  const { agent, taken } = largePieces(piece)
  const run = agent.stream('go')
  const iterator = run[Symbol.asyncIterator]()
  for (let count = 0; count < 5; count++) await iterator.next()
  for (let turn = 0; turn < 20; turn++) await tick()
  expect(taken()).toBeLessThan(10)
  await iterator.return?.()
})

test('a run without a consumer buffers a few large deltas, and delivers all of them to the first consumer', async () => {
  const { agent, taken } = largePieces((delta) => ({ type: 'text-delta', delta }), 20)
  const run = agent.stream('go')
  for (let turn = 0; turn < 20; turn++) await tick()
  expect(taken()).toBeLessThan(10)
  let length = 0
  for await (const event of run) if (event.type === 'text-delta') length += event.delta.length
  expect(length).toBe(400_000)
})

test('large progress of a tool is held by its size: the newest counts', async () => {
  let finish = (): void => {}
  const noisy = testTool('noisy', (_, { progress }) => {
    for (let count = 1; count <= 100; count++) progress({ count, rows: ['x'.repeat(20_000)] })
    return new Promise((resolve) => {
      finish = () => resolve('done')
    })
  })
  const run = new Agent({ model: scriptedModel([{ calls: [{ name: 'noisy', input: {} }] }, { text: 'ok' }]), tools: [noisy] }).stream('go')
  await tick()
  const shown: unknown[] = []
  for await (const event of run) {
    if (event.type !== 'tool-progress') continue
    shown.push((event.data as { readonly count: number }).count)
    if (shown.at(-1) === 100) finish()
  }
  expect(shown.length).toBeLessThan(10)
})

test('a reader that is always a little behind keeps no events that it has taken', async () => {
  const drained = vi.fn()
  const iterator = new EventIterator(drained, () => {})
  const seen: WeakRef<object>[] = []
  const push = (): void => {
    const event = { type: 'step-start', step: 1, runId: 'r', seq: 1, at: 1 } as const
    seen.push(new WeakRef(event))
    iterator.push(event)
  }
  push()
  for (let count = 0; count < 2_000; count++) {
    push()
    await iterator.next()
  }
  setFlagsFromString('--expose-gc')
  await tick()
  runInNewContext('gc')()
  expect([drained.mock.calls.length, iterator.length]).toEqual([0, 1])
  expect(seen.filter((event) => event.deref() !== undefined).length).toBeLessThan(500)
})
