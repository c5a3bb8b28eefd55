import { deepStrictEqual } from 'node:assert/strict'
import type { RunReport, RunToEnd } from './crash.ts'

export const vanishedTool = 'killed between search and call, and after the call: the tool has vanished in the next process'

/**
 * The tool of a call vanishes with the process that found it. A call without a record is answered with `unknown-tool`, a call that was
 * recorded is replayed, and nothing is recorded twice.
 */
export async function searchThenVanish(toEnd: RunToEnd): Promise<string> {
  const crash = { effect: 'once', vanishes: true } as const
  const whole = await toEnd(crash)
  compare(seenIn(whole), { work: 'ok', toolCalls: 2, effects: 1, payments: 1, unknown: 0, twice: 0, text: 'All is done.' })
  const afterSearch = await toEnd({ ...crash, plan: [{ point: 'search recorded' }] })
  compare(seenIn(afterSearch), { ...seenIn(whole), work: 'unknown-tool', toolCalls: 1, effects: 0 })
  const afterCall = await toEnd({ ...crash, plan: [{ point: 'P7 tool recorded' }] })
  compare(seenIn(afterCall), seenIn(whole))
  const inCall = await toEnd({ ...crash, plan: [{ point: 'P6 effect done, not recorded' }] })
  compare(seenIn(inCall), { ...seenIn(whole), unknown: 1 })
  return 'searched: unknown-tool, effects 0; called: replayed, effects 1; in the call: a person is asked, effects 1'
}

function seenIn({ result, outside, records, unknown }: RunReport) {
  const count = (start: string): number => outside.filter((line) => line.startsWith(start)).length
  const results = result.messages.flatMap(({ role, content }) => (role === 'tool' ? content : []))
  return {
    work: results.find(({ toolName }) => toolName === 'work')?.status,
    toolCalls: result.toolCalls,
    effects: count('effect work '),
    payments: count('effect pay '),
    unknown,
    twice: records.length - new Set(records).size,
    text: result.text,
  }
}

function compare(seen: unknown, expected: unknown): void {
  deepStrictEqual(seen, expected, `saw ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`)
}
