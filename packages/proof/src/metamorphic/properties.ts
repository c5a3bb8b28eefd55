import fc from 'fast-check'
import type { Check } from '../cases/case.ts'

/** Seeds that once failed: they are always tried first. */
const keptSeeds: readonly number[] = [1]

/** Checks a property with fast-check; the seed of a failure is in what was seen. */
export async function property<Value>(what: string, values: fc.Arbitrary<Value>, { seed, runs, test }: PropertyOptions<Value>): Promise<Check> {
  for (const each of [...keptSeeds, seed]) {
    const details = await fc.check(fc.asyncProperty(values, test), { seed: each, numRuns: runs })
    if (!details.failed) continue
    const reason = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance)
    const seen = `seed ${each}, path ${details.counterexamplePath}: ${JSON.stringify(details.counterexample).slice(0, 300)}: ${reason.slice(0, 400)}`
    return { what, expected: 'holds', seen, ok: false }
  }
  return { what, expected: 'holds', seen: 'holds', ok: true }
}

interface PropertyOptions<Value> {
  readonly seed: number
  readonly runs: number
  /** Throws when the property does not hold. */
  readonly test: (value: Value) => Promise<void>
}

/** Throws when two texts differ, with the position of the difference. */
export function mustEqual(expected: string, seen: string): void {
  if (expected === seen) return
  let at = 0
  while (expected[at] === seen[at]) at++
  throw new Error(`differ at ${at}: expected …${expected.slice(Math.max(0, at - 40), at + 80)}…, seen …${seen.slice(Math.max(0, at - 40), at + 80)}…`)
}
