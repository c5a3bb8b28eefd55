import type { JudgedRow } from '../suite/table-reporter.ts'

/** What a case gives to the table. */
export interface ServerValues {
  readonly attack: string
  readonly seen: string
}

/** A line of the table of docs/server.md. */
export function lineOf({ attack, seen }: ServerValues): string {
  return `| ${attack} | ${seen} |`
}

/** The table of the rows of the suite. */
export function serverTable(rows: readonly JudgedRow[]): string {
  // Only the cases have values.
  const values = rows.flatMap((row) => (row.values === undefined ? [] : [row.values as ServerValues]))
  return ['| attack | what comes back |', '|---|---|', ...values.map(lineOf)].join('\n')
}
