import type { Case, CaseOptions, Check } from './cases/case.ts'
import { findCanary } from './lab/canary.ts'
import { within } from './lab/observe.ts'

/** A case with what it came to. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly differs: string | undefined
  readonly isPrinted: boolean
  readonly checks: readonly Check[]
  readonly ok: boolean
  readonly ms: number
}

const caseLimitMs = 1_200_000

/** Runs cases, several at once, and gives their rows in order. */
export async function runCases(
  cases: readonly Case[],
  options: CaseOptions & { readonly atOnce: number },
  onRow: (row: Row) => void = () => {},
): Promise<readonly Row[]> {
  const rows: Row[] = []
  const work = async (some: Iterator<readonly [number, Case]>): Promise<void> => {
    for (let next = some.next(); !next.done; next = some.next()) {
      const [index, one] = next.value
      const row = await runCase(one, options)
      rows[index] = row
      onRow(row)
    }
  }
  const all = [...cases.entries()]
  const quick = all.filter(([, { slow }]) => slow !== true).values()
  await Promise.all(Array.from({ length: options.atOnce }, () => work(quick)))
  // What takes long holds the others up: it runs alone.
  await work(all.filter(([, { slow }]) => slow === true).values())
  return rows
}

async function runCase(one: Case, options: CaseOptions): Promise<Row> {
  const startedAt = performance.now()
  const checks = await checksOf(one, options)
  const shown = findCanary(checks) === undefined ? checks : [{ what: 'secrets', expected: 'no key shown', seen: 'a key in the checks', ok: false }]
  const ok = shown.length > 0 && shown.every((each) => each.ok)
  return { id: one.id, title: one.title, differs: one.differs, isPrinted: one.isPrinted === true, checks: shown, ok, ms: performance.now() - startedAt }
}

async function checksOf(one: Case, options: CaseOptions): Promise<readonly Check[]> {
  try {
    const checks = await within(caseLimitMs, one.run(options))
    return checks ?? [{ what: 'the case', expected: 'ends', seen: `still running after ${caseLimitMs} ms`, ok: false }]
  } catch (error) {
    return [{ what: 'the case', expected: 'runs', seen: error instanceof Error ? (error.stack ?? error.message) : String(error), ok: false }]
  }
}

/** The rows as a table for people: one line a case, and each check that failed below it. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => {
    const [first] = row.checks
    const bad = row.checks.filter(({ ok }) => !ok)
    const head = [row.ok ? 'ok    ' : 'NOT OK', row.id.padEnd(4), row.title.padEnd(64), first === undefined ? '' : `expected: ${first.expected}`].join('  ')
    const notes = row.differs === undefined ? [] : [`              differs: ${row.differs}`]
    const failures = bad.map(({ what, expected, seen }) => `              ${what}: expected ${expected}; seen ${seen}`)
    const seen =
      bad.length === 0 && first !== undefined ? `; seen: ${first.seen === first.expected ? 'the same' : first.seen} (${row.checks.length} checks)` : ''
    const figures = row.isPrinted
      ? row.checks.filter(({ ok }) => ok).map(({ what, expected, seen: found }) => `              ${what}: ${found} (${expected})`)
      : []
    return [head + seen, ...notes, ...figures, ...failures]
  })
  return lines.join('\n')
}
