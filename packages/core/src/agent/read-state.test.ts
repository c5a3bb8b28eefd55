import { expect, test } from 'vitest'
import { approve, deny } from '../contract/answers.ts'
import { abortAt, moved, openQuestion } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool } from '../testing/test-tool.ts'
import { Agent } from './agent.ts'

const code = (value: string) => expect.objectContaining({ code: value })
const input = [{ role: 'user', content: 'go' }]

function shop(answers: readonly Answer[], pay = payTool()) {
  return { agent: new Agent({ model: scriptedModel(answers), tools: [pay] }), pay }
}

test.each<[string, unknown]>([
  ['null', null],
  ['nothing', undefined],
  ['a text', 'x'],
  ['a list', []],
  ['the version of a later release', { version: 3, runId: 'r', input, records: [] }],
  ['a state without runId', { version: 1, input, records: [] }],
  ['a state without input', { version: 1, runId: 'r', records: [] }],
  ['a state without records', { version: 1, runId: 'r', input }],
  ['a record that is null', { version: 1, runId: 'r', input, records: [null] }],
  ['a record without id', { version: 1, runId: 'r', input, records: [{ type: 'done' }] }],
])('%s is no state to continue from', (_, state) => {
  expect(() => shop([]).agent.resume(state as never)).toThrow(code('state-mismatch'))
})

test('a state says which release began its run, and keeps saying so when the run is continued', async () => {
  const { agent } = shop([{ calls: [call('pay', { invoice: 1 }), call('pay', { invoice: 2 })] }])
  const begun = moved(await agent.generate('go'))
  const old = { ...begun, version: 1 as const, records: begun.records.filter(({ id }) => id === 'steps/1/model/1') }
  const again = await agent.resume(old, { acceptAnswers: true }).result

  expect([begun.version, moved(again).version]).toEqual([2, 1])
  expect(again.pending.map(({ id }) => id)).toEqual(['steps/1/tools/0/approval', 'steps/1/tools/1/approval'])
})

test('a state whose messages cannot be sent is refused as messages', () => {
  const state = { version: 1 as const, runId: 'r', input: [], records: [] }
  expect(() => shop([]).agent.resume(state)).toThrow(code('invalid-messages'))
})

test('an answer to a question that was never asked is refused, naming the open ones', async () => {
  const { agent } = shop([{ calls: [call('pay')] }])
  const paused = await agent.generate('go')

  const resume = () => agent.resume(moved(paused), { answers: { 'steps/1/tool/0/approval': approve() } })
  expect(resume).toThrow(expect.objectContaining({ code: 'invalid-use', message: expect.stringContaining(`Pending questions: ${openQuestion(paused)}.`) }))
})

test('an approval given before its question is refused: it would let through whatever call comes', async () => {
  const { agent, pay } = shop([{ calls: [call('pay', { amount: 1 })] }])
  const paused = await agent.generate('go')

  const answers = { [openQuestion(paused)]: approve(), 'steps/2/tools/0/approval': approve() }
  expect(() => agent.resume(moved(paused), { answers })).toThrow(code('invalid-use'))
  expect(pay.inputs).toEqual([])
})

test('the outcome of a call cannot be given before it is asked for', async () => {
  const { agent } = shop([{ calls: [call('pay')] }], payTool({ needsApproval: false, run: never }))
  const crashed = await abortAt(agent.stream('go'), 'tool-start')

  expect(() => agent.resume(moved(crashed), { answers: { 'steps/1/tools/0/outcome/1': { output: 'paid' } } })).toThrow(code('invalid-use'))
})

test('the first answer to a question stays: another one is refused', async () => {
  const { agent } = shop([{ calls: [call('pay', { invoice: 1 })] }, { calls: [call('pay', { invoice: 2 })] }])
  const paused = await agent.generate('go')
  const first = openQuestion(paused)
  const second = await agent.resume(moved(paused), { answers: { [first]: approve() } }).result

  expect(() => agent.resume(moved(second), { answers: { [first]: deny() } })).toThrow(code('invalid-use'))
})

test('an answer may be given again', async () => {
  const { agent, pay } = shop([{ calls: [call('pay', { invoice: 1 }), call('pay', { invoice: 2 })] }, { text: 'Paid.' }])
  const paused = await agent.generate('go')
  const [first, second] = [openQuestion(paused, 0), openQuestion(paused, 1)]
  const half = await agent.resume(moved(paused), { answers: { [first]: approve() } }).result
  await agent.resume(moved(half), { answers: { [first]: approve(), [second]: deny() } }).result

  expect(pay.inputs).toEqual([{ invoice: 1 }])
})

test('an answer that is not JSON is refused', async () => {
  const { agent } = shop([{ calls: [call('pay')] }])
  const paused = await agent.generate('go')

  expect(() => agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve(1n as never) } })).toThrow(code('invalid-use'))
})

test('what the caller does with an answer later does not change what was decided', async () => {
  const { agent, pay } = shop([{ calls: [call('pay', { amount: 500 })] }, { text: 'Paid.' }])
  const paused = await agent.generate('go')
  const edited = { amount: 5 }
  const run = agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve(edited) } })
  edited.amount = 999
  await run.result

  expect(pay.inputs).toEqual([{ amount: 5 }])
})

test('a resumed run keeps its id, and another one is refused', async () => {
  const { agent } = shop([{ calls: [call('pay')] }])
  const paused = await agent.generate('go', { runId: 'first' })
  // @ts-expect-error Idempotency keys follow from the id, so it cannot be given again.
  expect(() => agent.resume(moved(paused), { runId: 'second' })).toThrow('keeps its id')
  const run = agent.resume(moved(paused))
  await run.result

  expect(run.runId).toBe('first')
})
