import { expect, test } from 'vitest'
import { AppendQueue } from './append-queue.ts'

/** A queue over a store that collects what is written, and fails on demand. */
function queueOver(fails: { error?: Error } = {}) {
  const writes: [items: readonly string[], isDurable: boolean][] = []
  const queue = new AppendQueue<string>(async (items, isDurable) => {
    if (fails.error !== undefined) throw fails.error
    writes.push([items, isDurable])
  })
  return { queue, writes }
}

const items = (...all: string[]): Promise<readonly string[]> => Promise.resolve(all)

test('an append resolves once its items are written', async () => {
  const { queue, writes } = queueOver()
  await queue.append(items('a', 'b'), true)
  expect(writes).toEqual([[['a', 'b'], true]])
})

test('an append that need not be durable is passed to the store as not durable', async () => {
  const { queue, writes } = queueOver()
  await queue.append(items('a'), false)
  expect(writes).toEqual([[['a'], false]])
})

test('appends of the same tick are written together, in order, and are durable if one of them is', async () => {
  const { queue, writes } = queueOver()
  const slow = new Promise<readonly string[]>((resolve) => setImmediate(resolve, ['a']))
  await Promise.all([queue.append(slow, true), queue.append(items('b'), false), queue.append(items('c'), true)])
  expect(writes).toEqual([[['a', 'b', 'c'], true]])
})

test('nothing is written after a failure, even when a write would work again', async () => {
  const fails: { error?: Error } = { error: Object.assign(new Error('disk full'), { code: 'ENOSPC' }) }
  const { queue, writes } = queueOver(fails)
  const failed = { code: 'journal-failed', cause: { code: 'ENOSPC' } }
  await expect(queue.append(items('a'), true)).rejects.toMatchObject(failed)
  delete fails.error
  await expect(queue.append(items('b'), true)).rejects.toMatchObject(failed)
  expect(writes).toEqual([])
})

test('an encoding error of the items is a failure, too', async () => {
  const { queue, writes } = queueOver()
  await expect(queue.append(Promise.reject(new RangeError('Invalid string length')), true)).rejects.toMatchObject({ code: 'journal-failed' })
  await expect(queue.append(items('b'), true)).rejects.toMatchObject({ code: 'journal-failed' })
  expect(writes).toEqual([])
})

test('the queue is settled when all appends are finished', async () => {
  const { queue, writes } = queueOver()
  const append = queue.append(items('a'), true)
  await queue.settled()
  expect(writes).toHaveLength(1)
  await append
})
