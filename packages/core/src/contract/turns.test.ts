import { setImmediate } from 'node:timers'
import { expect, test } from 'vitest'
import { parseExactly, parseExactlyInSteps } from './exact-json.ts'
import { copyJsonInTurns, type Json, jsonFormOf } from './json.ts'
import { finishInTurns, type Steps } from './turns.ts'

function yieldsOf(steps: Steps<unknown>): number {
  for (let yields = 0; ; yields++) if (steps.next().done === true) return yields
}

/** How many turns the event loop got while the work was done. */
async function turnsDuring(work: () => unknown): Promise<number> {
  let turns = 0
  let isDone = false
  const tick = (): void => {
    turns++
    if (!isDone) setImmediate(tick)
  }
  setImmediate(tick)
  await work()
  isDone = true
  return turns
}

const schema = { type: 'object' } as const
const large: readonly (readonly [name: string, value: Json])[] = [
  ['a list of 100,000 numbers', { list: Array.from({ length: 100_000 }, (_, index) => index + 0.1234567890123) }],
  ['an object with 100,000 names', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`name${index}`, index / 7]))],
  ['33,000 objects', { list: Array.from({ length: 33_000 }, (_, id) => ({ id, share: id / 7, name: 'a' })) }],
]

test.each(large)('the numbers of %s are read in at most 10,000 units of work for each turn', (_name, value) => {
  const text = JSON.stringify(value)
  // At least one unit for each of 100,000 values.
  expect(yieldsOf(parseExactlyInSteps(text, schema))).toBeGreaterThanOrEqual(10)
  expect(parseExactly(text, schema)).toEqual({ value })
})

test.each(large)('%s is copied in at most 10,000 units of work for each turn', async (_name, value) => {
  expect(await turnsDuring(() => copyJsonInTurns(value))).toBeGreaterThanOrEqual(10)
  expect(await turnsDuring(() => jsonFormOf(value))).toBeGreaterThanOrEqual(10)
  expect(await copyJsonInTurns(value)).toEqual(value)
  expect(await jsonFormOf(value)).toEqual({ value, isExact: true })
})

test('work of one slice is done at once', () => {
  expect(finishInTurns(parseExactlyInSteps('{"a":1.50}', schema))).toEqual({ value: { a: 1.5 } })
  expect(copyJsonInTurns({ a: [1, { b: null }] })).toEqual({ a: [1, { b: null }] })
})

test.each([[-0], [Number.POSITIVE_INFINITY], [Object.create({ a: 1 }) as Json], [[undefined as never]]])(
  'what is not plain JSON (%o) is copied as it was',
  async (value) => {
    expect(await copyJsonInTurns([value])).toEqual([value])
  },
)

test('what fails in a later turn rejects', async () => {
  const text = `[${'1.50,'.repeat(60_000)}12345678901234567890]`
  expect(await finishInTurns(parseExactlyInSteps(text, { type: 'array' }))).toMatchObject({ problems: [expect.stringContaining('/60000')] })
})
