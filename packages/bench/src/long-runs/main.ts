import { parseArgs } from 'node:util'
import { type MeasuredRun, measureRun } from './measure-run.ts'
import { pricedModels } from './price-tables.ts'
import { createWorkload } from './workload.ts'

const helpText = `npm run long-runs -- [--steps <count>] [--seeds <count>] [--model <name>]

Measures what a run of many steps costs with the default \`history\` and with \`history: false\`: the complete loop, over HTTP, against the simulator,
which bills by prefix at the prices of each model. The same seeds give the same amounts.

  --steps <count>  useful steps of a run (default: 300)
  --seeds <count>  tasks for each cell (default: 3)
  --model <name>   only the models whose name contains this
  --help           this text
`

const settings = [
  { name: 'nothing', history: false },
  { name: 'default', history: {} },
] as const

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '300' },
      seeds: { type: 'string', default: '3' },
      model: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(helpText)
    return
  }
  const seeds = Array.from({ length: countOf(values.seeds, 'seeds') }, (_, index) => index + 1)
  const steps = countOf(values.steps, 'steps')
  console.log(`| ${steps} steps, mean of ${seeds.length} tasks | history | dollars | steps done | read again | clears | summaries | breaks | cached | ended |`)
  console.log('|---|---|---:|---:|---:|---:|---:|---:|---:|---|')
  for (const priced of pricedModels.filter(({ name }) => name.includes(values.model))) {
    for (const { name, history } of settings) {
      const runs: MeasuredRun[] = []
      for (const seed of seeds) runs.push(await measureRun(priced, createWorkload(steps, seed), history))
      console.log(`| ${priced.name} | ${name} | ${rowOf(runs)} |`)
    }
  }
}

function rowOf(runs: readonly MeasuredRun[]): string {
  const mean = (value: (run: MeasuredRun) => number, digits = 0): string => (runs.reduce((sum, run) => sum + value(run), 0) / runs.length).toFixed(digits)
  const ends = [...new Set(runs.map(({ end }) => end))].join(', ')
  return [
    mean(({ dollars }) => dollars, 2),
    mean(({ done }) => done),
    mean(({ rereads }) => rereads),
    mean(({ clears }) => clears),
    mean(({ summaries }) => summaries, 1),
    mean(({ breaks }) => breaks),
    `${mean(({ hitRatio }) => 100 * hitRatio, 1)} %`,
    ends,
  ].join(' | ')
}

function countOf(text: string, name: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new Error(`--${name} must be a positive integer, not '${text}'.`)
}
