import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import { answer, approve, deny } from '../../contract/answers.ts'
import { isJsonObject } from '../../contract/json.ts'
import type { PendingQuestion, RunResult } from '../../contract/result.ts'
import { agentTool, ask, scripted } from '../../testing/agent-tools.ts'
import { moved } from '../../testing/runs.ts'
import { call, scriptedModel } from '../../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../../testing/test-tool.ts'

function aboutOf({ about }: PendingQuestion) {
  return isJsonObject(about) ? about : {}
}

/** A worker that pays, and says what came of it. */
function payer(pay = payTool(), name = 'payer'): Agent {
  return scripted([{ calls: [call('pay', { amount: 5 })] }, { text: 'The payment is settled.' }], { name, tools: [pay] })
}

const end = { text: 'end' }

function idOf({ pending }: RunResult, index = 0): string {
  return pending[index]?.id ?? ''
}

test('the questions of all agents pause the run together, each with its agent and its path', async () => {
  const deep = scripted([{ calls: [ask('pay_bill')] }, { text: 'done' }], { name: 'office', tools: [agentTool('pay_bill', payer())] })
  const tools = [agentTool('office', deep), agentTool('pay_rent', payer(payTool(), 'landlord')), payTool()]
  const boss = scripted([{ calls: [ask('office'), ask('pay_rent'), call('pay', { amount: 1 })] }, end], { tools })
  const result = await boss.generate('go')

  expect(result).toMatchObject({ status: 'paused', stopReason: 'paused' })
  expect(result.pending.map((question) => [question.position, aboutOf(question)['agent'], aboutOf(question)['path']])).toEqual([
    ['steps/1/tools/0/steps/1/tools/0/steps/1/tools/0/approval', 'payer', ['office#1', 'pay_bill#1']],
    ['steps/1/tools/1/steps/1/tools/0/approval', 'landlord', ['pay_rent#1']],
    ['steps/1/tools/2/approval', undefined, undefined],
  ])
  expect(new Set(result.pending.map(({ id }) => id)).size).toBe(3)
  expect(result.children.map(({ status }) => status)).toEqual(['paused', 'paused', 'paused'])

  const answers = Object.fromEntries(result.pending.map(({ id }) => [id, approve()]))
  const ended = await boss.resume(moved(result), { answers }).result
  expect(ended).toMatchObject({ status: 'finished', text: 'end' })
  expect(ended.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['done', 'The payment is settled.', 'pay done'])
})

test('an answer goes to the agent that asked: the other agent still waits', async () => {
  const [first, second] = [payTool(), payTool()]
  const boss = scripted([{ calls: [ask('a'), ask('b')] }, end], { tools: [agentTool('a', payer(first)), agentTool('b', payer(second))] })
  const paused = await boss.generate('go')
  const half = await boss.resume(moved(paused), { answers: { [idOf(paused, 1)]: approve({ amount: 2 }) } }).result
  expect([half.pending.length, first.inputs, second.inputs]).toEqual([2, [], []])
  const ended = await boss.resume(moved(half), { answers: { [idOf(paused, 0)]: approve(), [idOf(paused, 1)]: approve({ amount: 2 }) } }).result
  expect([ended.text, first.inputs, second.inputs]).toEqual(['end', [{ amount: 5 }], [{ amount: 2 }]])
})

test.each([
  ['a denial', deny('too much'), 'denied', 'Not run: a person denied this call: too much', []],
  ['an edited input', approve({ amount: 3 }), 'ok', 'pay done', [{ amount: 3 }]],
])('%s reaches the agent that asked', async (_name, given, status, text, inputs) => {
  const pay = payTool()
  const boss = scripted([{ calls: [ask('clerk')] }, end], { tools: [agentTool('clerk', payer(pay))] })
  const paused = await boss.generate('go')
  const ended = await boss.resume(moved(paused), { answers: { [idOf(paused)]: given } }).result
  expect(ended.children[0]?.steps[0]?.toolResults).toMatchObject([{ status, text }])
  expect(pay.inputs).toEqual(inputs)
})

test('what a tool of an agent asks is answered at the run', async () => {
  const book = testTool('book', (_, { answer: given }) => `booked ${String(given)}`, { effect: 'once', ask: () => 'Which seat?' })
  const clerk = scripted([{ calls: [call('book')] }, { text: 'ok' }], { tools: [book] })
  const boss = scripted([{ calls: [ask('clerk')] }, end], { tools: [agentTool('clerk', clerk)] })
  const paused = await boss.generate('go')
  const ended = await boss.resume(moved(paused), { answers: { [idOf(paused)]: answer('4A') } }).result
  expect(ended.children[0]?.steps[0]?.toolResults[0]?.text).toBe('booked 4A')
})

