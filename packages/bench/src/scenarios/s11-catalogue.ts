import { type MetricOptions, metricOf } from '../metric.ts'
import { runOnce } from '../processes.ts'
import type { Scenario } from '../session.ts'

/** What `catalogue.mjs` reports. */
interface Searches {
  readonly indexMs: number
  readonly indexCpuMs: number
  readonly heapMb: number
  readonly searchMs: number
  readonly slowSearchMs: number
}

const tools = 5_000
const searches = 1_000

const definitions: readonly Omit<MetricOptions<Searches>, 'base'>[] = [
  { key: 'index-cpu', title: 'Index of all tools, CPU time', unit: 'ms', value: ({ indexCpuMs }) => indexCpuMs },
  { key: 'index', title: 'Index of all tools, wall time', unit: 'ms', value: ({ indexMs }) => indexMs },
  { key: 'memory', title: 'Memory of the index', unit: 'MB', value: ({ heapMb }) => heapMb },
  { key: 'search', title: 'A search, wall time, median', unit: 'ms', value: ({ searchMs }) => searchMs },
  { key: 'search-p95', title: 'A search, wall time, 95th percentile', unit: 'ms', value: ({ slowSearchMs }) => slowSearchMs },
]

export const catalogue: Scenario = {
  id: 's11',
  title: `Search among ${tools.toLocaleString('en')} tools`,
  method:
    `A new process for each round indexes a generated catalogue of ${tools.toLocaleString('en')} tools, of 410 characters each, and then makes ${searches.toLocaleString('en')} searches of eight words. ` +
    'How often the right tool is found is measured by `npm run recall`.',
  measure: async (session) => {
    const reports: Searches[] = []
    for (let round = 0; round < session.rounds; round++) reports.push(await runOnce<Searches>(session.node, 'catalogue.mjs', { tools, searches }))
    const rounds = new Map([['capstan', reports]])
    return {
      metrics: definitions.map((definition) => metricOf(rounds, { ...definition, base: '' })),
      chart: { kind: 'bars', metrics: ['index-cpu', 'search'], of: 'median' },
      notes: [],
    }
  },
}
