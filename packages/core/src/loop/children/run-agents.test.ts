import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import { approve } from '../../contract/answers.ts'
import { AgentError, fatal } from '../../contract/errors.ts'
import { textOf } from '../../contract/messages.ts'
import type { Tool } from '../../contract/tool.ts'
import { agentTool, ask, scripted } from '../../testing/agent-tools.ts'
import { callFound, manyTools } from '../../testing/many-tools.ts'
import { collect, moved, openQuestion } from '../../testing/runs.ts'
import { call, scriptedModel } from '../../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../../testing/test-tool.ts'

test('an agent answers a call: it gets the prompt as its only message, and its answer is the result', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'It is blue.' }])
  const look = recordingTool('look')
  const worker = new Agent({ name: 'worker', model, tools: [look], instructions: 'Be brief.' })
  const boss = scripted([{ text: 'I ask.', calls: [ask('research', 'What colour?')] }, { text: 'Blue.' }], { tools: [agentTool('research', worker)] })
  const result = await boss.generate('The colour, please.')

  expect(result).toMatchObject({ status: 'finished', text: 'Blue.', agent: 'worker', toolCalls: 1 })
  expect(result.steps[0]?.toolResults).toEqual([expect.objectContaining({ toolName: 'research', status: 'ok', text: 'It is blue.' })])
  expect(model.requests[0]).toMatchObject({ instructions: 'Be brief.', messages: [{ role: 'user', content: 'What colour?' }] })
  expect(look.inputs).toHaveLength(1)
  expect(result.children).toMatchObject([
    { path: ['research#1'], key: 'steps/1/tools/0', agent: 'worker', status: 'finished', stopReason: 'finished', toolCalls: 1, usage: { totalTokens: 30 } },
  ])
  expect(result.children[0]?.steps.map(({ message }) => textOf(message))).toEqual(['', 'It is blue.'])
  expect(result.usage.totalTokens).toBe(60)
})

test('events of an agent have its path, keys that are unique in the run, and steps of their own', async () => {
  const inner = agentTool('verify', scripted([{ calls: [call('look')] }, { text: 'verified' }], { tools: [testTool('look')] }))
  const worker = scripted([{ calls: [ask('verify')] }, { text: 'done' }], { tools: [inner] })
  const boss = scripted([{ calls: [ask('research')] }, { text: 'end' }], { tools: [agentTool('research', worker)] })
  const events = await collect(boss.stream('go'))

  const shown = events.flatMap((event) => ('key' in event ? [`${event.type} ${event.path?.join('>') ?? ''} ${event.key}`] : []))
  expect(shown).toEqual([
    'tool-start  steps/1/tools/0',
    'tool-start research#1 steps/1/tools/0/steps/1/tools/0',
    'tool-start research#1>verify#1 steps/1/tools/0/steps/1/tools/0/steps/1/tools/0',
    'tool-end research#1>verify#1 steps/1/tools/0/steps/1/tools/0/steps/1/tools/0',
    'tool-end research#1 steps/1/tools/0/steps/1/tools/0',
    'tool-end  steps/1/tools/0',
  ])
  expect(events.filter(({ type, path }) => type === 'step-start' && path === undefined)).toHaveLength(2)
  expect(events.filter(({ type, path }) => type === 'step-end' && path?.length === 1)).toHaveLength(2)
  expect(events.filter(({ type, path }) => type === 'text-delta' && path?.length === 2)).toMatchObject([{ delta: 'verified', step: 2 }])
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(JSON.parse(JSON.stringify(events))).toEqual(events)
})

test('the text stream of a run has no text of agents inside it', async () => {
  const boss = scripted([{ text: 'one ', calls: [ask('research')] }, { text: 'two' }], { tools: [agentTool('research', scripted([{ text: 'inner' }]))] })
  const texts: string[] = []
  for await (const text of boss.stream('go').textStream) texts.push(text)
  expect(texts.join('')).toBe('one two')
})

