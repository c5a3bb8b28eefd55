import { deepStrictEqual } from 'node:assert/strict'
import type { RunReport, RunToEnd } from './crash.ts'
import { withoutRunIds } from './matrix.ts'

export const taintedRun = 'killed after it has read untrusted content: each later process asks before the payment'

/** From the record of the untrusted result on, wherever a process dies. */
const plans = [
  [{ point: 'P7 tool recorded' }],
  [{ point: 'P9 question not written' }],
  [{ point: 'P9 question written' }],
  [{ point: 'P7 tool recorded' }, { point: 'P9 question not written' }],
] as const
/** On a host where a process ends at a question, the one after it. */
const plansAfterPause = [
  [{}, { point: 'P10 decision received, not recorded' }],
  [{}, { point: 'P11 decision recorded' }],
] as const

export interface TaintedKills {
  /** True on a host where a process ends at a question. */
  readonly pauses: boolean
  /** True to kill at fewer points. */
  readonly isQuick?: boolean
}

/**
 * A run reads untrusted content, and then pays. No person has to approve a payment as such: it is asked about because of what was read. In each
 * process after the first request, the tools declare nothing and the guard is off: only what is recorded can keep the payment back.
 */
export async function killTainted(toEnd: RunToEnd, { pauses, isQuick = false }: TaintedKills): Promise<string> {
  const crash = { effect: 'idempotent', tainted: true } as const
  const whole = judge(await toEnd(crash))
  let kills = 0
  for (const plan of isQuick ? plans.slice(0, 2) : [...plans, ...(pauses ? plansAfterPause : [])]) {
    const report = await toEnd({ ...crash, plan })
    deepStrictEqual(judge(report), whole)
    // A process dies at the question only if it was asked.
    deepStrictEqual(report.kills, plan.filter((death) => 'point' in death).length)
    kills += report.kills
  }
  return `kills ${kills}, asked once and paid once each time, same labels`
}

function judge({ result, outside, records }: RunReport): unknown {
  const payments = outside.filter((line) => line.startsWith('effect pay ')).length
  const verdicts = records.filter((id) => id.includes('/needs-approval')).length
  const last = result.messages.at(-1)
  const labels = last?.role === 'assistant' ? last.labels : undefined
  deepStrictEqual({ payments, verdicts, twice: records.length - new Set(records).size, labels }, { payments: 1, verdicts: 1, twice: 0, labels: ['untrusted'] })
  return withoutRunIds({ text: result.text, toolCalls: result.toolCalls, messages: result.messages })
}
