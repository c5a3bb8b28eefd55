import { expect, test } from 'vitest'
import { modelOf, outline } from '../../testing/model-of.ts'
import { WrittenTrace } from '../../testing/written-trace.ts'
import { durationOf, type Row } from './row.ts'
import type { RunModel } from './run-model.ts'

function rowsNamed(model: RunModel, name: string): readonly Row[] {
  return model.rows.filter((row) => row.name === name)
}

const attempt = { step: 1, attempt: 1, model: 'm', reason: 'first' }
const question = [{ role: 'user', content: 'go' }]

test('a process that died in a request: its request was cut when it was last heard of, and the exchange belongs to the one of the next process', () => {
  const trace = new WrittenTrace().begin().event('step-start', { step: 1 }).event('attempt', attempt)
  trace.after(60_000).begin().step(1, 'Hello').exchange(1, question).end('Hello')
  const model = modelOf(trace)
  expect(outline(model.roots)).toEqual(['run agent ok', '  step step 1 ok', '    request m cut', '    request m ok', '  wait no process ok'])
  const [cut, sent] = rowsNamed(model, 'm')
  expect([cut?.exchange, sent?.exchange?.id, cut && durationOf(cut)]).toEqual([undefined, 0, 0])
  const [gap] = rowsNamed(model, 'no process')
  expect(gap && durationOf(gap)).toBe(60_001)
})

test('a process that died in a call: a call that is made again has two rows, and one whose result was recorded before the end has one', () => {
  const reply = { step: 1, message: { role: 'assistant', content: '' }, finishReason: 'tool-calls', usage: {}, ms: 1 }
  const start = (key: string, toolName: string): object => ({ step: 1, key, toolCallId: 'c', toolName, input: {} })
  const end = (key: string, toolName: string): object => ({ step: 1, key, toolCallId: 'c', toolName, status: 'ok', text: 'a', ms: 1 })
  const trace = new WrittenTrace().begin().event('step-start', { step: 1 }).event('attempt', attempt).event('message-end', reply)
  trace.event('tool-start', start('steps/1/tools/0', 'read') as never).event('tool-start', start('steps/1/tools/1', 'find') as never)
  trace
    .after(60_000)
    .begin()
    .event('message-end', { ...reply, replayed: true })
  trace.event('tool-end', { ...end('steps/1/tools/0', 'read'), replayed: true })
  trace.event('tool-start', start('steps/1/tools/1', 'find') as never).event('tool-end', end('steps/1/tools/1', 'find') as never)
  const model = modelOf(trace.end('Done'))
  expect(outline(model.roots)).toEqual([
    'run agent ok',
    '  step step 1 cut',
    '    request m ok',
    '    tool read ok',
    '    tool find cut',
    '    tool find ok',
    '  wait no process ok',
  ])
  const [first] = rowsNamed(model, 'find')
  expect(first && durationOf(first)).toBeLessThan(100)
})

const asked = { position: 'steps/1/tools/0/approval', about: { tool: 'pay' }, answer: { approve: true } }

test('a person who was waited for while the run stayed in its process has a row in the step, as long as the wait', () => {
  const trace = new WrittenTrace().begin().event('step-start', { step: 1 })
  trace
    .after(5_000)
    .line('answer', { ...asked, askedAt: 1_010, answeredAt: 5_010 })
    .step(1, '', { pay: 'paid' })
    .end('Done')
  const model = modelOf(trace)
  expect(outline(model.roots)).toEqual(['run agent ok', '  step step 1 ok', '    person waits for a person ok', '    request m ok', '    tool pay ok'])
  const [person] = rowsNamed(model, 'waits for a person')
  expect([person && durationOf(person), person?.question?.answer]).toEqual([4_000, { approve: true }])
})

test('an answer to a question for which the run had paused, or its process had ended, belongs to that wait', () => {
  const pending = [{ id: 'q', position: asked.position, about: asked.about }]
  const usage = { unknownAttempts: 0 }
  const paused = new WrittenTrace().begin().event('run-end', { status: 'paused', stopReason: 'paused', text: '', usage, toolCalls: 1, pending })
  paused
    .after(60_000)
    .begin()
    .line('answer', { ...asked, askedAt: 61_003, answeredAt: 61_003 })
  const [person, ...others] = rowsNamed(modelOf(paused), 'waits for a person')
  expect([person && durationOf(person), person?.question?.answer, others]).toEqual([60_001, { approve: true }, []])

  const suspended = new WrittenTrace().begin().event('step-start', { step: 1 })
  suspended
    .after(60_000)
    .begin()
    .line('answer', { ...asked, askedAt: 61_004, answeredAt: 61_000 })
  const [waited] = rowsNamed(modelOf(suspended), 'waits for a person')
  expect(waited && durationOf(waited)).toBe(59_998)
})
