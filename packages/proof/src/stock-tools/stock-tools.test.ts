import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { isNamed, quickOptions, type SuiteOptions } from '../suite/options.ts'
import type { AttackCase, StockTool } from './attack-case.ts'
import { fileCases } from './file-cases.ts'
import { flowCases } from './flow-cases.ts'
import { httpCases } from './http-cases.ts'
import { inputCases } from './input-cases.ts'
import { Lab } from './lab.ts'
import { programCases } from './program-cases.ts'
import { type StockToolValues, stockToolTable } from './table.ts'

const options: SuiteOptions = inject('suite') ?? quickOptions
const all = [...inputCases, ...httpCases, ...fileCases, ...programCases, ...flowCases]
const isChosen = ({ attack, tools, isLong }: AttackCase): boolean => isNamed([attack, ...Object.keys(tools)], options) && !(options.quick && isLong === true)
const cases = all.filter(isChosen)
const rows: StockToolValues[] = []
let lab: Lab

beforeAll(() => {
  lab = new Lab()
})

afterAll(() => lab.close())

describe('an attack has no effect', () => {
  for (const { attack, tools } of cases) {
    test(attack, { timeout: 60_000 }, async ({ task }) => {
      const seen = await attackAll(tools)
      expect(Object.keys(seen)).toEqual(Object.keys(tools))
      rows.push({ attack, seen })
      const words = Object.entries(seen).map(([name, text]) => `${name}: ${text}`)
      task.meta.row = { name: attack, seen: words.join('; '), values: { attack, seen } }
    })
  }
})

/** @throws {Error} If one of the attacks had an effect. */
async function attackAll(tools: AttackCase['tools']): Promise<StockToolValues['seen']> {
  const seen: Partial<Record<StockTool, string>> = {}
  for (const [name, attack] of Object.entries(tools)) seen[name as StockTool] = await attack(lab) // The keys are those of the type.
  return seen
}

test.runIf(options.only.length === 0)('the documentation has the lines of the table', () => {
  const documented = readFileSync(new URL('../../../../docs/stock-tools.md', import.meta.url), 'utf8')
  const lines = stockToolTable(rows).split('\n')
  expect(lines.filter((line) => !documented.includes(line))).toEqual([])
})
