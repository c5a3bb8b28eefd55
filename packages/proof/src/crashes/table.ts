import type { JudgedRow } from '../suite/table-reporter.ts'
import { effects, type MatrixCrash, type Seen } from './matrix.ts'

/** What a row of the matrix gives to its table. */
export interface MatrixValues extends Pick<MatrixCrash, 'name' | 'effect'>, Seen {
  readonly store: string
}

/** The matrix in Markdown: one line for each point, by the effect of the tool. Stores that saw the same share a line. */
export function crashTable(rows: readonly JudgedRow[]): string {
  const seen = rows.flatMap(({ values }) => (values === undefined ? [] : [values as MatrixValues])) // Only rows of the matrix have values.
  const lines = new Map<string, string[]>()
  for (const store of new Set(seen.map((row) => row.store))) {
    for (const name of new Set(seen.map((row) => row.name))) {
      const cells = `${name} | ${cellsOf(seen.filter((row) => row.store === store && row.name === name))} |`
      lines.set(cells, [...(lines.get(cells) ?? []), store])
    }
  }
  const body = [...lines].map(([cells, stores]) => `| ${stores.join(', ')} | ${cells}`).sort(byPoint)
  const head =
    '| store | the process dies at | requests (undisturbed: 3) | effects of a `read` / `idempotent` / `once` tool | asked: outcome unknown | payments | same result |'
  return [head, '|---|---|---|---|---|---|---|', ...body].join('\n')
}

function cellsOf(seen: readonly MatrixValues[]): string {
  const each = (cellOf: (row: MatrixValues) => unknown): string => [...new Set(seen.map(cellOf))].join(', ')
  const ofEffect = (effect: string): MatrixValues | undefined => seen.find((row) => row.effect === effect)
  return [
    each((row) => row.models),
    effects.map((effect) => ofEffect(effect)?.effects ?? '-').join(' / '),
    (ofEffect('once')?.unknown ?? 0) > 0 ? '`once`' : '-',
    each((row) => row.payments),
    each((row) => (row.isSame ? 'yes' : 'no')),
  ].join(' | ')
}

function byPoint(left: string, right: string): number {
  const numberOf = (line: string): number => Number(/\| P(\d+)/.exec(line)?.[1])
  return numberOf(left) - numberOf(right) || (left < right ? -1 : 1)
}
