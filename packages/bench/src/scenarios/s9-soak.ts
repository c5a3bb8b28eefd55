import { plainMetric } from '../metric.ts'
import { startClient, startProvider } from '../processes.ts'
import type { Metric, Series } from '../result.ts'
import { isOwn, type Scenario, type Session, type Subject, subjectsOf } from '../session.ts'
import { fitLine } from '../statistics.ts'

/** What `soak` of the client reports. */
interface Soak {
  readonly samples: readonly { readonly runs: number; readonly heapBytes: number; readonly rssBytes: number }[]
  readonly warnings: readonly string[]
  readonly left: { readonly listeners: number; readonly sockets: number; readonly timers: number }
}

const mebibyte = 1024 * 1024
/** The provider closes idle sockets after this, so that they do not hide what the client leaves. */
const keepAliveMs = 1_000

export const soak: Scenario = {
  id: 's9',
  title: '100,000 runs in one process',
  method:
    'Streamed runs of two steps, 20 at once, in one process. The heap after a collection is read 100 times. A line is fitted to all but the first fifth of the values; its slope is the growth in bytes for each run. ' +
    'Then the process is idle, and its listeners, sockets and timers are counted.',
  measure: async (session) => {
    const reports = new Map<string, Soak>()
    for (const subject of subjectsOf(session, { script: 'loop-2', mode: 'on' })) {
      if (isOwn(subject)) reports.set(subject.label, await soakOne(session, subject))
    }
    const lines = new Map(
      [...reports].map(([label, { samples }]) => [label, fitLine(samples.slice(samples.length / 5).map(({ runs, heapBytes }) => [runs, heapBytes]))]),
    )
    const metric = (values: [string, number][], key: string, names: { title: string; unit: string }): Metric =>
      plainMetric(Object.fromEntries(values), { key, ...names })
    const series = [...reports].map(
      ([contender, { samples }]): Series => ({ contender, points: samples.map(({ runs, heapBytes }) => [runs, heapBytes / mebibyte]) }),
    )
    const bytes = { unit: 'B/run' }
    return {
      metrics: [
        metric(
          [...lines].map(([label, { high }]) => [label, high]),
          'slope',
          { title: 'Slope of the heap, upper end of its 95 % interval', ...bytes },
        ),
        metric(
          [...lines].map(([label, { slope }]) => [label, slope]),
          'slope-fit',
          { title: 'Slope of the heap, best fit', ...bytes },
        ),
        metric(
          [...reports].map(([label, { left }]) => [label, left.listeners + left.sockets + left.timers]),
          'left',
          { title: 'Listeners, sockets and timers left', unit: '' },
        ),
        metric(
          [...reports].map(([label, { warnings }]) => [label, warnings.length]),
          'warnings',
          { title: 'Warnings of the process', unit: '' },
        ),
      ],
      chart: { kind: 'lines', title: 'Heap after collection, MB', x: 'runs', isLog: false, series },
      notes: [`${(session.isQuick ? 4_000 : 100_000).toLocaleString('en')} runs.`, ...[...reports].flatMap(([label, report]) => describeRest(label, report))],
    }
  },
}

async function soakOne(session: Session, { label, client: options }: Subject): Promise<Soak> {
  await using provider = await startProvider(session.node, keepAliveMs)
  await using client = await startClient(session.node, { ...options, origin: provider.origin })
  session.settings.set(label, client.settings)
  const runs = session.isQuick ? 4_000 : 100_000
  return await client.perform<Soak>('soak', { runs, every: runs / 100, concurrency: 20, settleMs: keepAliveMs + 4_000 })
}

function describeRest(label: string, { left, warnings }: Soak): readonly string[] {
  const rest = `Left of \`${label}\`: ${left.listeners} listeners, ${left.sockets} sockets, ${left.timers} timers.`
  return [rest, ...warnings.map((warning) => `\`${label}\` warned: ${warning}`)]
}
