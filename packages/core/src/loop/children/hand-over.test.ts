import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import { isJsonObject, type Json } from '../../contract/json.ts'
import { textOf } from '../../contract/messages.ts'
import type { OutputSpec } from '../../contract/output.ts'
import { agentTool, ask, scripted } from '../../testing/agent-tools.ts'
import { collect } from '../../testing/runs.ts'
import { call, scriptedModel } from '../../testing/scripted-model.ts'
import { testTool } from '../../testing/test-tool.ts'

const spec: OutputSpec<Json> = {
  schema: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
  parse: async (value) => (isJsonObject(value) && typeof value['total'] === 'number' ? { ok: true, value } : { ok: false, message: 'total must be a number' }),
}
const final = { returns: 'final' } as const

test('the answer of an agent with returns: final is that of the run, which ends there', async () => {
  const clerk = scripted([{ text: 'I am the clerk. Your order comes on Friday.' }], { name: 'clerk' })
  const boss = scripted([{ calls: [ask('clerk')] }], { name: 'front', tools: [agentTool('clerk', clerk, final)] })
  const run = boss.stream('Where is my order?')
  const events = await collect(run)
  const result = await run.result
  expect(result).toMatchObject({ status: 'finished', stopReason: 'finished', agent: 'clerk', text: 'I am the clerk. Your order comes on Friday.' })
  expect(result.textOrThrow()).toBe(result.text)
  expect(events.at(-1)).toMatchObject({ type: 'run-end', agent: 'clerk', text: result.text })
  expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
})

test('after a hand-over the text stream has the answer of the other agent, once', async () => {
  const clerk = scripted([{ text: 'It comes on Friday.' }])
  const boss = scripted([{ text: 'One moment. ', calls: [ask('clerk')] }], { tools: [agentTool('clerk', clerk, final)] })
  const texts: string[] = []
  for await (const text of boss.stream('go').textStream) texts.push(text)
  expect(texts).toEqual(['One moment. ', 'It comes on Friday.'])
})

test('a run is handed over through agents inside agents', async () => {
  const last = scripted([{ text: 'the last word' }], { name: 'last' })
  const middle = scripted([{ calls: [ask('last')] }], { name: 'middle', tools: [agentTool('last', last, final)] })
  const result = await scripted([{ calls: [ask('middle')] }], { tools: [agentTool('middle', middle, final)] }).generate('go')
  expect(result).toMatchObject({ agent: 'last', text: 'the last word', children: [{ agent: 'middle' }, { agent: 'last' }] })
})

test('a failed call beside the hand-over keeps the run going: the answer is a result like any other', async () => {
  const look = testTool('look', () => ({ status: 'error', text: 'broken' }))
  for (const beside of [call('look'), call('nothing')]) {
    const clerk = agentTool('clerk', scripted([{ text: 'my answer' }]), final)
    const boss = scripted([{ calls: [ask('clerk'), beside] }, { text: 'own answer' }], { name: 'front', tools: [clerk, look] })
    const result = await boss.generate('go')
    expect(result).toMatchObject({ agent: 'front', text: 'own answer' })
    expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'ok', text: 'my answer' })
  }
})

test('a hand-over to an agent without a complete answer keeps the run going', async () => {
  const clerk = scripted([{ text: 'half', finishReason: 'length' }])
  const result = await scripted([{ calls: [ask('clerk')] }, { text: 'own answer' }], { name: 'front', tools: [agentTool('clerk', clerk, final)] }).generate(
    'go',
  )
  expect(result).toMatchObject({ agent: 'front', text: 'own answer' })
})

test('of two hand-overs in one step the first in call order answers', async () => {
  const tools = ['a', 'b'].map((name) => agentTool(name, scripted([{ text: `answer of ${name}` }], { name }), final))
  expect(await scripted([{ calls: [ask('b'), ask('a')] }], { tools }).generate('go')).toMatchObject({ agent: 'b', text: 'answer of b' })
})

test('where the run has an output, the answer of the other agent is its output', async () => {
  const clerk = scripted([{ text: '{"total": 5}' }], { name: 'clerk', output: spec, outputMode: 'text' })
  const boss = scripted([{ calls: [ask('clerk')] }], { output: { ...spec }, tools: [agentTool('clerk', clerk, final)] })
  const result = await boss.generate('go')
  expect([result.output, result.agent, result.outputOrThrow()]).toEqual([{ total: 5 }, 'clerk', { total: 5 }])
})

test('an output that only the schema of the other agent takes is not the output of the run, and the model is told', async () => {
  const strict: OutputSpec<Json> = { ...spec, parse: async () => ({ ok: false, message: 'total must be even' }) }
  const clerk = scripted([{ text: '{"total": 5}' }], { name: 'clerk', output: spec, outputMode: 'text' })
  const answers = [{ calls: [ask('clerk')] }, { text: 'I cannot.' }, { text: 'I cannot.' }, { text: 'I cannot.' }]
  const boss = scripted(answers, { output: strict, outputMode: 'text', tools: [agentTool('clerk', clerk, final)] })
  const failed = await boss.generate('go').catch((error) => error)
  expect(failed).toMatchObject({ code: 'invalid-output' })
  expect(failed.result.messages.filter(({ role }: { role: string }) => role === 'user').map(textOf)[1]).toContain(
    "The answer of 'clerk' is not the final answer: total must be even",
  )
})

test.each([
  ['no output', {}, 'has no `output`'],
  ['another output', { output: { ...spec, schema: { type: 'object' } } }, 'has another one'],
])('an agent with %s cannot give the final answer of an agent with an output', (_name, options, problem) => {
  const clerk = scripted([], options)
  expect(() => scripted([], { output: spec, tools: [agentTool('clerk', clerk, final)] })).toThrow(problem)
  expect(() => scripted([], { output: spec, tools: [agentTool('clerk', clerk)] })).not.toThrow()
  expect(() => scripted([], { output: spec, tools: [agentTool('clerk', clerk, { ...final, output: spec })] })).not.toThrow()
})

test('the output of asTool replaces that of the agent, and its JSON is the result', async () => {
  const clerk = new Agent({ name: 'clerk', model: scriptedModel([{ text: '{"total": 7}' }]), outputMode: 'text' })
  const boss = scripted([{ calls: [ask('clerk')] }, { text: 'end' }], { tools: [agentTool('clerk', clerk, { output: spec })] })
  expect((await boss.generate('go')).steps[0]?.toolResults[0]?.text).toBe('{"total":7}')
})
