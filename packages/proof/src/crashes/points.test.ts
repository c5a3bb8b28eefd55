import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { matrixOf } from './matrix.ts'

const page = readFileSync(new URL('../../../../docs/durability.md', import.meta.url), 'utf8')

test('the matrix has the points that docs/durability.md names, for each store and effect', () => {
  const lines = [...page.matchAll(/^\| ([a-z, ]+) \| (P\d+ [^|]+) \|/gm)]
  const named = lines.flatMap(([, stores = '', point]) => stores.split(', ').map((store) => `${store}: ${point}`))
  const rows = [...new Set(matrixOf(false).map(({ name }) => name))]
  expect(named.sort()).toEqual(['file', 'sqlite', 'postgres', 'restate', 'dbos'].flatMap((store) => rows.map((name) => `${store}: ${name}`)).sort())
  for (const row of rows) expect(matrixOf(false).flatMap(({ name, effect }) => (name === row ? [effect] : []))).toEqual(['read', 'idempotent', 'once'])
})
