import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ScriptedReply, type Simulator, type SimulatorOptions, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent, approve, evolink, fileJournal, findProblem, type Message, openaiCompatible, tool, toolCallsOf } from './index.ts'

// `deepseek-reasoner` on Evolink refuses tools, so it gets them as text.

const apiKey = 'test-key'

function start(options: SimulatorOptions = {}): Promise<Simulator> {
  return startSimulator({ apiKey, strict: { unlistedParameters: true }, ...options })
}

function reasoner(simulator: Simulator, stream = true) {
  return evolink('deepseek-reasoner', { baseURL: simulator.baseURL, apiKey, stream, toolProtocol: 'text' })
}

const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `${city}: 4 °C`,
})
const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  effect: 'read',
  execute: ({ a, b }) => a + b,
})

/** Calls as the model writes them. */
const calling = (...calls: readonly { readonly name: string; readonly input: object }[]): ScriptedReply => ({
  reasoning: 'I think.',
  toolCalls: calls as NonNullable<ScriptedReply['toolCalls']>,
  fault: { kind: 'leaked-markup', grammar: 'tool-call-tags' },
})

describe.each([true, false])('streamed: %s', (stream) => {
  test('a run of two steps with tools', async () => {
    await using simulator = await start({
      script: [
        calling({ name: 'get_weather', input: { city: 'Oslo' } }, { name: 'get_weather', input: { city: 'Rome' } }),
        { ...calling({ name: 'add', input: { a: 4, b: 4 } }), text: 'Now I add.\n' },
        { text: 'It is 4 °C in both, 8 in sum.' },
      ],
    })
    const agent = new Agent({ model: reasoner(simulator, stream), instructions: 'Be brief.', tools: [getWeather, add] })
    const run = agent.stream('Weather in Oslo and Rome, and the sum?')
    let shown = ''
    for await (const text of run.textStream) shown += text
    const result = await run.result

    expect(result).toMatchObject({ status: 'finished', text: 'It is 4 °C in both, 8 in sum.', toolCalls: 3 })
    expect(result.steps.map(({ toolResults }) => toolResults.map(({ status, text }) => [status, text]))).toEqual([
      [
        ['ok', 'Oslo: 4 °C'],
        ['ok', 'Rome: 4 °C'],
      ],
      [['ok', '8']],
      [],
    ])
    expect(shown).toBe('Now I add.\nIt is 4 °C in both, 8 in sum.')
    // In the run they are calls and results as of any model.
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'assistant'])
    expect(findProblem(result.messages)).toBeUndefined()
    for (const { body } of simulator.requests) {
      expect(body).not.toHaveProperty('tools')
      expect(JSON.stringify(body)).not.toContain('tool_calls')
    }
    const last = simulator.requests[2]?.body as { readonly messages: readonly { readonly role: string; readonly content: string }[] }
    expect(last.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
    expect(last.messages[3]?.content).toBe(
      '<tool_result name="get_weather">\nOslo: 4 °C\n</tool_result>\n\n<tool_result name="get_weather">\nRome: 4 °C\n</tool_result>',
    )
    simulator.assertDone()
  })

  test('the prefix of a request is the request before it, byte for byte', async () => {
    await using simulator = await start({
      script: [calling({ name: 'add', input: { a: 1, b: 2 } }), calling({ name: 'add', input: { a: 3, b: 4 } }), { text: 'Done.' }],
    })
    await new Agent({ model: reasoner(simulator, stream), tools: [add] }).generate('Go.')
    const bodies = simulator.requests.map(({ rawBody }) => rawBody.slice(0, -2))
    expect(bodies[1]?.startsWith(bodies[0] ?? '?')).toBe(true)
    expect(bodies[2]?.startsWith(bodies[1] ?? '?')).toBe(true)
  })
})

test('the offline model follows the form', async () => {
  await using simulator = await start()
  const result = await new Agent({ model: reasoner(simulator), tools: [getWeather, add] }).generate('What is the weather in Oslo?')
  expect(result.steps[0]?.toolResults).toMatchObject([{ toolName: 'get_weather', status: 'ok', text: 'Oslo: 4 °C' }])
  expect(result).toMatchObject({ status: 'finished', text: expect.stringContaining('4 °C') })
})

test('an explanation of the form runs nothing', async () => {
  const ran: unknown[] = []
  const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: z.object({ amount: z.number() }), execute: (input) => ran.push(input) })
  const reply: ScriptedReply = { toolCalls: [{ name: 'pay', input: { amount: 5 } }], fault: { kind: 'leaked-markup', grammar: 'quoted-tool-call-tags' } }
  await using simulator = await start({ script: [reply] })
  const result = await new Agent({ model: reasoner(simulator), tools: [pay] }).generate('How would you call the tool?')
  expect([ran, result.status, toolCallsOf(result.messages.at(-1) as Extract<Message, { role: 'assistant' }>)]).toEqual([[], 'finished', []])
  expect(result.text).toContain('<tool_call>')
})

test('a call in the reasoning runs nothing', async () => {
  const fault = { kind: 'leaked-markup', grammar: 'tool-call-tags', into: 'reasoning' } as const
  await using simulator = await start({ script: [{ text: 'No need.', toolCalls: [{ name: 'add', input: { a: 1, b: 2 } }], fault }] })
  expect(await new Agent({ model: reasoner(simulator), tools: [add] }).generate('Go.')).toMatchObject({ text: 'No need.', toolCalls: 0 })
})

