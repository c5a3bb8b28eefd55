// Runs one suite of this package under vitest, and prints its table: `faults`, `crashes`, `attacks`, `stock-tools`, `server-attacks` or `mutants`.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'
import { attackTables } from './attacks/tables.ts'
import { crashTable } from './crashes/table.ts'
import { serverTable } from './server/table.ts'
import { tableOfRows } from './stock-tools/table.ts'
import { helpText, readCommandLine } from './suite/command-line.ts'
import { type JudgedRow, TableReporter } from './suite/table-reporter.ts'

/** The test file of each suite, and how many of its tests run at once. */
const suites = {
  faults: { file: 'packages/proof/src/faults.test.ts', atOnce: 4 },
  crashes: { file: 'packages/proof/src/crashes/crashes.test.ts', atOnce: availableParallelism() },
  attacks: { file: 'packages/proof/src/attacks/attacks.test.ts', atOnce: 1 },
  'stock-tools': { file: 'packages/proof/src/stock-tools/stock-tools.test.ts', atOnce: 1 },
  'server-attacks': { file: 'packages/proof/src/server/server.test.ts', atOnce: 1 },
  mutants: { file: 'packages/proof/src/mutants/mutants.suite.ts', atOnce: Math.min(2, availableParallelism()) },
} as const

const root = fileURLToPath(new URL('../../../', import.meta.url))
const command = readArguments()
if (command === undefined) {
  console.log(helpText(Object.keys(suites)))
  process.exit(0)
}
const { name, suite } = command
const { file, atOnce } = suites[name as keyof typeof suites]
const startedAt = performance.now()
const reporter = new TableReporter({ isSilent: command.json })
const reportFile = process.env['CAPSTAN_REPORT']
const vitest = await startVitest('test', [], {
  root,
  include: [file],
  watch: false,
  reporters: [reporter, ...(reportFile ? [['json', { outputFile: reportFile }] as ['json', object]] : [])],
  maxConcurrency: atOnce,
  provide: { suite },
  // Built packages run as they are: the runner must not change what is measured.
  server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
})
if (command.json) console.log(JSON.stringify({ seed: suite.seed, rows: reporter.rows }, undefined, 2))
else {
  const table = tableOf(reporter.rows)
  if (table !== undefined) console.log(`\n${table}`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`\n${reporter.summary()}${name === 'faults' || name === 'attacks' ? `, seed ${suite.seed}` : ''}, ${seconds} s`)
}
await vitest.close()
const hasRun = reporter.rows.some(({ state }) => state !== 'skipped')
if (!hasRun) console.error('No case ran. `--only` takes ids of faults, and parts of the names of crashes and mutants.')
process.exitCode = reporter.failures > 0 || !hasRun ? 1 : 0

/** The table of all rows, where the suite has one. */
function tableOf(rows: readonly JudgedRow[]): string | undefined {
  if (name === 'attacks') return attackTables(rows)
  if (name === 'stock-tools') return tableOfRows(rows)
  if (name === 'server-attacks') return serverTable(rows)
  return name === 'crashes' && command?.markdown ? crashTable(rows) : undefined
}

function readArguments() {
  try {
    return readCommandLine(process.argv.slice(2), Object.keys(suites))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nSee --help.`)
    process.exit(2)
  }
}
