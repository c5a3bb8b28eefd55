import { expect, test } from 'vitest'
import { modelOf, outline, pageLines } from '../../testing/model-of.ts'
import { WrittenTrace } from '../../testing/written-trace.ts'
import { parsePageLine } from '../parse-line.ts'
import { breakOf, durationOf, isNotable, type Row } from './row.ts'
import { RunModel } from './run-model.ts'
import { makeScale } from './scale.ts'
import { Search } from './search.ts'
import { messagesBefore, messagesOf, settingOf, showMessage } from './shown-message.ts'
import { stepMoney, tokensOf, totalMoney } from './totals.ts'

const error = { code: 'rate-limited', message: 'Too many', phase: 'headers', retryable: true }

function rowNamed(model: RunModel, name: string): Row {
  const row = model.rows.find((each) => each.name === name)
  if (row === undefined) throw new Error(`There is no row ${name}.`)
  return row
}

test('a run is a tree of steps, requests, waits and calls', () => {
  const trace = new WrittenTrace()
    .begin('helper')
    .event('step-start', { step: 1 })
    .event('attempt', { step: 1, attempt: 1, model: 'm', reason: 'first' })
    .event('step-retry', { step: 1, attempt: 1, delayMs: 500, error })
    .after(500)
    .step(1, '', { read: 'a', write: 'b' })
    .event('warning', { step: 2, warning: { code: 'odd', message: 'Odd.' } })
    .step(2, 'Done')
    .end('Done')
  const model = modelOf(trace)
  model.end()
  expect(outline(model.roots)).toEqual([
    'run helper ok',
    '  step step 1 ok',
    '    request m failed',
    '    wait before the retry ok',
    '    request m ok',
    '    tool read ok',
    '    tool write ok',
    '  step step 2 ok',
    '    note odd ok',
    '    request m ok',
  ])
  expect(durationOf(rowNamed(model, 'before the retry'))).toBe(502)
  expect(model.rows.filter(isNotable).map(({ name, status }) => `${name} ${status}`)).toEqual(['m failed', 'odd ok'])
})

test('the rows of an agent are below the call that it answers, also of the second call of a tool, and deeper', () => {
  const call = (key: string): readonly [string, object] => ['tool-start', { step: 1, key, toolCallId: 'c', toolName: 'research', input: {} }]
  const trace = new WrittenTrace().begin()
  for (const index of [0, 1]) trace.event(...(call(`steps/1/tools/${index}`) as [string, never]))
  trace.event('tool-start', { step: 1, key: 'steps/1/tools/1/steps/1/tools/0', toolCallId: 'c', toolName: 'verify', input: {}, path: ['research#2'] })
  trace.event('step-start', { step: 1, path: ['research#2', 'verify#1'] })
  const model = modelOf(trace)
  expect(outline(model.roots)).toEqual([
    'run agent open',
    '  step step 1 open',
    '    tool research open',
    '    tool research open',
    '      step step 1 open',
    '        tool verify open',
    '          step step 1 open',
  ])
  model.end()
  expect(model.rows.every(({ status }) => status === 'cut')).toBe(true)
})