test('calls of one step are numbered by their tool, and their agents run side by side', async () => {
  const open: string[] = []
  let most = 0
  const look = testTool('look', async () => {
    open.push('look')
    most = Math.max(most, open.length)
    await new Promise((resolve) => setTimeout(resolve, 5))
    open.pop()
    return 'seen'
  })
  const worker = new Agent({
    name: 'worker',
    model: scriptedModel(Array.from({ length: 6 }, (_, index) => (index < 3 ? { calls: [call('look')] } : { text: 'ok' }))),
    tools: [look],
  })
  const boss = scripted([{ calls: [ask('research'), ask('research'), ask('research')] }, { text: 'end' }], { tools: [agentTool('research', worker)] })
  const result = await boss.generate('go')
  expect(most).toBe(3)
  expect(result.children.map(({ path }) => path)).toEqual([['research#1'], ['research#2'], ['research#3']])
})

test('at most as many agents run at once as tool calls may', async () => {
  let [open, most] = [0, 0]
  const look = testTool('look', async () => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 2))
    open--
    return 'seen'
  })
  const worker = (): Agent => scripted([{ calls: [call('look')] }, { text: 'ok' }], { tools: [look] })
  const tools = ['a', 'b', 'c', 'd'].map((name) => agentTool(name, worker()))
  const boss = scripted([{ calls: tools.map(({ name }) => ask(name)) }, { text: 'end' }], { tools, toolCallConcurrency: 2 })
  expect((await boss.generate('go')).children).toHaveLength(4)
  expect(most).toBe(2)
})

