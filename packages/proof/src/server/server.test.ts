import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { isNamed, quickOptions, type SuiteOptions } from '../suite/options.ts'
import { Lab } from './lab.ts'
import { loadCases } from './load-cases.ts'
import { ownerCases } from './owner-cases.ts'
import { requestCases } from './request-cases.ts'
import { lineOf, type ServerValues } from './table.ts'

const options: SuiteOptions = inject('suite') ?? quickOptions
const cases = [...requestCases, ...ownerCases, ...loadCases].filter(({ attack }) => isNamed([attack], options))
const rows: ServerValues[] = []
let lab: Lab

beforeAll(async () => {
  lab = await new Lab({ rate: { runsPerMinute: 10_000, requestsPerMinute: 100_000, runsAtOnce: 1_000 } }).listen()
})

afterAll(() => lab.close())

describe('an attack on a server has no effect', () => {
  for (const { attack, run } of cases) {
    test(attack, { timeout: 60_000 }, async ({ task }) => {
      const seen = await run(lab)
      rows.push({ attack, seen })
      expect(seen).not.toBe('')
      task.meta.row = { name: attack, seen, values: { attack, seen } }
    })
  }
})

test.runIf(options.only.length === 0)('the documentation has the lines of the table', () => {
  const documented = readFileSync(new URL('../../../../docs/server.md', import.meta.url), 'utf8')
  expect(rows.map(lineOf).filter((line) => !documented.includes(line))).toEqual([])
})
