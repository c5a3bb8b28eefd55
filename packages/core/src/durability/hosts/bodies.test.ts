import { expect, test } from 'vitest'
import type { Json } from '../../contract/json.ts'
import { soon } from '../../testing/runs.ts'
import { bodiesOf, notStarted } from './bodies.ts'

const unknown = { unknown: true }

test('whoever joined a body that was aborted runs its own', async () => {
  const bodies = bodiesOf({})
  let abort: (reason: Error) => void = () => {}
  void bodies.join('a', () => new Promise<Json>((_, reject) => (abort = reject)))
  const joined = bodies.join('a', async () => 'mine')
  abort(new Error('aborted'))
  expect(await soon(joined)).toBe('mine')
})

test('a body that is under way is joined, and what is not once may run again after its end', async () => {
  const bodies = bodiesOf({})
  expect(await Promise.all([bodies.join('a', async () => 1), bodies.join('a', async () => 2)])).toEqual([1, 1])
  expect(await bodies.join('a', async () => 3)).toBe(3)
})

test('a once body never starts a second time: joined, given again, unknown once it is recorded', async () => {
  const bodies = bodiesOf({})
  const owner = bodies.claim()
  let starts = 0
  const body = async (): Promise<Json> => ++starts
  expect(await Promise.all([bodies.joinOnce('a', owner, body), bodies.joinOnce('a', owner, body)])).toEqual([1, 1])
  expect(await bodies.joinOnce('a', owner, body)).toBe(1)
  bodies.closeOnce('a')
  expect(await bodies.joinOnce('a', owner, body)).toEqual(unknown)
  expect(starts).toBe(1)
})

test('a once body that was aborted while it ran is unknown; one that never began counts as none', async () => {
  const bodies = bodiesOf({})
  const owner = bodies.claim()
  expect(await soon(bodies.joinOnce('a', owner, () => Promise.reject(new Error('aborted'))))).toEqual(unknown)
  void bodies.joinOnce('b', owner, () => Promise.reject(notStarted))
  const later = bodies.joinOnce('b', owner, async () => 'ran')
  expect(await soon(later)).toBe('ran')
})

test('a once body that another process or connection claimed is unknown', async () => {
  const other = bodiesOf({}).claim()
  expect(await bodiesOf({}).joinOnce('a', other, async () => 1)).toEqual(unknown)
})

test('closed bodies are forgotten in time, and a full list gives the claimer another name', async () => {
  const bodies = bodiesOf({})
  const owner = bodies.claim()
  for (let index = 0; index < 3_000; index++) bodies.closeOnce(String(index))
  expect(bodies.claim()).toBe(owner)
  for (let index = 0; index < 10_000; index++) void bodies.joinOnce(`open ${index}`, owner, () => new Promise(() => {}))
  expect(bodies.claim()).not.toBe(owner)
  expect(await bodies.joinOnce('open 1', owner, async () => 1)).toEqual(unknown)
})
