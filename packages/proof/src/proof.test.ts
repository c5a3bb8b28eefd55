import { expect, test } from 'vitest'
import { allCases } from './cases/all-cases.ts'
import type { Case } from './cases/case.ts'
import { shortenJitter } from './lab/random.ts'
import { runCases } from './matrix.ts'

shortenJitter()

/** The seeds of these runs are fixed: a new seed each time is what the command is for. */
const options = { quick: true, seed: 1, atOnce: 4 }
const heavy = new Set(['CHAOS', 'M1', 'M2', 'M3'])
const isQuick = ({ id, slow, openDefect }: Case): boolean => slow !== true && openDefect === undefined && !heavy.has(id)

async function failuresOf(cases: readonly Case[]): Promise<readonly string[]> {
  const rows = await runCases(cases, options)
  return rows.flatMap(({ id, title, checks }) =>
    checks.filter(({ ok }) => !ok).map(({ what, expected, seen }) => `${id} ${title}: ${what}: expected ${expected}, seen ${seen}`),
  )
}

test('every case of the matrix is as expected, struck once', { timeout: 60_000 }, async () => {
  expect(await failuresOf(allCases.filter(isQuick))).toEqual([])
})

test.each(['M1', 'M2', 'M3'])('%s holds for generated streams', { timeout: 30_000 }, async (wanted) => {
  expect(await failuresOf(allCases.filter(({ id, slow, openDefect }) => id === wanted && slow !== true && openDefect === undefined))).toEqual([])
})

test('200 runs of chaos break no invariant', { timeout: 60_000 }, async () => {
  expect(await failuresOf(allCases.filter(({ id }) => id === 'CHAOS'))).toEqual([])
})

test('every id of the matrix is there', () => {
  const ids = new Set(allCases.map(({ id }) => id))
  const missing = Array.from({ length: 88 }, (_, index) => `T${index + 1}`).filter((id) => !ids.has(id))
  expect(missing).toEqual([])
})
