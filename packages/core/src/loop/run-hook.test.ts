import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { collect, failureOf, moved, openQuestion, stateIn } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../testing/test-tool.ts'

const twoPayments: readonly Answer[] = [{ calls: [call('pay', { invoice: 1 })] }, { calls: [call('pay', { invoice: 2 })] }]

test('each decision is recorded under the name of its option', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { calls: [call('pay')] }])
  const tools = [testTool('look'), payTool()]
  const agent = new Agent({ model, tools, prepareStep: () => ({ instructions: 'Go on.' }), stopWhen: () => false })
  const { records } = moved(await agent.generate('go'))

  expect(records.flatMap(({ name, id, output }) => (name === 'prepareStep' || name === 'stopWhen' ? [[name, id, output]] : []))).toEqual([
    ['prepareStep', 'steps/1/prepare', { status: 'ok', value: { instructions: 'Go on.' } }],
    ['stopWhen', 'steps/1/stop', { status: 'ok', value: false }],
    ['prepareStep', 'steps/2/prepare', { status: 'ok', value: { instructions: 'Go on.' } }],
  ])
})

test('a decision is recorded as it was, though its object is used again', async () => {
  const plan = { instructions: '' }
  const prepareStep = ({ steps }: { readonly steps: readonly unknown[] }) => {
    plan.instructions = `step ${steps.length + 1}`
    return plan
  }
  const agent = new Agent({ model: scriptedModel(twoPayments), tools: [payTool()], prepareStep })
  const first = await agent.generate('go')
  const second = await agent.resume(stateIn(first), { answers: { [openQuestion(first)]: approve() } }).result
  const plans = second.state?.records.flatMap(({ name, output }) => (name === 'prepareStep' ? [output] : []))

  expect(plans).toMatchObject([{ value: { instructions: 'step 1' } }, { value: { instructions: 'step 2' } }])
})

test('a run that release 0.1.0 began records the tools of a step plan under their old name, and reads them there', async () => {
  const model = scriptedModel(twoPayments)
  const agent = new Agent({ model, tools: [payTool(), testTool('look')], prepareStep: () => ({ activeTools: ['pay'] }) })
  const first = await agent.generate('go')
  const oldPlan = { status: 'ok', value: { tools: ['pay'] } }
  const kept = stateIn(first).records.filter(({ name }) => name === 'prepareStep' || name === 'model')
  const records = kept.map((record) => (record['name'] === 'prepareStep' ? { ...record, output: oldPlan } : record))
  const asked = await agent.resume({ ...stateIn(first), version: 1 as const, records }, { acceptAnswers: true }).result
  const second = await agent.resume(stateIn(asked), { acceptAnswers: true, answers: { [openQuestion(asked)]: approve() } }).result

  expect(second.state?.records.flatMap(({ name, output }) => (name === 'prepareStep' ? [output] : []))).toEqual([oldPlan, oldPlan])
  expect(model.requests.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([['pay', 'read_result'], ['pay']])
})

test('a recorded result of a hook is used, and the hook is not called again', async () => {
  const asked: number[] = []
  const prepareStep = ({ steps }: { readonly steps: readonly unknown[] }) => {
    asked.push(steps.length + 1)
    return undefined
  }
  const agent = new Agent({ model: scriptedModel(twoPayments), tools: [payTool()], prepareStep })
  const first = await agent.generate('go')
  await agent.resume(moved(first), { answers: { [openQuestion(first)]: approve() } }).result

  expect(asked).toEqual([1, 2])
})

test.each<[string, unknown]>([
  ['a value that is not JSON', { instructions: 1n }],
  ['an unknown field', { extra: 'x' }],
  ['a text', 'Be short.'],
  ['instructions that are not a string', { instructions: 5 }],
  ['tools that are not a list', { activeTools: 'look' }],
  ['a tool that the agent does not have', { activeTools: ['fly'] }],
  ['tools under the name of release 0.1.0', { tools: ['look'] }],
  ['an unknown tool choice', { toolChoice: 'look' }],
])('prepareStep may not return %s', async (_, plan) => {
  const model = scriptedModel([])
  const error = await failureOf(new Agent({ model, tools: [testTool('look')], prepareStep: () => plan as never }).generate('go'))

  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('prepareStep') })
  expect(model.requests).toHaveLength(0)
})

test('what prepareStep throws is the cause', async () => {
  const thrown = new Error('no plan')
  const prepareStep = () => {
    throw thrown
  }
  expect((await failureOf(new Agent({ model: scriptedModel([]), prepareStep }).generate('go'))).cause).toBe(thrown)
})

test('what stopWhen throws ends the run by name', async () => {
  const stopWhen = () => {
    throw new Error('no rule')
  }
  const agent = new Agent({ model: scriptedModel([{ calls: [call('look')] }]), tools: [testTool('look')], stopWhen })
  expect(await failureOf(agent.generate('go'))).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('stopWhen') })
})

test('a frozen error of prepareStep reaches the iterator', async () => {
  const prepareStep = () => {
    throw Object.freeze(new AgentError('no', { code: 'invalid-options' }))
  }
  const run = new Agent({ model: scriptedModel([]), prepareStep }).stream('go')
  expect(await failureOf(collect(run))).toMatchObject({ code: 'invalid-options' })
})

test('a tool that prepareStep withheld is not offered', async () => {
  const model = scriptedModel([{ text: 'ok' }])
  await new Agent({ model, tools: [testTool('look'), testTool('drop')], prepareStep: () => ({ activeTools: ['look'] }) }).generate('go')
  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look', 'read_result'])
})

test('a tool that prepareStep withheld is not run', async () => {
  const drop = recordingTool('drop')
  const model = scriptedModel([{ calls: [call('drop')] }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('look'), drop], prepareStep: () => ({ activeTools: ['look'] }) }).generate('go')

  expect(drop.inputs).toEqual([])
  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'unknown-tool', text: expect.stringContaining('The tools are: look, read_result.') })
})

test('a request without tools has neither an empty list nor a tool choice', async () => {
  const model = scriptedModel([{ text: 'ok' }])
  await new Agent({ model, tools: [testTool('look')], prepareStep: () => ({ activeTools: [], toolChoice: 'auto' }) }).generate('go')

  expect(model.requests[0]).not.toHaveProperty('tools')
  expect(model.requests[0]).not.toHaveProperty('toolChoice')
})