test('a run that was paused and resumed is one run: what is said again is shown once, and the wait is for a person', () => {
  const pending = [{ id: 'q', position: 'steps/2/tools/0/approval', about: { tool: 'pay' } }]
  const edit = { kind: 'clear', step: 1, reason: 'rule', results: ['r1.0'], tokensBefore: 9, tokensAfter: 5, rereadTokens: 1 }
  const usage = { unknownAttempts: 0 }
  const trace = new WrittenTrace().begin().event('history-edit', { step: 1, edit }).step(1, '', { read: 'a' })
  trace.event('run-end', { status: 'paused', stopReason: 'paused', text: '', usage, toolCalls: 1, pending })
  trace.after(60_000).begin().event('history-edit', { step: 1, edit })
  trace.event('message-end', { step: 1, message: { role: 'assistant', content: '' }, finishReason: 'stop', usage: {}, ms: 20, replayed: true })
  trace.event('tool-end', { step: 1, key: 'steps/1/tools/0', toolCallId: 'c', toolName: 'read', status: 'ok', text: 'a', ms: 10, replayed: true })
  trace.event('step-end', { step: 1, usage }).step(2, 'Done').end('Done')
  const model = modelOf(trace)
  expect(outline(model.roots)).toEqual([
    'run agent ok',
    '  step step 1 ok',
    '    edit old results cleared ok',
    '    request m ok',
    '    tool read ok',
    '  person waits for a person ok',
    '  step step 2 ok',
    '    request m ok',
  ])
  const person = rowNamed(model, 'waits for a person')
  expect([durationOf(person), person.pending]).toEqual([60_001, pending])
  expect(durationOf(rowNamed(model, 'step 1'))).toBeLessThan(100)
  const { at, gaps } = makeScale(model.rows, 0)
  expect(gaps).toHaveLength(1)
  expect(at(person.to ?? 0) - at(person.from ?? 0)).toBeLessThan(0.1)
})

test('an end event without a start is a call that never ran, with what the model wrote', () => {
  const message = { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'pay', inputText: '{"amount":5}' }] }
  const trace = new WrittenTrace().begin()
  trace.event('message-end', { step: 1, message, finishReason: 'tool-calls', usage: {}, ms: 5 })
  trace.event('tool-end', { step: 1, key: 'steps/1/tools/0', toolCallId: 'c', toolName: 'pay', status: 'denied', text: 'No.', ms: 0 })
  const row = rowNamed(modelOf(trace), 'pay')
  expect([row.status, row.input, isNotable(row)]).toEqual(['refused', { amount: 5 }, true])
})

test('the messages of every request are those that were sent, although only differences are kept', () => {
  const bodies = [['a'], ['a', 'b', 'c'], ['a', 'x', 'c', 'd'], ['a', 'x'], ['a', 'x', 'e']].map((texts) => texts.map((content) => ({ role: 'user', content })))
  const trace = new WrittenTrace()
  for (const [index, messages] of bodies.entries()) trace.exchange(index + 1, messages, { tools: index === 3 ? [{ name: 't' }] : [] })
  const { exchanges } = modelOf(trace)
  expect(exchanges.map((exchange) => messagesOf(exchanges, exchange))).toEqual(bodies)
  expect(exchanges.map(breakOf)).toEqual([undefined, undefined, { at: 'messages', index: 1 }, { at: 'tools' }, { at: 'tools' }])
  expect(exchanges.map((exchange) => settingOf(exchanges, exchange, 'tools'))).toEqual([[], [], [], [{ name: 't' }], []])
  expect(exchanges.map((exchange) => settingOf(exchanges, exchange, 'parameters'))).toEqual(bodies.map(() => ({ model: 'm' })))
})

test('a tape without events is a list of its requests', () => {
  const trace = new WrittenTrace().exchange(1, [{ role: 'user', content: 'a' }])
  trace.lines.shift()
  expect(outline(modelOf(trace).roots)).toEqual(['run run open', '  request m ok'])
})

test('messages of core and of the wire are shown in the same way', () => {
  const core = {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
      { type: 'tool-call', toolCallId: 'c', toolName: 't', inputText: '{}' },
    ],
  }
  const wire = {
    role: 'assistant',
    reasoning_content: 'Hm',
    content: 'Hi',
    tool_calls: [{ id: 'c', type: 'function', function: { name: 't', arguments: '{}' } }],
  }
  const shown = {
    role: 'assistant',
    parts: [
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'text', text: 'Hi' },
      { kind: 'call', name: 't', text: '{}' },
    ],
  }
  expect([showMessage(core), showMessage(wire)]).toEqual([shown, shown])
  for (const odd of [null, 5, 'x', [], {}, { role: 1, content: { a: 1 } }, { role: 'user', content: [null, { type: 'new' }], tool_calls: [5] }]) {
    expect(showMessage(odd as never).parts).toBeInstanceOf(Array)
  }
})

