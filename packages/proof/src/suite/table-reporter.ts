import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'
import type { Row } from './row.ts'

/** A row with the outcome of its test. */
export interface JudgedRow extends Row {
  readonly state: 'ok' | 'NOT OK' | 'skipped'
  readonly ms: number
}

const maxText = 400
const margin = ' '.repeat(10)

/** Prints a line for each test as it ends, and keeps the rows. */
export class TableReporter implements Reporter {
  readonly rows: JudgedRow[] = []
  readonly #isSilent: boolean
  #broken = 0

  constructor({ isSilent }: { readonly isSilent: boolean }) {
    this.#isSilent = isSilent
  }

  onTestCaseResult(test: TestCase): void {
    const row = judged(test)
    this.rows.push(row)
    if (!this.#isSilent) console.log([headOf(row), ...(row.notes ?? []).map((note) => margin + oneLine(note))].join('\n'))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const errors = [...unhandled, ...modules.flatMap((module) => module.errors()), ...modules.flatMap(suiteErrors)]
    this.#broken = errors.length
    for (const error of errors) console.error(error.stack ?? error.message)
  }

  /** Tests that failed, and errors outside of any test. */
  get failures(): number {
    return this.#broken + this.rows.filter(({ state }) => state === 'NOT OK').length
  }

  /** The last line. */
  summary(): string {
    const count = (state: JudgedRow['state']): number => this.rows.filter((row) => row.state === state).length
    const skipped = count('skipped')
    return `${this.rows.length} cases, ${count('ok')} ok, ${this.failures} not ok${skipped > 0 ? `, ${skipped} skipped` : ''}`
  }
}

function suiteErrors(module: TestModule): readonly SerializedError[] {
  return [...module.children.allSuites()].flatMap((suite) => suite.errors())
}

function judged(test: TestCase): JudgedRow {
  const result = test.result()
  const { row = { name: test.name, seen: '' } } = test.meta()
  const errors = result.state === 'failed' ? result.errors.map(({ message }) => message) : []
  const reason = result.state === 'skipped' ? (result.note ?? '') : ''
  const state = result.state === 'failed' ? 'NOT OK' : result.state === 'passed' ? 'ok' : 'skipped'
  return {
    ...row,
    seen: row.seen || reason,
    notes: row.notes ?? errors,
    state,
    ms: test.diagnostic()?.duration ?? 0,
  }
}

function headOf({ state, name, seen }: JudgedRow): string {
  return [state.padEnd(7), name.padEnd(72), oneLine(seen)].join('  ').trimEnd()
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= maxText ? line : `${line.slice(0, maxText)}…`
}
