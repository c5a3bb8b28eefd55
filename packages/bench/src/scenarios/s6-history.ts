import { type MetricOptions, metricOf } from '../metric.ts'
import type { Series } from '../result.ts'
import { measureRounds, type Scenario, subjectsOf, usualPlan } from '../session.ts'
import { median } from '../statistics.ts'

/** What `countSteps` of the client reports. */
interface Steps {
  readonly cpuMs: number
  readonly earlyMs: number
  readonly lateMs: number
  readonly tensMs: readonly number[]
}

const steps = 200
const early = [6, 14] as const
const late = [180, 198] as const

const definitions: readonly Omit<MetricOptions<Steps>, 'base'>[] = [
  { key: 'early', title: `CPU time per step, steps ${early.join(' to ')}`, unit: 'µs', value: ({ earlyMs }) => earlyMs * 1_000 },
  { key: 'late', title: `CPU time per step, steps ${late.join(' to ')}`, unit: 'µs', value: ({ lateMs }) => lateMs * 1_000 },
  { key: 'whole', title: 'CPU time per step of the whole run', unit: 'µs', value: ({ cpuMs }) => (cpuMs * 1_000) / steps },
]

export const history: Scenario = {
  id: 's6',
  title: 'A loop of 200 steps',
  method: `One run of ${steps} requests whose tool returns 1 KB each time, not streamed. CPU time of the client process between the calls of the tool.`,
  measure: async (session) => {
    const subjects = subjectsOf(session, { script: `loop-${steps}`, mode: 'plain', resultBytes: 1_024 })
    const warmUp = { runs: session.isQuick ? 1 : 3, ms: 0 }
    const rounds = await measureRounds<Steps>(session, {
      ...usualPlan(session),
      name: 'history',
      subjects,
      action: 'countSteps',
      options: { early, late },
      warmUp,
    })
    const series = [...rounds].map(([contender, reports]): Series => {
      const tens = Array.from({ length: reports[0]?.tensMs.length ?? 0 }, (_, ten) => median(reports.map(({ tensMs }) => tensMs[ten] ?? 0)))
      return { contender, points: tens.map((ms, ten) => [ten * 10 + 6, ms * 1_000] as const) }
    })
    return {
      metrics: definitions.map((definition) => metricOf(rounds, definition)),
      chart: { kind: 'lines', title: 'CPU µs per step', x: 'step', isLog: false, series },
      notes: ['`raw` serialises the whole history for each request. Who serialises each message once goes below it.'],
    }
  },
}
