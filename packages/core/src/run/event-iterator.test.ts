import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { soon } from '../testing/runs.ts'
import { type Answer, scriptedModel } from '../testing/scripted-model.ts'

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

test('a next() that waits is done when the iterator is left', async () => {
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

test('an iterator that was left shows nothing more', async () => {
  const { run, iterator } = iterate([{ text: 'ok' }])
  await iterator.next()
  await iterator.return?.()
  await run.result.catch(() => {})

  expect(await iterator.next()).toEqual(done)
})
