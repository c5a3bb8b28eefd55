import { type MetricOptions, metricOf } from '../metric.ts'
import type { Series } from '../result.ts'
import { isOwn, measureRounds, type Plan, type Scenario, type Session, subjectsOf } from '../session.ts'
import { median } from '../statistics.ts'

/** What `burst` of the client reports. */
interface Burst {
  readonly runs: number
  readonly cpuMs: number
  readonly wallMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakBytes: number
  readonly beforeBytes: number
}

/** What `twoBursts` reports: memory is told by the first, time by the second. */
interface Bursts {
  readonly first: Burst
  readonly second: Burst
}

const atOnce = 1_000
const sizes = [1, 10, 100, 1_000, 3_000] as const
/** Peers are not asked for more: the slowest would take minutes. */
const mostForPeers = 1_000
/** Rounds of the peers at 1,000 runs, of which the slowest takes a minute each. */
const peerRounds = 5

const definitions: readonly Omit<MetricOptions<Bursts>, 'base'>[] = [
  { key: 'cpu', title: 'CPU time per run', unit: 'µs', value: ({ second }) => (second.cpuMs * 1_000) / second.runs },
  { key: 'p50', title: 'Median latency of a run', unit: 'ms', value: ({ second }) => second.p50Ms },
  { key: 'p99', title: '99th percentile of the latency of a run', unit: 'ms', value: ({ second }) => second.p99Ms },
  { key: 'memory', title: 'Memory added at the peak, per run', unit: 'KB', value: ({ first }) => (first.peakBytes - first.beforeBytes) / first.runs / 1024 },
]

export const concurrency: Scenario = {
  id: 's4',
  title: '1,000 runs at once',
  method:
    'A new process for each round. 1,000 runs of 5 steps are started at once; the provider waits 50 ms before each reply, so 250 ms is the ideal. ' +
    'Memory is the growth of the resident set during the first such burst; the time is that of the second.',
  measure: async (session) => {
    const plan = burstPlan(session, atOnce)
    const rounds = await measureRounds<Bursts>(session, { ...plan, action: 'twoBursts', restartEvery: 1, peerRounds })
    const curves = await growth(session)
    const series = [...rounds].map(([contender, bursts]): Series => {
      const point = [atOnce, median(bursts.map(({ second }) => (second.cpuMs * 1_000) / second.runs))] as const
      return { contender, points: [...(curves.get(contender) ?? []), point].sort(([left], [right]) => left - right) }
    })
    return {
      metrics: definitions.map((definition) => metricOf(rounds, definition)),
      chart: { kind: 'lines', title: 'CPU µs per run', x: 'runs at once', isLog: true, series },
      notes: [`The curve has up to 3,000 runs for \`raw\` and \`capstan\`, and up to ${mostForPeers.toLocaleString('en')} for the others.`],
    }
  },
}

async function growth(session: Session): Promise<Map<string, (readonly [number, number])[]>> {
  const curves = new Map<string, (readonly [number, number])[]>()
  for (const size of sizes) {
    if (size === atOnce) continue
    const plan = burstPlan(session, size)
    const subjects = size > mostForPeers ? plan.subjects.filter(isOwn) : plan.subjects
    const options = { runs: size, times: Math.ceil((session.isQuick ? 20 : 100) / size) }
    const few = Math.max(2, Math.ceil(session.rounds / 4))
    const rounds = await measureRounds<Burst>(session, { ...plan, subjects, options, rounds: few, restartEvery: few })
    for (const [contender, bursts] of rounds) {
      const point = [size, median(bursts.map(({ cpuMs, runs }) => (cpuMs * 1_000) / runs))] as const
      curves.set(contender, [...(curves.get(contender) ?? []), point])
    }
  }
  return curves
}

function burstPlan(session: Session, runs: number): Plan {
  return {
    name: `burst-${runs}`,
    subjects: subjectsOf(session, { script: 'slow-5', mode: 'plain' }),
    action: 'burst',
    options: { runs },
    rounds: session.isQuick ? Math.min(2, session.rounds) : session.rounds,
    restartEvery: session.rounds,
    warmUp: { runs: 3, ms: 0 },
  }
}
