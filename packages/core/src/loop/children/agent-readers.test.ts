import { expect, test } from 'vitest'
import { approve } from '../../contract/answers.ts'
import type { RunEvent } from '../../contract/events.ts'
import type { RunState } from '../../contract/result.ts'
import type { SavedRun } from '../../durability/journal.ts'
import { type FinishedEvent, finishedEvents, liveFilter } from '../../durability/read-run.ts'
import type { RunRecord } from '../../durability/records.ts'
import { agentTool, ask, scripted } from '../../testing/agent-tools.ts'
import { collect, moved, stateIn } from '../../testing/runs.ts'
import { call } from '../../testing/scripted-model.ts'
import { payTool, testTool } from '../../testing/test-tool.ts'

function savedOf({ records, runId }: RunState): SavedRun {
  const head = { version: 2, runId, definition: { format: 2, instructions: null, tools: {}, hooks: [], output: null }, input: [] } as const
  return { head, records: records as readonly unknown[] as readonly RunRecord[], decisions: [] }
}

/** What joins an end event that was shown and one that is read later. */
function subjectOf(event: RunEvent | FinishedEvent): readonly string[] {
  if (event.type !== 'message-end' && event.type !== 'tool-end') return []
  const what = event.type === 'tool-end' ? `${event.key} ${event.status} ${event.text}` : `step ${event.step}`
  return [`${event.type} ${event.path?.join('>') ?? ''} ${event.operation ?? ''} ${what}`.replace(/(message-end \S* )\S*( step)/, '$1$2')]
}

test('a reader who connects late gets what agents inside the run did, with the path, the keys and the operations of the live events', async () => {
  const verify = scripted([{ calls: [call('look')] }, { text: 'verified' }], { tools: [testTool('look')] })
  const worker = () => scripted([{ calls: [ask('verify'), call('look')] }, { text: 'worked' }], { tools: [agentTool('verify', verify), testTool('look')] })
  const office = scripted([{ calls: [call('pay', { amount: 5 })] }, { text: 'paid' }], { tools: [payTool()] })
  const gated = agentTool('gated', office, { tool: { needsApproval: true } })
  const boss = scripted([{ calls: [ask('gated', 'one'), ask('work')] }, { text: 'end' }], { tools: [gated, agentTool('work', worker())] })
  const first = boss.stream('go')
  const live = await collect(first)
  const paused = await first.result
  const second = boss.resume(moved(paused), { answers: Object.fromEntries(paused.pending.map(({ id }) => [id, approve()])) })
  live.push(...(await collect(second)).filter((event) => !('replayed' in event)))
  const state = stateIn(await second.result)

  const read = finishedEvents(savedOf(state))
  expect(new Set(read.flatMap(subjectOf))).toEqual(new Set(live.flatMap(subjectOf)))
  expect(read.map(({ path }) => path?.join('>') ?? '')).toEqual(expect.arrayContaining(['', 'work#1', 'work#1>verify#1', 'gated#1']))
})

test('a live event of an agent is skipped when what it belongs to is finished, and not because of a step of another agent', () => {
  const seen = liveFilter({ ...savedOf({ version: 2, runId: 'r', input: [], records: [] }), records: [] })
  const delta = (path: readonly string[] | undefined): RunEvent =>
    ({ type: 'text-delta', step: 1, attempt: 1, delta: 'x', operation: 'steps/1/model/1', execution: 1, runId: 'r', seq: 1, ...(path && { path }) }) as RunEvent
  const end = { ...delta(['a#1']), type: 'message-end' } as unknown as RunEvent
  expect([seen(delta(['a#1'])), seen(end), seen(delta(['a#1'])), seen(delta(['a#2'])), seen(delta(undefined))]).toEqual([
    'show',
    'show',
    'skip',
    'show',
    'show',
  ])
})