test('tools and agents of one step all get their results, in call order', async () => {
  const boss = scripted([{ calls: [ask('research'), call('look'), ask('verify')] }, { text: 'end' }], {
    tools: [agentTool('research', scripted([{ text: 'one' }])), testTool('look', () => 'two'), agentTool('verify', scripted([{ text: 'three' }]))],
  })
  const { steps } = await boss.generate('go')
  expect(steps[0]?.toolResults.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
})

test('the tools of an agent get the context of the caller and idempotency keys of their own', async () => {
  const seen: unknown[] = []
  const pay = testTool('pay', (_, { context, idempotencyKey }) => {
    seen.push([context, idempotencyKey])
    return 'paid'
  })
  const worker = (): Agent => scripted([{ calls: [call('pay')] }, { text: 'ok' }], { tools: [pay] })
  const boss = scripted([{ calls: [ask('a'), ask('b')] }, { text: 'end' }], { tools: [agentTool('a', worker()), agentTool('b', worker())] })
  await boss.generate('go', { context: { tenant: 7 }, runId: 'r' })
  expect(seen).toEqual([0, 1].map((index) => [{ tenant: 7 }, `r/steps/1/tools/${index}/steps/1/tools/0`]))
})

test('a failure of an agent is the result of its call: its kind, and the text that it had', async () => {
  const broken = new AgentError('the account of acme has no money', { code: 'quota-exhausted' })
  const worker = scripted([{ text: 'Half of it.', calls: [call('look')] }, { error: broken }], { tools: [testTool('look')] })
  const boss = scripted([{ calls: [ask('research')] }, { text: 'I go on.' }], { tools: [agentTool('research', worker)] })
  const result = await boss.generate('go')

  const [given] = result.steps[0]?.toolResults ?? []
  expect(result).toMatchObject({ status: 'finished', text: 'I go on.' })
  expect(given?.status).toBe('error')
  expect(given?.text).toContain("The agent 'worker' has no complete answer: it failed with 'quota-exhausted'")
  expect(given?.text).toContain('Half of it.')
  expect(given?.text).not.toContain('acme')
  expect(result.children).toMatchObject([{ status: 'unusable', stopReason: 'failed', error: { code: 'quota-exhausted' } }])
  expect(result.toolErrors).toMatchObject([{ key: 'steps/1/tools/0', toolName: 'research', error: { code: 'quota-exhausted' } }])
})

test.each([
  ['steps', { steps: 1 }, 'it reached its limit of steps', 'the best so far'],
  ['tool calls', { toolCalls: 1 }, 'it reached its limit of tool calls', 'the best so far'],
  ['tokens', { tokens: 900 }, 'it reached the limit of tokens', 'Looking.'],
])('an agent at its limit of %s says so, with what it had', async (_name, limits, reason, had) => {
  const usage = { inputTokens: 590, outputTokens: 10, totalTokens: 600 }
  const worker = scripted([{ text: 'Looking.', calls: [call('look')], usage }, { text: 'the best so far' }], { tools: [testTool('look')] })
  const boss = scripted([{ calls: [ask('research', 'x')] }, { text: 'end' }], { tools: [agentTool('research', worker, { limits })] })
  const { steps, status } = await boss.generate('go')
  expect(status).toBe('finished')
  expect(steps[0]?.toolResults[0]).toMatchObject({ status: 'error', text: expect.stringContaining(reason) })
  expect(steps[0]?.toolResults[0]?.text).toContain(had)
})

test.each([
  ['an empty answer', [{}, {}], "it failed with 'empty-reply'"],
  ['a cut answer', [{ text: 'The first ha', finishReason: 'length' as const }], 'its answer was cut at its output limit. What it had by then:\n\nThe first ha'],
  ['a filtered answer', [{ text: '', finishReason: 'content-filter' as const }], "the provider's filter cut its answer. It had no text by then."],
])('an agent with %s has none', async (_name, answers, said) => {
  const boss = scripted([{ calls: [ask('research')] }, { text: 'end' }], { tools: [agentTool('research', scripted(answers))] })
  const { steps } = await boss.generate('go')
  expect(steps[0]?.toolResults[0]).toMatchObject({ status: 'error', text: expect.stringContaining(said) })
})

test('a tool that is fatal ends the agent that called it, and not the run', async () => {
  const worker = scripted([{ calls: [call('stop')] }], {
    tools: [testTool('stop', () => ({ status: 'fatal', text: 'The tool ended the run.', error: fatal(new Error('no')) }))],
  })
  const boss = scripted([{ calls: [ask('research')] }, { text: 'end' }], { tools: [agentTool('research', worker)] })
  const result = await boss.generate('go')
  expect(result.text).toBe('end')
  expect(result.children).toMatchObject([{ error: { code: 'tool-fatal' } }])
  expect(result.toolErrors.map(({ key }) => key)).toEqual(['steps/1/tools/0', 'steps/1/tools/0/steps/1/tools/0'])
})

test('an agent that calls itself ends at its depth, and its result says so', async () => {
  const answers = [
    { calls: [ask('again')] },
    { calls: [ask('again')] },
    { calls: [ask('again')] },
    { text: 'too deep' },
    { text: 'third' },
    { text: 'second' },
    { text: 'first' },
  ]
  const model = scriptedModel(answers)
  const self: Agent = new Agent({ name: 'self', model, tools: [agentTool('again', () => self, { depth: 2 })] })
  const result = await self.generate('go')
  expect(result.children.map(({ path }) => path.length)).toEqual([1, 2])
  expect(result.children[1]?.steps[0]?.toolResults[0]).toMatchObject({ status: 'skipped', text: expect.stringContaining('at most 2 deep') })
  expect(result.text).toBe('second')
})

test('an agent that cannot be made, as its function gives something else, ends the run with what to do', async () => {
  const boss = scripted([{ calls: [ask('research')] }], { tools: [agentTool('research', (() => 'no agent') as never)] })
  await expect(boss.generate('go')).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringContaining("asTool 'research'") })
})

test('a prompt that fails or is empty is the result of its call, and no agent runs', async () => {
  const failing = agentTool('research', scripted([]), { tool: { run: async () => ({ status: 'error', text: 'The tool failed.' }) } })
  const boss = scripted([{ calls: [ask('research'), ask('empty', '  ')] }, { text: 'end' }], { tools: [failing, agentTool('empty', scripted([]))] })
  const { steps, children } = await boss.generate('go')
  expect(steps[0]?.toolResults.map(({ status, text }) => [status, text])).toEqual([
    ['error', 'The tool failed.'],
    ['error', 'Not run: the prompt for the agent is empty.'],
  ])
  expect(children).toEqual([])
})

