import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve, deny } from '../contract/answers.ts'
import type { RunEvent } from '../contract/events.ts'
import type { RunState } from '../contract/result.ts'
import { collect, moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

const look = testTool('look', () => 'seen')

/** The state with other times: each record ended a second after the one before, long ago. */
function longAgo(state: RunState): RunState {
  return { ...state, records: state.records.map((record, index) => ('at' in record ? { ...record, at: (index + 1) * 1_000 } : record)) }
}

function timesOf(events: readonly RunEvent[]) {
  return events.flatMap((event) => ('replayed' in event && event.replayed === true ? [[event.type, 'key' in event ? event.key : event.step, event.at]] : []))
}

test('every event has the time at which it happened, in order', async () => {
  const before = Date.now()
  const events = await collect(new Agent({ model: scriptedModel([{ calls: [call('look')] }, { text: 'ok' }]), tools: [look] }).stream('go'))
  const times = events.map(({ at }) => at)
  expect(times.every(Number.isInteger)).toBe(true)
  expect(times).toEqual(times.toSorted((left, right) => left - right))
  expect(times[0]).toBeGreaterThanOrEqual(before)
  expect(times.at(-1)).toBeLessThanOrEqual(Date.now())
})

test('a replayed event has the time at which it was recorded, also of calls that never ran', async () => {
  const model = scriptedModel([{ calls: [call('look'), call('unknown'), call('pay', { amount: 5 })] }, { calls: [call('pay', { amount: 6 })] }, { text: 'ok' }])
  const agent = new Agent({ model, tools: [look, payTool()] })
  const first = await agent.generate('go')
  const second = await agent.resume(moved(first), { answers: { [openQuestion(first)]: deny('no') } }).result
  const state = longAgo(moved(second))
  const before = Date.now()
  const events = await collect(agent.resume(state, { answers: { [openQuestion(second)]: approve() } }))

  const at = (id: string, type = 'done'): unknown => state.records.find((record) => record['id'] === id && record['type'] === type)?.['at']
  expect(timesOf(events)).toEqual([
    ['message-end', 1, at('steps/1/model/1')],
    // Answered with the reply, from which it follows.
    ['tool-end', 'steps/1/tools/1', at('steps/1/model/1')],
    ['tool-end', 'steps/1/tools/0', at('steps/1/tools/0')],
    ['tool-end', 'steps/1/tools/2', at('steps/1/tools/2/approval', 'answer')],
    ['message-end', 2, at('steps/2/model/1')],
  ])
  expect(events.filter((event) => !('replayed' in event)).every((event) => event.at >= before)).toBe(true)
})

test('run-end of a run that waits for people has what they have to decide', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { text: 'ok' }]), tools: [payTool()] })
  const run = agent.stream('go')
  const [last] = (await collect(run)).slice(-1)
  const result = await run.result
  expect(result.pending).toHaveLength(1)
  expect(last).toMatchObject({ type: 'run-end', status: 'paused', pending: result.pending })

  const resumed = await collect(agent.resume(moved(result), { answers: { [openQuestion(result)]: approve() } }))
  expect(resumed.at(-1)).not.toHaveProperty('pending')
})
