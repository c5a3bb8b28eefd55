import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender } from '../contenders.ts'
import { type MetricOptions, metricOf, plainMetric } from '../metric.ts'
import { installPacked, weigh } from '../packed.ts'
import { paths } from '../paths.ts'
import { runOnce } from '../processes.ts'
import type { Metric } from '../result.ts'
import type { Scenario, Session } from '../session.ts'

/** What `cold.mjs` reports. */
interface Cold {
  readonly constructMs: number
  readonly constructCpuMs: number
  readonly firstRunMs: number
  readonly throughFirstRunMs: number
  readonly addedMb: number
}

interface Starter {
  readonly label: string
  readonly module: string
  readonly schemaKind: 'json' | 'zod'
}

const definitions: readonly Omit<MetricOptions<Cold>, 'base'>[] = [
  { key: 'construct', title: 'Import and construct, wall time over bare Node', unit: 'ms', value: ({ constructMs }) => constructMs },
  { key: 'construct-cpu', title: 'Import and construct, CPU time', unit: 'ms', value: ({ constructCpuMs }) => constructCpuMs },
  { key: 'first-run', title: 'Import, construct and first run, wall time', unit: 'ms', value: ({ throughFirstRunMs }) => throughFirstRunMs },
  { key: 'memory', title: 'Memory added by import and construct', unit: 'MB', value: ({ addedMb }) => addedMb },
]

const script = 'loop-2'
export const coldStart: Scenario = {
  id: 's5',
  title: 'Cold start and size',
  method:
    'A new process for each round: import, construct an agent with one tool, one run of two steps. `capstan` is a production install of the packed packages, with a JSON Schema for its tool; ' +
    '`capstan, zod` describes the tool with zod, like all frameworks among the peers. Size and packages are those of a production install.',
  measure: async (session) => {
    await using packed = await installPacked()
    const module = join(packed.folder, 'contender.mjs')
    await copyFile(join(paths.contenders, 'capstan/contender.mjs'), module)
    const starters = session.contenders.flatMap((contender) => startersOf(contender, module))
    const rounds = await measureStarts(session, starters)
    const sizes = await weighAll(session, join(packed.folder, 'node_modules'))
    return {
      metrics: [...definitions.map((definition) => metricOf(rounds, definition)), ...sizes],
      chart: { kind: 'bars', metrics: ['construct', 'size'], of: 'median' },
      notes: ['`raw` and `openai` are loops written by hand without zod.'],
    }
  },
}

function startersOf({ name, module }: Contender, packed: string): readonly Starter[] {
  if (name !== 'capstan') return [{ label: name, module, schemaKind: 'zod' }]
  return [
    { label: name, module: packed, schemaKind: 'json' },
    { label: 'capstan, zod', module, schemaKind: 'zod' },
  ]
}

async function measureStarts(session: Session, starters: readonly Starter[]): Promise<Map<string, Cold[]>> {
  const rounds = new Map(starters.map(({ label }): [string, Cold[]] => [label, []]))
  // The first start reads from the disk; it is not counted.
  for (let round = -1; round < session.rounds; round++) {
    for (let turn = 0; turn < starters.length; turn++) {
      const starter = starters[(turn + round + starters.length) % starters.length]
      if (starter === undefined) continue
      const { label, module, schemaKind } = starter
      const report = await runOnce<Cold>(session.node, 'cold.mjs', { contender: module, origin: session.provider.origin, script, schemaKind })
      if (round >= 0) rounds.get(label)?.push(report)
    }
  }
  return rounds
}

async function weighAll(session: Session, packed: string): Promise<readonly Metric[]> {
  const weights = await Promise.all(
    session.contenders.map(async ({ name, folder }) => {
      const raw = join(folder, 'node_modules/undici')
      const { bytes, packages } =
        name === 'raw' ? { ...(await weigh(raw)), packages: 1 } : await weigh(name === 'capstan' ? packed : join(folder, 'node_modules'))
      return { name, megabytes: bytes / 1_000_000, packages }
    }),
  )
  return [
    plainMetric(Object.fromEntries(weights.map(({ name, megabytes }) => [name, megabytes])), {
      key: 'size',
      title: 'Size of a production install',
      unit: 'MB',
    }),
    plainMetric(Object.fromEntries(weights.map(({ name, packages }) => [name, packages])), {
      key: 'packages',
      title: 'Packages of a production install',
      unit: '',
    }),
  ]
}
