import type { JudgedRow } from '../suite/table-reporter.ts'
import { type StockTool, stockTools } from './attack-case.ts'

/** What a case gives to the table. */
export interface StockToolValues {
  readonly attack: string
  readonly seen: Readonly<Partial<Record<StockTool, string>>>
}

/** The table of docs/stock-tools.md. */
export function stockToolTable(cases: readonly StockToolValues[]): string {
  const head = ['attack', ...stockTools.map((name) => `\`${name}\``)]
  const rows = cases.map(({ attack, seen }) => [attack, ...stockTools.map((name) => seen[name] ?? '–')])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The table of the rows of a suite. */
export function tableOfRows(rows: readonly JudgedRow[]): string {
  // Only the cases have values.
  return stockToolTable(rows.flatMap(({ values }) => (values === undefined ? [] : [values as StockToolValues])))
}
