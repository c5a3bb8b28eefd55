import { deepStrictEqual, ok } from 'node:assert/strict'
import type { RunReport, RunToEnd } from './crash.ts'
import type { TeamDeath } from './points.ts'
import { onceTools } from './team.ts'

const atOnce = 3
const most = 150
/** A host would take minutes for all records, so they are divided among so many cases. */
const parts = 4

/** A case of every host. */
export interface TeamCase {
  readonly name: string
  readonly which: keyof TeamDeath
  /** From 0: the case kills at every fourth record from there on. */
  readonly part: number
}

export const teamCases: readonly TeamCase[] = (['beforeRecord', 'afterRecord'] as const).flatMap((which) =>
  Array.from({ length: parts }, (_, part) => {
    const word = which === 'beforeRecord' ? 'before' : 'after'
    return { name: `three agents behind tools of another one, killed ${word} records ${part + 1}, ${part + 1 + parts}, …`, which, part }
  }),
)

export interface TeamKills extends Omit<TeamCase, 'name'> {
  /** True on a host where a process ends at a question: then the one after it is killed too. */
  readonly pauses: boolean
  /** True to kill at fewer records. */
  readonly isQuick?: boolean
}

/**
 * Kills the run of an agent with three others behind its tools: it ends the same, every effect that must happen once does, and nothing that
 * is recorded is done again.
 */
export async function killTeam(toEnd: RunToEnd, { which, part, pauses, isQuick = false }: TeamKills): Promise<string> {
  const stride = isQuick ? 2 * parts : parts
  const whole = judge(await toEnd({ effect: 'once', team: true }))
  const plans = pauses ? [[], [{}]] : [[]]
  let [kills, unknown] = [0, 0]
  for (const before of plans) {
    let isOver = false
    for (let first = 1 + part; !isOver; first += atOnce * stride) {
      ok(first < most, 'The run has more records than it should.')
      const deaths = Array.from({ length: atOnce }, (_, index): TeamDeath => ({ [which]: first + index * stride }))
      const reports = await Promise.all(deaths.map((team) => toEnd({ effect: 'once', team: true, plan: [...before, { team }] })))
      for (const report of reports) deepStrictEqual(judge(report), whole)
      kills += sum(reports.map((report) => report.kills))
      unknown += sum(reports.map((report) => report.unknown))
      isOver = reports.some((report) => report.kills === 0)
    }
  }
  ok(kills >= Math.floor(36 / stride), `killed ${kills} times`)
  return `kills ${kills}, effects 1 each, unknown ${unknown}, same result`
}

/** What must be the same, wherever a process died: the text, and the results of the calls. Keys of results hold the id of the run. */
function judge({ result: { text, messages, toolCalls }, outside, records }: RunReport): readonly unknown[] {
  for (const tool of onceTools) deepStrictEqual(outside.filter((line) => line.startsWith(`effect ${tool} `)).length, 1, `${tool}: ${outside.join(', ')}`)
  deepStrictEqual(records.length, new Set(records).size, `recorded twice, or done after its record: ${records.join(', ')}`)
  const results = messages.flatMap((message) => (message.role === 'tool' ? message.content.map(({ status, text: given }) => [status, given]) : []))
  return [text, toolCalls, results]
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
