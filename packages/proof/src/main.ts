// Runs one suite of this package under vitest, and prints its table: `faults`, `crashes` or `mutants`.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'
import { crashTable } from './crashes/table.ts'
import type { SuiteOptions } from './suite/options.ts'
import { TableReporter } from './suite/table-reporter.ts'

/** The test file of each suite, and how many of its tests run at once. */
const suites = {
  faults: { file: 'packages/proof/src/faults.test.ts', atOnce: 4 },
  crashes: { file: 'packages/proof/src/crashes/crashes.test.ts', atOnce: availableParallelism() },
  mutants: { file: 'packages/proof/src/mutants/mutants.suite.ts', atOnce: Math.min(2, availableParallelism()) },
} as const

const root = fileURLToPath(new URL('../../../', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    store: { type: 'string', multiple: true },
    seeds: { type: 'string' },
    races: { type: 'string' },
    from: { type: 'string', default: '1' },
    markdown: { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
if (!Object.hasOwn(suites, name)) throw new Error(`There is no suite '${name}'; the suites are ${Object.keys(suites).join(', ')}.`)
const { file, atOnce } = suites[name as keyof typeof suites]

const suite: SuiteOptions = {
  quick: values.quick,
  only: values.only?.split(',').map((text) => text.trim()) ?? [],
  seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed),
  stores: values.store ?? (values.quick ? ['file'] : ['file', 'sqlite', 'postgres', 'restate', 'dbos']),
  ...(values.seeds !== undefined && { seeds: Number(values.seeds) }),
  ...(values.races !== undefined && { races: Number(values.races) }),
  from: Number(values.from),
}
const startedAt = performance.now()
const reporter = new TableReporter({ isSilent: values.json })
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
if (values.json) console.log(JSON.stringify({ seed: suite.seed, rows: reporter.rows }, undefined, 2))
else {
  if (values.markdown && name === 'crashes') console.log(`\n${crashTable(reporter.rows)}`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`\n${reporter.summary()}${name === 'faults' ? `, seed ${suite.seed}` : ''}, ${seconds} s`)
}
await vitest.close()
const hasRun = reporter.rows.some(({ state }) => state !== 'skipped')
if (!hasRun) console.error('No case ran. `--only` takes ids of faults, and parts of the names of crashes and mutants.')
process.exitCode = reporter.failures > 0 || !hasRun ? 1 : 0