test('without requests, the messages before a step are put together from the events', () => {
  const model = new RunModel()
  model.add([{ type: 'run', runId: 'run-1', source: 'journal', input: [{ role: 'user', content: 'Q' }], instructions: 'Be short.' }])
  model.add(pageLines(new WrittenTrace().begin().step(1, '', { read: 'result' }).step(2, 'Done')))
  const [root] = model.roots
  const texts = root === undefined ? [] : messagesBefore(root.scope, 2).map(({ role, parts }) => `${role}: ${parts.map(({ text }) => text).join()}`)
  expect(texts).toEqual(['system: Be short.', 'user: Q', 'assistant: {"q":1}', 'tool: result'])
})

test('tokens and money are those of each step', () => {
  const model = modelOf(new WrittenTrace().begin().step(1, 'a').step(2, 'b').step(3, 'c'))
  expect(['step 1', 'step 2', 'step 3'].map((name) => stepMoney(rowNamed(model, name))?.micros)).toEqual([100, 100, 100])
  expect(tokensOf(rowNamed(model, 'step 2'))).toMatchObject({ inputTokens: 200, cachedInputTokens: 50 })
  expect(model.roots.map(totalMoney)).toEqual([{ micros: 300, currency: 'USD', isBound: false }])
})

test('a search finds inputs, results, replies, errors and sent messages, in any case, and reads nothing as a pattern', () => {
  const trace = new WrittenTrace()
    .begin()
    .step(1, '', { read: 'Say "Hello"\nand (more' })
    .step(2, 'The Answer')
    .exchange(2, [{ role: 'system', content: 'Instructions' }])
  const find = (text: string): readonly string[] =>
    modelOf(trace)
      .rows.filter((row) => new Search(text).matches(row))
      .map(({ kind, name }) => `${kind} ${name}`)
  expect(find('"hello"\nAND (')).toEqual(['tool read'])
  expect(find('"q":1')).toEqual(['request m', 'tool read'])
  expect(find('the answer')).toEqual(['request m'])
  expect(find('instructions')).toEqual(['request m'])
  expect(find('.*')).toEqual([])
})

test('a search finds what JSON writes in another form, also where another program wrote letters as escapes', () => {
  const trace = new WrittenTrace().begin().step(1, '', { read: 'C:\\temp\tand "é" \u0001' })
  const lines = trace.lines.map((line) => parsePageLine(JSON.stringify(line).replaceAll('é', '\\u00e9')) ?? [])
  const model = new RunModel()
  model.add(lines.flat())
  const find = (text: string): readonly string[] => model.rows.filter((row) => new Search(text).matches(row)).map(({ name }) => name)
  for (const text of ['c:\\TEMP\tand', 'and "É"', '" \u0001']) expect(find(text)).toEqual(['read'])
  for (const text of ['c:temp', 'and é', '\\u00e9']) expect(find(text)).toEqual([])
})

test('events of a later release, and events in an odd order, do not break the rows', () => {
  const trace = new WrittenTrace()
    .event('guard', { step: 3, flow: {} })
    .event('text-delta', { step: 1, attempt: 1, delta: 'x' })
    .event('tool-progress', { step: 1, key: 'k', toolName: 't', data: 1 })
    .event('step-end', { step: 9, usage: {} })
    .event('step-retry', { step: 2, attempt: 1, delayMs: 0, error })
    .event('run-end', { status: 'new', stopReason: 'new', text: '', usage: {}, toolCalls: 0 })
  expect(outline(modelOf(trace).roots)).toContain('    note guard ok')
})

test('60,000 events are read, for which quadratic time would be too long', () => {
  const steps = 6_000
  const trace = new WrittenTrace().begin()
  for (let step = 1; step <= steps; step += 1) trace.step(step, '', { read: 'a', write: 'b', find: 'c' })
  const model = new RunModel()
  model.add(pageLines(trace))
  expect(model.rows).toHaveLength(1 + 5 * steps)
  expect(makeScale(model.rows, 0).to).toBeGreaterThan(0)
})
