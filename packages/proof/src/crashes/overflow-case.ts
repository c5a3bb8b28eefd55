import { deepStrictEqual, ok } from 'node:assert/strict'
import type { RunReport, RunToEnd } from './crash.ts'
import { withoutRunIds } from './matrix.ts'
import type { TeamDeath } from './points.ts'

const atOnce = 3
const most = 90
/** What shortens the history: results are cleared, the model writes a summary, and the list of calls takes the place of steps. */
const measures = new Set(['clear overflow', 'model overflow', 'ledger overflow'])

interface WhatWasDone {
  readonly stopReason: string
  readonly edits: readonly { readonly kind: string; readonly source?: string; readonly reason: string }[]
}

export const overflowCases: readonly { readonly name: string; readonly which: keyof TeamDeath }[] = [
  { name: 'requests that exceed the context window, killed before each record', which: 'beforeRecord' },
  { name: 'requests that exceed the context window, killed after each record', which: 'afterRecord' },
]

/** Kills a run that makes its requests smaller, at each record: it makes them smaller in the same way, and ends the same. */
export async function killOverflow(toEnd: RunToEnd, { which, stride = 1 }: { readonly which: keyof TeamDeath; readonly stride?: number }): Promise<string> {
  const whole = await toEnd({ effect: 'idempotent', overflow: true })
  const { stopReason, edits } = JSON.parse(whole.result.text) as WhatWasDone
  deepStrictEqual([stopReason, new Set(edits.map(({ kind, source = kind, reason }) => `${source} ${reason}`))], ['finished', measures])
  const requests = countOf(whole, 'model')
  let kills = 0
  let isOver = false
  for (let first = 1; !isOver; first += atOnce * stride) {
    ok(first < most, 'The run has more records than it should.')
    const deaths = Array.from({ length: atOnce }, (_, index): TeamDeath => ({ [which]: first + index * stride }))
    const reports = await Promise.all(deaths.map((overflow) => toEnd({ effect: 'idempotent', overflow: true, plan: [{ overflow }] })))
    for (const report of reports) {
      deepStrictEqual(withoutUnknown(report), withoutUnknown(whole))
      deepStrictEqual(report.records.length, new Set(report.records).size, 'an operation is recorded twice')
      ok(countOf(report, 'model') <= requests + report.kills, 'more than one request was repeated')
      kills += report.kills
    }
    isOver = reports.some((report) => report.kills === 0)
  }
  ok(kills >= Math.floor(20 / stride), `killed ${kills} times`)
  return `kills ${kills}, requests ${requests} and at most one more, same result`
}

/** A request that a process did not live to see the end of was not reported. */
function withoutUnknown({ result }: RunReport): unknown {
  return withoutRunIds({ ...result, text: result.text.replace(/"unknownAttempts":\d+/, '') })
}

function countOf({ outside }: RunReport, line: string): number {
  return outside.filter((written) => written === line).length
}
