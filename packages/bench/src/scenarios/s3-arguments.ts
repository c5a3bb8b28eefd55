import { type Case, measureCase } from '../measure-case.ts'
import { plainMetric } from '../metric.ts'
import type { Metric } from '../result.ts'
import { isOwn, type Scenario, type Session, subjectsOf } from '../session.ts'

export const parallelCalls: Scenario = {
  id: 's3a',
  title: 'Parallel calls with streamed arguments',
  method:
    'Ten steps, four calls each, 2 KB of arguments in fragments of 40 bytes. The caller reads only the text. CPU time of the client process for each run.',
  measure: async (session) => {
    const { cpu, wall } = await measureCase(session, { key: 'run', title: 'per run', unit: 'ms', ...textAlone(session, 'parallel-10') })
    return { metrics: [cpu, wall], chart: { kind: 'bars', metrics: ['run'], of: 'ratio' }, notes: [] }
  },
}

const sizes = [50, 100, 200] as const

export const longArguments: Scenario = {
  id: 's3b',
  title: 'One call with long arguments',
  method:
    'One call with 50, 100 and 200 KB of arguments in fragments of 16 bytes, then a short reply. The caller reads only the text. CPU time of the client process for each run.',
  measure: async (session) => {
    const metrics: Metric[] = []
    for (const size of sizes) {
      const entry = { key: `kb-${size}`, title: `per run, ${size} KB`, unit: 'ms', ...textAlone(session, `argument-${size}`) }
      metrics.push((await measureCase(session, entry)).cpu)
    }
    return {
      metrics: [...metrics, growthOf(metrics)],
      chart: {
        kind: 'lines',
        title: 'CPU ms per run',
        x: 'KB of arguments',
        isLog: true,
        series: session.contenders.map(({ name }) => ({
          contender: name,
          points: metrics.flatMap((metric, index) => pointOf(metric, name, sizes[index] ?? 0)),
        })),
      },
      notes: ['Growth is the time for 200 KB divided by the time for 50 KB: 4 is linear, 16 is quadratic.'],
    }
  },
}

function pointOf({ rows }: Metric, name: string, x: number): [number, number][] {
  return rows.filter(({ contender }) => contender === name).map((row) => [x, row.median])
}

function growthOf(metrics: readonly Metric[]): Metric {
  const first = metrics[0]?.rows ?? []
  const last = metrics.at(-1)?.rows ?? []
  const values = last.map(({ contender, median }) => [contender, median / (first.find((row) => row.contender === contender)?.median ?? Number.NaN)] as const)
  return plainMetric(Object.fromEntries(values), { key: 'growth', title: 'Growth from 50 to 200 KB', unit: '×' })
}

/** Text by a callback where there is one, else by the stream of text: nobody asked for the pieces of arguments. */
function textAlone(session: Session, script: string): Pick<Case, 'script' | 'mode' | 'subjects'> {
  const subjects = subjectsOf(session, { script, mode: 'iterate' }).map(({ label, client }) => ({
    label,
    client: { ...client, mode: isOwn({ label }) ? 'on' : 'iterate' },
  }))
  return { script, mode: 'text', subjects }
}
