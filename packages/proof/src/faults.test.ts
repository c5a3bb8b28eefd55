import { describe, inject, test } from 'vitest'
import { allCases } from './cases/all-cases.ts'
import type { Case, Check } from './cases/case.ts'
import { judge } from './cases/judge.ts'
import { shortenJitter } from './lab/random.ts'
import { isAsked, quickOptions, type SuiteOptions } from './suite/options.ts'
import type { Row } from './suite/row.ts'

const options: SuiteOptions = inject('suite') ?? quickOptions
const { quick } = options
/** Cases that keep the processor busy, or need thousands of turns of the event loop: they run one at a time. */
const isHeavy = ({ id, slow }: Case): boolean => slow === true || /^(?:CHAOS|M[123]|T59) /.test(id)
// Recordings are long: a quick run of M1 and M2 reads generated streams only.
const isLeftOut = ({ id, slow }: Case): boolean => quick && slow === true && (options.only.length === 0 || id.startsWith('M'))
const chosen = allCases.filter((one) => isAsked(one.id, options) && !isLeftOut(one))

shortenJitter()

describe.runIf(!chosen.every(isHeavy)).concurrent('a fault has the expected outcome', () => {
  for (const one of chosen) if (!isHeavy(one)) register(one)
})

describe.runIf(chosen.some(isHeavy))('a long case holds', () => {
  for (const one of chosen) if (isHeavy(one)) register(one)
})

function register(one: Case): void {
  test(one.id, { timeout: quick ? 120_000 : 1_200_000 }, async ({ task, expect }) => {
    const checks = await judge(one, options)
    task.meta.row = rowOf(one, checks)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
  })
}

function rowOf({ id, differs, isPrinted }: Case, checks: readonly Check[]): Row {
  const [first] = checks
  const failed = checks.filter(({ ok }) => !ok)
  const expected = `expected: ${first?.expected}`
  const seen = first?.seen === first?.expected ? 'the same' : first?.seen
  return {
    name: id,
    seen: isPrinted === true ? '' : failed.length > 0 ? expected : `${expected}; seen: ${seen} (${checks.length} checks)`,
    notes: [
      ...(differs === undefined ? [] : [`differs: ${differs}`]),
      ...(isPrinted === true ? checks.filter(({ ok }) => ok).map((check) => `${check.what}: ${check.seen} (${check.expected})`) : []),
      ...failed.map((check) => `${check.what}: expected ${check.expected}; seen ${check.seen}`),
    ],
  }
}
