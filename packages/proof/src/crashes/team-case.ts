import { deepStrictEqual, ok } from 'node:assert/strict'
import type { RunReport, RunToEnd } from './crash.ts'
import type { TeamDeath } from './points.ts'
import { onceTools } from './team.ts'

const atOnce = 3
const most = 150

/** A case of every host. */
export interface TeamCase {
  readonly name: string
  readonly which: keyof TeamDeath
}

export const teamCases: readonly TeamCase[] = [
  { name: 'three agents behind tools of another one, killed before each record', which: 'beforeRecord' },
  { name: 'three agents behind tools of another one, killed after each record', which: 'afterRecord' },
]

export interface TeamKills {
  readonly which: keyof TeamDeath
  /** True on a host where a process ends at a question: then the one after it is killed too. */
  readonly pauses: boolean
  /** 1 for each record, more for some. Default: 1. */
  readonly stride?: number
}

/**
 * Kills the run of an agent with three others behind its tools at each record: it ends the same, every effect that must happen once does, and nothing that is recorded is
 * done again.
 */
export async function killTeam(toEnd: RunToEnd, { which, pauses, stride = 1 }: TeamKills): Promise<string> {
  const whole = judge(await toEnd({ effect: 'once', team: true }))
  const plans = pauses ? [[], [{}]] : [[]]
  let [kills, unknown] = [0, 0]
  for (const before of plans) {
    let isOver = false
    for (let first = 1; !isOver; first += atOnce * stride) {
      ok(first < most, 'The run has more records than it should.')
      const deaths = Array.from({ length: atOnce }, (_, index): TeamDeath => ({ [which]: first + index * stride }))
      const reports = await Promise.all(deaths.map((team) => toEnd({ effect: 'once', team: true, plan: [...before, { team }] })))
      for (const report of reports) deepStrictEqual(judge(report), whole)
      kills += sum(reports.map((report) => report.kills))
      unknown += sum(reports.map((report) => report.unknown))
      isOver = reports.some((report) => report.kills === 0)
    }
  }
  ok(kills >= Math.floor(40 / stride), `killed ${kills} times`)
  return `kills ${kills}, effects 1 each, unknown ${unknown}, same result`
}

function judge({ result, outside, records }: RunReport): RunReport['result'] {
  for (const tool of onceTools) deepStrictEqual(outside.filter((line) => line.startsWith(`effect ${tool} `)).length, 1, `${tool}: ${outside.join(', ')}`)
  deepStrictEqual(records.length, new Set(records).size, `recorded twice, or done after its record: ${records.join(', ')}`)
  return result
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