test('half the form is understood, and what cannot be understood is told to the model', async () => {
  await using simulator = await start({
    script: [
      { toolCalls: [{ name: 'add', input: { a: 1, b: 2 } }], fault: { kind: 'leaked-markup', grammar: 'half-tool-call-tags' } },
      { text: '<tool_call>add 1 and 2</tool_call>' },
      { text: '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": }}\n</tool_call>' },
      { text: '<tool_call>\n{"name": "add", "arguments": {"a": "x", "b": 2}}\n</tool_call>' },
      { text: 'Done.' },
    ],
  })
  const result = await new Agent({ model: reasoner(simulator), tools: [add] }).generate('Go.')
  expect(result.steps.flatMap(({ toolResults }) => toolResults.map(({ status }) => status))).toEqual(['ok', 'unknown-tool', 'invalid-input', 'invalid-input'])
  // What it wrote goes back to it as it was, with what is wrong.
  expect(simulator.requests[2]?.rawBody).toContain('add 1 and 2')
  expect(simulator.requests[2]?.rawBody).toContain('The tools are: add, read_result.')
  expect(result.text).toBe('Done.')
})

test('a call waits for approval, survives its process, and is replayed without a request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-text-tools-'))
  try {
    const paid: number[] = []
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      inputSchema: z.object({ amount: z.number() }),
      needsApproval: true,
      execute: ({ amount }) => paid.push(amount) && 'paid',
    })
    await using simulator = await start({ script: [calling({ name: 'pay', input: { amount: 5 } }), { text: 'Paid 5.' }] })
    const agent = () => new Agent({ model: reasoner(simulator), tools: [pay] })
    const journal = () => fileJournal(folder)
    const paused = await agent().generate('Pay 5.', { journal: journal(), runId: 'one' })
    expect(paused).toMatchObject({ status: 'paused', pending: [{ about: { toolName: 'pay', input: { amount: 5 } } }] })
    const { result } = agent().resume('one', { journal: journal(), answers: { [paused.pending[0]?.id ?? '']: approve() } })
    expect(await result).toMatchObject({ status: 'finished', text: 'Paid 5.' })
    const replayed = await agent().resume('one', { journal: journal() }).result
    expect(replayed.messages).toEqual((await result).messages)
    expect(paid).toEqual([5])
    simulator.assertDone()
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('calls that repeat each other are stopped as those of any model', async () => {
  const again = calling({ name: 'add', input: { a: 1, b: 2 } })
  await using simulator = await start({ script: [again, again, again, again, again] })
  const result = await new Agent({ model: reasoner(simulator), tools: [add] }).generate('Go.')
  expect(result).toMatchObject({ stopReason: 'repeated-calls', toolCalls: 2 })
})

test('an output is taken by the tool of the loop, and shown while it comes', async () => {
  await using simulator = await start({
    script: [calling({ name: 'get_weather', input: { city: 'Oslo' } }), calling({ name: 'final_answer', input: { value: ['4 °C'] } })],
  })
  const run = new Agent({ model: reasoner(simulator), tools: [getWeather], output: z.array(z.string()) }).stream('Go.')
  const partials: string[] = []
  for await (const partial of run.partialOutputStream) partials.push(JSON.stringify(partial))
  expect(await run.result).toMatchObject({ output: ['4 °C'], text: '["4 °C"]' })
  expect(partials).toEqual(['["4 °C"]'])
})

test('a history of another model is understood, and the other way round', async () => {
  await using simulator = await start({
    script: [
      { toolCalls: [{ name: 'add', input: { a: 1, b: 2 } }] },
      { text: 'It is 3.' },
      calling({ name: 'add', input: { a: 3, b: 4 } }),
      { text: 'It is 7.' },
      { text: 'Both.' },
    ],
  })
  const chat = evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey })
  const first = await new Agent({ model: chat, tools: [add] }).generate('1 + 2?')
  const second = await new Agent({ model: reasoner(simulator), tools: [add] }).generate([...first.messages, { role: 'user', content: '3 + 4?' }])
  const third = await new Agent({ model: chat, tools: [add] }).generate([...second.messages, { role: 'user', content: 'And?' }])
  expect(third.text).toBe('Both.')
  expect(JSON.stringify(simulator.requests[2]?.body)).toContain('<tool_result name=')
  expect(simulator.requests[4]?.body).toMatchObject({ messages: expect.arrayContaining([expect.objectContaining({ role: 'tool' })]) })
})

test('a model without the setting refuses tools, and says what to set; one that takes tools refuses the setting', () => {
  const without = evolink('deepseek-reasoner', { apiKey })
  expect(() => new Agent({ model: without, tools: [add] })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining("toolProtocol: 'text'") }),
  )
  expect(() => evolink<string>('deepseek-chat', { apiKey, toolProtocol: 'text' })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  // @ts-expect-error a model that takes tools has no such setting.
  expect(() => evolink('kimi-k2-thinking', { apiKey, toolProtocol: 'text' })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  expect(() => evolink('deepseek-reasoner', { apiKey, toolProtocol: 'text', allowTools: true })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  expect(() => evolink<string>('deepseek-reasoner', { apiKey, toolProtocol: 'other' as 'text' })).toThrow(/toolProtocol/)
  expect(openaiCompatible({ baseURL: 'http://127.0.0.1:1/v1', model: 'm', apiKey, toolProtocol: 'text' }).traits).toMatchObject({
    tools: true,
    toolChoices: [],
  })
})
