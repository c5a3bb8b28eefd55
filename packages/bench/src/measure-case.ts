import { type MetricOptions, metricOf } from './metric.ts'
import type { Metric } from './result.ts'
import { measureRounds, type Plan, type Session, type Subject, subjectsOf, usualPlan } from './session.ts'

/** What `measure` of the client reports. */
interface Spent {
  readonly runs: number
  readonly cpuMs: number
  readonly wallMs: number
}

/** A metric and how its numbers are measured. */
export interface Case extends Omit<MetricOptions<Spent>, 'value'> {
  readonly script: string
  readonly mode: string
  /** Times are given for each of so many parts of a run. Default: 1. */
  readonly parts?: number
  readonly plan?: Partial<Pick<Plan, 'options' | 'warmUp'>>
  /** Default: all contenders, in the mode. */
  readonly subjects?: readonly Subject[]
}

/** CPU time and wall time of one case, for all contenders that have its mode. */
export async function measureCase(session: Session, entry: Case): Promise<{ readonly cpu: Metric; readonly wall: Metric }> {
  const { key, title, unit, base, script, mode, parts = 1, plan } = entry
  const subjects = entry.subjects ?? subjectsOf(session, { script, mode })
  const rounds = await measureRounds<Spent>(session, { ...usualPlan(session), ...plan, name: `${script}-${mode}`, subjects })
  const scale = unit === 'µs' ? 1_000 : 1
  const per = (ms: number, { runs }: Spent): number => (ms * scale) / runs / parts
  return {
    cpu: metricOf(rounds, { key, title: `CPU time ${title}`, unit, base, value: (spent) => per(spent.cpuMs, spent) }),
    wall: metricOf(rounds, { key: `${key}-wall`, title: `Wall time ${title}`, unit, base, value: (spent) => per(spent.wallMs, spent) }),
  }
}
