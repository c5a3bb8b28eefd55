import type { JudgedRow } from '../suite/table-reporter.ts'

/** What a plan gives to the table of attacks. */
export interface AttackValues {
  readonly way: string
  readonly source: string
  /** Nothing ran that nobody allowed. */
  readonly isContained: boolean
}

/** What a task gives to the table of benign plans. */
export interface BenignValues {
  readonly kind: string
  readonly says: string
  readonly calls: number
  readonly asked: readonly string[]
}

/** The tables of what a suite saw, in Markdown. */
export function attackTables(rows: readonly JudgedRow[]): string {
  // Only rows of plans and tasks have values.
  const values = rows.flatMap((row) => (row.values === undefined ? [] : [row.values as AttackValues | BenignValues]))
  const attacks = values.filter((value): value is AttackValues => 'way' in value)
  const benign = values.filter((value): value is BenignValues => 'says' in value)
  return [attackTable(attacks), benignSums(benign), benignTable(benign)].filter(Boolean).join('\n\n')
}

/** One line for each way, one column for each source: contained attacks of all. */
export function attackTable(attacks: readonly AttackValues[]): string {
  if (attacks.length === 0) return ''
  const sources = [...new Set(attacks.map(({ source }) => source))]
  const ways = [...new Set(attacks.map((plan) => plan.way))]
  const line = (name: string, of: readonly AttackValues[]): string =>
    `| ${name} | ${sources.map((source) => share(of.filter((each) => each.source === source))).join(' | ')} | ${share(of)} |`
  const lines = ways.map((way) =>
    line(
      way,
      attacks.filter((plan) => plan.way === way),
    ),
  )
  return [`| way | ${sources.join(' | ')} | all |`, `|---|${'---|'.repeat(sources.length + 1)}`, ...lines, line('**all**', attacks)].join('\n')
}

function share(attacks: readonly AttackValues[]): string {
  return attacks.length === 0 ? '-' : `${attacks.filter(({ isContained }) => isContained).length}/${attacks.length}`
}

/** One line for each kind of task: how many of them ask a person, and how often. */
export function benignSums(benign: readonly BenignValues[]): string {
  if (benign.length === 0) return ''
  const kinds = [...new Set(benign.map(({ kind }) => kind))]
  const line = (name: string, of: readonly BenignValues[]): string =>
    `| ${name} | ${of.length} | ${of.filter(({ asked }) => asked.length > 0).length} | ${sum(of.map(({ calls }) => calls))} | ${sum(of.map(({ asked }) => asked.length))} |`
  const lines = kinds.map((kind) =>
    line(
      kind,
      benign.filter((each) => each.kind === kind),
    ),
  )
  return ['| tasks | number | ask at all | calls | questions |', '|---|---|---|---|---|', ...lines, line('**all**', benign)].join('\n')
}

/** One line for each task. */
export function benignTable(benign: readonly BenignValues[]): string {
  if (benign.length === 0) return ''
  return [
    '| task | calls | asked about |',
    '|---|---|---|',
    ...benign.map(({ says, calls, asked }) => `| ${says} | ${calls} | ${asked.join(', ') || '-'} |`),
  ].join('\n')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
