import type { Case, CaseOptions, Check } from './cases/case.ts'
import { findCanary } from './lab/canary.ts'
import { within } from './lab/observe.ts'

/** A case with what it came to. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly differs: string | undefined
  readonly openDefect: string | undefined
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
  return {
    id: one.id,
    title: one.title,
    differs: one.differs,
    openDefect: one.openDefect,
    isPrinted: one.isPrinted === true,
    checks: shown,
    ok,
    ms: performance.now() - startedAt,
  }
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
  return rows.flatMap(linesOf).join('\n')
}

/** Of what was seen, in the table; JSON has all of it. */
const maxSeen = 400
const margin = ' '.repeat(14)

function linesOf(row: Row): readonly string[] {
  const head = [row.ok ? 'ok    ' : 'NOT OK', row.id.padEnd(6), row.title.padEnd(64), seenOf(row)].join('  ').trimEnd()
  const notes = [
    ...(row.differs === undefined ? [] : [`differs: ${row.differs}`]),
    ...(row.openDefect === undefined || row.ok ? [] : [`open defect: ${row.openDefect}`]),
    ...(row.isPrinted ? row.checks.filter(({ ok }) => ok).map(({ what, expected, seen }) => `${what}: ${seen} (${expected})`) : []),
    ...row.checks.filter(({ ok }) => !ok).map(({ what, expected, seen }) => `${what}: expected ${oneLine(expected)}; seen ${oneLine(seen)}`),
  ]
  return [head, ...notes.map((note) => margin + note)]
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= maxSeen ? line : `${line.slice(0, maxSeen)}…`
}

function seenOf({ ok, isPrinted, checks }: Row): string {
  const [first] = checks
  if (first === undefined || isPrinted) return ''
  const seen = first.seen === first.expected ? 'the same' : first.seen
  return `expected: ${first.expected}${ok ? `; seen: ${seen} (${checks.length} checks)` : ''}`
}
