import { expect, test } from 'vitest'
import type { ServerEvent } from './protocol.ts'
import { applyEvent, emptyView, type RunView } from './view.ts'

const key = 'steps/1/tools/0'
const usage = { unknownAttempts: 0 } as Extract<ServerEvent, { type: 'run-end' }>['usage']
const asked: readonly ServerEvent[] = [
  { type: 'step-start', step: 1 },
  { type: 'tool-start', step: 1, key: 'steps/1/tools/1', toolCallId: 'b', toolName: 'look', input: {} },
  { type: 'tool-end', step: 1, key: 'steps/1/tools/1', toolCallId: 'b', toolName: 'look', status: 'ok', text: 'x', ms: 1 },
  { type: 'tool-progress', step: 1, key, toolName: 'pay', data: null },
  { type: 'run-end', status: 'paused', stopReason: 'paused', text: '', usage, toolCalls: 1, pending: [{ id: 'q', key, about: {} }] },
]
const viewOf = (events: readonly ServerEvent[]): RunView => events.reduce(applyEvent, emptyView)
const pay = (view: RunView) => view.steps[0]?.calls.find((call) => call.key === key)

test('a call that waits has its question until it runs, and the view says why the run ended', () => {
  const paused = viewOf(asked)
  expect([paused.status, paused.stopReason, pay(paused)?.status, pay(paused)?.question?.id]).toEqual(['paused', 'paused', 'waiting', 'q'])
  const running = applyEvent(paused, { type: 'tool-start', step: 1, key, toolCallId: 'a', toolName: 'pay', input: { cents: 1 } })
  expect([running.status, running.pending, pay(running)]).toEqual(['running', [], expect.objectContaining({ status: 'running', input: { cents: 1 } })])
  expect(pay(running)).not.toHaveProperty('question')
  const ended = applyEvent(running, { type: 'run-end', status: 'limit', stopReason: 'max-tokens', text: '', usage, toolCalls: 2, isLast: true })
  expect([ended.status, ended.stopReason]).toEqual(['limit', 'max-tokens'])
})
