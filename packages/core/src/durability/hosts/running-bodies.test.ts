import { expect, test } from 'vitest'
import type { Json } from '../../contract/json.ts'
import { soon } from '../../testing/runs.ts'
import { notStarted, RunningBodies } from './running-bodies.ts'

const unknown = { unknown: true }

test('an execution that joined a body runs its own when that one was aborted', async () => {
  const bodies = RunningBodies.of({})
  let abort: (reason: Error) => void = () => {}
  void bodies.join('a', () => new Promise<Json>((_, reject) => (abort = reject)))
  const joined = bodies.join('a', async () => 'mine')
  abort(new Error('aborted'))
  expect(await soon(joined)).toBe('mine')
})

test('a running body is joined; a body that may be repeated runs again after its end', async () => {
  const bodies = RunningBodies.of({})
  expect(await Promise.all([bodies.join('a', async () => 1), bodies.join('a', async () => 2)])).toEqual([1, 1])
  expect(await bodies.join('a', async () => 3)).toBe(3)
})

test('a once body never starts a second time: it is joined while it runs, its value is given until it is recorded, and then the outcome is unknown', async () => {
  const bodies = RunningBodies.of({})
  const claim = bodies.claimStart()
  let starts = 0
  const body = async (): Promise<Json> => ++starts
  expect(await Promise.all([bodies.joinOnce('a', claim, body), bodies.joinOnce('a', claim, body)])).toEqual([1, 1])
  expect(await bodies.joinOnce('a', claim, body)).toBe(1)
  bodies.markRecorded('a')
  expect(await bodies.joinOnce('a', claim, body)).toEqual(unknown)
  expect(starts).toBe(1)
})

test('the outcome of a once body that was aborted while it ran is unknown; one that was aborted before it began may start later', async () => {
  const bodies = RunningBodies.of({})
  const claim = bodies.claimStart()
  expect(await soon(bodies.joinOnce('a', claim, () => Promise.reject(new Error('aborted'))))).toEqual(unknown)
  void bodies.joinOnce('b', claim, () => Promise.reject(notStarted))
  const later = bodies.joinOnce('b', claim, async () => 'ran')
  expect(await soon(later)).toBe('ran')
})

test('the outcome of a once body that another process or connection claimed is unknown', async () => {
  const other = RunningBodies.of({}).claimStart()
  expect(await RunningBodies.of({}).joinOnce('a', other, async () => 1)).toEqual(unknown)
})

test('recorded bodies are forgotten in time, and a full registry changes its claim', async () => {
  const bodies = RunningBodies.of({})
  const claim = bodies.claimStart()
  for (let index = 0; index < 3_000; index++) bodies.markRecorded(String(index))
  expect(bodies.claimStart()).toBe(claim)
  for (let index = 0; index < 10_000; index++) void bodies.joinOnce(`open ${index}`, claim, () => new Promise(() => {}))
  expect(bodies.claimStart()).not.toBe(claim)
  expect(await bodies.joinOnce('open 1', claim, async () => 1)).toEqual(unknown)
})

test('a value that comes after the engine recorded the operation does not bring the body back', async () => {
  const bodies = RunningBodies.of({})
  const claim = bodies.claimStart()
  let finish: (value: Json) => void = () => {}
  const first = bodies.joinOnce('a', claim, () => new Promise<Json>((resolve) => (finish = resolve)))
  bodies.markRecorded('a')
  finish('late')
  expect(await first).toBe('late')
  expect(await bodies.joinOnce('a', claim, async () => 'again')).toEqual(unknown)
})
