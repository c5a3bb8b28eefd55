import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allCases } from './all-cases.ts'

const ids = allCases.map(({ id }) => id)

test('each case has an id of its own that says what it tests', () => {
  expect(ids.filter((id, index) => ids.indexOf(id) !== index || !/^[A-Z]+\d* ./.test(id))).toEqual([])
})

test('the cases have the rows that docs/faults.md names, and no others', () => {
  const page = readFileSync(new URL('../../../../docs/faults.md', import.meta.url), 'utf8')
  const single = [...page.matchAll(/\bT(\d+)\b/g)].map(([, row]) => Number(row))
  const ranges = [...page.matchAll(/\bT(\d+) to T(\d+)\b/g)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  )
  const rows = ids.flatMap((id) => /^T(\d+) /.exec(id)?.[1] ?? []).map(Number)
  expect(new Set(rows)).toEqual(new Set([...single, ...ranges]))
})