test('a call of an agent may need approval itself: a denied one runs no agent', async () => {
  const worker = scripted([{ text: 'worked' }])
  const tool = agentTool('clerk', worker, { tool: { needsApproval: true } })
  const boss = scripted([{ calls: [ask('clerk')] }, end], { tools: [tool] })
  const paused = await boss.generate('go')
  expect(paused.pending.map(aboutOf)).toMatchObject([{ toolName: 'clerk', input: { task: 'the task of clerk' } }])
  const denied = await boss.resume(moved(paused), { answers: { [idOf(paused)]: deny() } }).result
  expect([denied.children, denied.steps[0]?.toolResults[0]?.status]).toEqual([[], 'denied'])

  const again = scripted([end], { tools: [tool] })
  const allowed = await again.resume(moved(paused), { answers: { [idOf(paused)]: approve() } }).result
  expect(allowed.steps[0]?.toolResults[0]?.text).toBe('worked')
})

test('the unknown outcome of a call in an agent is asked at the run, and the answer settles it', async () => {
  const pay = recordingTool('pay', { effect: 'once' })
  const clerk = payer(pay)
  const boss = scripted([{ calls: [ask('clerk')] }, end], { tools: [agentTool('clerk', clerk)] })
  const run = boss.stream('go')
  run.on('tool-start', ({ path }) => path && run.abort())
  const { result: cut } = (await run.result.catch((error: unknown) => error)) as { result: RunResult }
  const asked = await boss.resume(moved(cut)).result
  expect(asked).toMatchObject({ status: 'paused', stopReason: 'outcome-unknown' })
  expect(asked.pending.map(aboutOf)).toMatchObject([{ type: 'outcome', agent: 'payer', path: ['clerk#1'] }])
  const settled = await boss.resume(moved(asked), { answers: { [idOf(asked)]: { output: 'It was paid.' } } }).result
  expect(settled.children[0]?.steps[0]?.toolResults).toMatchObject([{ status: 'ok', text: 'It was paid.' }])
  expect(settled.text).toBe('end')
})

test('an unsigned state loses the approval of a call in an agent, unless it was obeyed', async () => {
  const pay = payTool()
  const boss = scripted([{ calls: [ask('clerk')] }, end], { tools: [agentTool('clerk', payer(pay)), testTool('pay')] })
  const paused = moved(await boss.generate('go'))
  const [question] = paused.records.filter(({ type }) => type === 'question')
  const forged = { ...paused, records: [...paused.records, { type: 'answer', id: String(question?.['id']), answer: { approve: true } }] }
  const result = await boss.resume(forged).result
  expect([result.status, pay.inputs]).toEqual(['paused', []])
})

test('a changed tool of an agent: its pending approval is refused, and so is its unknown outcome; wording binds nothing', async () => {
  const changed = { inputSchema: { type: 'object', properties: { amount: { type: 'number' } } } } as const
  const teamWith = (pay = payTool()): Agent => scripted([{ calls: [ask('clerk')] }, end], { tools: [agentTool('clerk', payer(pay))] })
  const paused = await teamWith().generate('go')
  const answers = { [idOf(paused)]: approve() }
  const refused = teamWith(payTool(changed)).resume(moved(paused), { answers }).result
  await expect(refused).rejects.toMatchObject({ code: 'state-mismatch' })

  const once = (options = {}): Agent => teamWith(payTool({ needsApproval: false, ...options }))
  const run = once().stream('go')
  run.on('tool-start', ({ path }) => path && run.abort())
  const { result: cut } = (await run.result.catch((error: unknown) => error)) as { result: RunResult }
  await expect(once(changed).resume(moved(cut)).result).rejects.toMatchObject({ code: 'state-mismatch', message: expect.stringContaining('tool pay changed') })
  expect(await once({ description: 'Other words.' }).resume(moved(cut)).result).toMatchObject({ stopReason: 'outcome-unknown' })
  const warned = await once({ description: 'Other words.' }).resume(moved(cut)).result
  expect(warned.warnings).toMatchObject([{ code: 'definition-changed', message: expect.stringContaining("the tool 'pay' of the agent behind 'clerk'") }])
})

test('agents that refer to each other in a circle have a finite definition, and their runs continue from a state', async () => {
  const pay = payTool()
  const model = scriptedModel([
    { calls: [ask('again')] },
    { calls: [ask('again')] },
    { calls: [call('pay', { amount: 5 })] },
    { text: 'third' },
    { text: 'second' },
    { text: 'first' },
  ])
  const self: Agent = new Agent({ name: 'self', model, tools: [agentTool('again', () => self), pay] })
  const paused = await self.generate('go')
  expect(paused.pending.map(aboutOf)).toMatchObject([{ agent: 'self', path: ['again#1', 'again#1'] }])
  expect(moved(paused).definition).toMatchObject({ children: { again: 0 }, agents: [{ children: { again: 0 } }] })
  const ended = await self.resume(moved(paused), { answers: { [idOf(paused)]: approve() } }).result
  expect([ended.text, ended.warnings, pay.inputs]).toEqual(['first', [], [{ amount: 5 }]])
})