test('a run that release 0.1.0 began has no agents inside it, and the model is told', async () => {
  const pausing = scripted([{ calls: [call('pay')] }], { tools: [testTool('pay', () => 'paid', { needsApproval: true, effect: 'once' })] })
  const { state } = await pausing.generate('go')
  const records = state?.records.filter(({ id }) => id === 'steps/1/model/1') ?? []
  const boss = scripted([{ calls: [ask('research')] }, { text: 'end' }], {
    tools: [testTool('pay', () => 'paid', { effect: 'once' }), agentTool('research', scripted([]))],
  })
  const old = { version: 1 as const, runId: 'r', input: [{ role: 'user' as const, content: 'go' }], records }
  const { steps, text } = await boss.resume(old, { acceptAnswers: true }).result
  expect(steps[1]?.toolResults[0]).toMatchObject({ status: 'skipped', text: expect.stringContaining('begun by release 0.1.0') })
  expect(text).toBe('end')
})

test('a long answer of an agent is cut for the model and kept complete, and results of an agent have ids of their own', async () => {
  const long = 'answer '.repeat(10_000)
  const worker = scripted([{ calls: [call('look')] }, { text: long }], { tools: [testTool('look', () => 'x'.repeat(60_000))] })
  const boss = scripted([{ calls: [ask('research')] }, { calls: [call('read_result', { id: 'r1.0', find: 'nothing like this' })] }, { text: 'end' }], {
    tools: [agentTool('research', worker)],
  })
  const result = await boss.generate('go')
  const [given] = result.steps[0]?.toolResults ?? []
  expect(given).toMatchObject({ id: 'r1.0', status: 'ok', complete: { characters: long.length, isKept: true } })
  expect(given?.text.length).toBeLessThan(60_000)
  expect(result.children[0]?.steps[0]?.toolResults[0]).toMatchObject({ id: 'r1.0.1.0', complete: { characters: 60_000, isKept: true } })
  expect(result.steps[1]?.toolResults[0]).toMatchObject({ status: 'ok' })
})

test('agents are nested as deep as operations can be, and no deeper', async () => {
  const answers = [...Array.from({ length: 9 }, () => ({ calls: [ask('again')] })), ...Array.from({ length: 9 }, (_, index) => ({ text: `back ${index}` }))]
  const self: Agent = new Agent({ name: 'self', model: scriptedModel(answers), tools: [agentTool('again', () => self, { depth: 8 })], limits: { steps: 2 } })
  const result = await self.generate('go')
  expect(result.children.map(({ path }) => path.length)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(result.children.at(-1)?.steps[0]?.toolResults[0]).toMatchObject({ status: 'skipped', text: expect.stringContaining('at most 8 deep') })
  expect(result.text).toBe('back 8')
})

test('a tool of the same name as an agent inside the run keeps its own records and results', async () => {
  const inner = scripted([{ calls: [call('look')] }, { text: 'inside' }], { tools: [testTool('look', () => 'seen inside')] })
  const boss = scripted([{ calls: [ask('look_up'), call('look')] }, { text: 'end' }], {
    tools: [agentTool('look_up', inner), testTool('look', () => 'seen outside')],
  })
  const result = await boss.generate('go')
  expect(result.steps[0]?.toolResults.map(({ text }) => text)).toEqual(['inside', 'seen outside'])
  expect(result.children[0]?.steps[0]?.toolResults[0]?.text).toBe('seen inside')
})

test('an agent among thousands of tools is called as any of them, and its run is refused where it is gone', async () => {
  const worker = () => scripted([{ calls: [call('pay')] }, { text: 'paid by the worker' }], { tools: [payTool()] })
  const answers = [{ calls: [callFound('research', { task: 'pay it' })] }, { text: 'end' }]
  const boss = (tools: readonly Tool[]) => scripted(answers, { name: 'boss', tools: manyTools(...tools) })
  const paused = await boss([agentTool('research', worker())]).generate('go')
  const approved = { answers: { [openQuestion(paused)]: approve() } }
  expect(paused.children).toMatchObject([{ path: ['research#1'], status: 'paused' }])

  const gone = boss([]).resume(moved(paused), approved).result
  await expect(gone).rejects.toMatchObject({ code: 'state-mismatch' })
  const ended = await scripted([{ text: 'end' }], {
    name: 'boss',
    tools: manyTools(agentTool('research', scripted([{ text: 'paid by the worker' }], { tools: [payTool()] }))),
  }).resume(moved(paused), approved).result
  expect(ended.steps[0]?.toolResults[0]).toMatchObject({ toolName: 'research', status: 'ok', text: 'paid by the worker' })
})
