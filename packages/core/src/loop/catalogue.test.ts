import { describe, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { RunEvent } from '../contract/events.ts'
import type { OutputSpec } from '../contract/output.ts'
import { callFound, manyTools, searchWeather, weatherTool } from '../testing/many-tools.ts'
import { collect, moved, openQuestion } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { recordingTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'

const done: Answer = { text: 'It rains.' }

/** A run over many tools, with these answers before the last. */
async function play(answers: readonly Answer[], tools = manyTools(weatherTool()), options: Partial<ConstructorParameters<typeof Agent>[0]> = {}) {
  const model = scriptedModel([...answers, done])
  return { model, result: await new Agent({ model, tools, ...options }).generate('go') }
}

/** The result of the only call of a run. */
async function resultOf(answer: Answer, tools = manyTools(weatherTool())) {
  const { result } = await play([answer], tools)
  return result.steps[0]?.toolResults[0]
}

test('a model searches, calls what was found, and the list of the request never changes', async () => {
  const tool = weatherTool()
  const { model, result } = await play([searchWeather, { calls: [callFound('get_weather', { city: 'Oslo' }, 'c7')] }], manyTools(tool))

  expect(result).toMatchObject({ status: 'finished', text: 'It rains.', toolCalls: 1 })
  expect(tool.inputs).toEqual([{ city: 'Oslo' }])
  expect(model.requests[0]?.tools?.map(({ name }) => name).slice(0, 2)).toEqual(['search_tools', 'call_tool'])
  expect(new Set(model.requests.map(({ tools }) => tools)).size).toBe(1)
  expect(result.steps[0]?.toolResults[0]).toMatchObject({
    toolName: 'search_tools',
    status: 'ok',
    text: expect.stringContaining('1. get_weather: The weather of a city.'),
    foundTools: ['get_weather'],
  })
  expect(result.steps[1]?.toolResults[0]).toMatchObject({ toolName: 'get_weather', toolCallId: 'c7', text: 'get_weather done' })
  expect(findProblem(result.messages)).toBeUndefined()
})

test('the message keeps the call as the model wrote it, and events show the tool that it means', async () => {
  const model = scriptedModel([{ calls: [callFound('get_weather', { city: 'Oslo' }, 'c7')] }, done])
  const events = await collect(new Agent({ model, tools: manyTools(weatherTool()) }).stream('go'))
  const of = (type: RunEvent['type']): readonly RunEvent[] => events.filter((event) => event.type === type)

  expect(of('tool-start')).toMatchObject([{ toolName: 'get_weather', input: { city: 'Oslo' }, toolCallId: 'c7' }])
  expect(of('tool-end')).toMatchObject([{ toolName: 'get_weather', status: 'ok' }])
  const inputText = JSON.stringify({ name: 'get_weather', input: { city: 'Oslo' } })
  expect(model.requests[1]?.messages[1]).toMatchObject({ content: [{ toolName: 'call_tool', inputText }] })
})

describe('a call', () => {
  test.each([
    ['by its bare name', call('get_weather', { city: 'Oslo' })],
    ['with the prefix of an id', call('functions.get_weather:0', { city: 'Oslo' })],
    ['through call_tool with the prefix of an id', call('functions.call_tool:3', { name: 'functions.get_weather:1', input: { city: 'Oslo' } })],
    ['with its input as a text', callFound('get_weather', '{"city":"Oslo"}')],
  ])('%s is one of the tool', async (_, asked) => {
    const tool = weatherTool()

    expect(await resultOf({ calls: [asked] }, manyTools(tool))).toMatchObject({ toolName: 'get_weather', status: 'ok' })
    expect(tool.inputs).toEqual([{ city: 'Oslo' }])
  })

  test.each([
    ['without input', '{"name":"get_weather"}'],
    ['with an empty text', '{"name":"get_weather","input":""}'],
  ])('%s has an empty object as input', async (_, text) => {
    const tool = weatherTool()
    await play([{ calls: [call('call_tool', text)] }], manyTools(tool))

    expect(tool.inputs).toEqual([{}])
  })

  test('keeps numbers that the schema takes as strings, digit by digit', async () => {
    const pay = recordingTool('pay', { inputSchema: { type: 'object', properties: { account: { type: 'string' }, amount: { type: 'number' } } } })
    await play([{ calls: [call('call_tool', '{"name":"pay","input":{"account":12345678901234567890,"amount":1.5}}')] }], manyTools(pay))

    expect(pay.inputs).toEqual([{ account: '12345678901234567890', amount: 1.5 }])
  })

  test.each([
    ['whose number would change', '{"name":"get_weather","input":{"x":12345678901234567890}}', 'invalid-input', 'numbers in the arguments would change'],
    ['that is not JSON', '{"name":', 'invalid-input', 'not valid JSON'],
    ['whose input is a text that is not JSON', '{"name":"get_weather","input":"Oslo"}', 'invalid-input', 'not valid JSON'],
    ['that names no tool', '{"tool":"get_weather","input":{}}', 'invalid-input', 'no tool is named'],
    ['with something beside the input', '{"name":"get_weather","city":"Oslo"}', 'invalid-input', "'city' is not expected"],
    ['of the search', '{"name":"search_tools","input":{"query":"x"}}', 'invalid-input', 'search_tools is called directly'],
    ['of itself', '{"name":"call_tool","input":{}}', 'invalid-input', 'call_tool is called directly'],
    ['of an unknown tool', '{"name":"fly","input":{}}', 'unknown-tool', "there is no tool 'fly'. Find tools with search_tools"],
    ['of what every object has', '{"name":"constructor","input":{}}', 'unknown-tool', 'there is no tool'],
  ])('%s is answered with what to do instead', async (_, text, status, message) => {
    expect(await resultOf({ calls: [call('call_tool', text)] })).toMatchObject({ status, text: expect.stringContaining(message) })
  })

  test('is checked against the schema of its tool', async () => {
    const tool = weatherTool({ check: () => ({ ok: false, message: 'city: missing.' }) })

    expect(await resultOf({ calls: [callFound('get_weather')] }, manyTools(tool))).toMatchObject({ status: 'invalid-input', text: 'city: missing.' })
  })

  test('of a reply with an unknown ending runs only if its tool changes nothing', async () => {
    const [reading, paying] = [weatherTool(), recordingTool('pay', { effect: 'once' })]
    const answer: Answer = { calls: [callFound('get_weather'), callFound('pay')], finishReason: 'other' }
    const { result } = await play([answer], manyTools(reading, paying))

    expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'skipped'])
    expect(paying.inputs).toEqual([])
  })
})

test('a search with invalid arguments is answered with the arguments that it takes', async () => {
  for (const input of [{}, { query: ' ' }, { query: 5 }]) {
    expect(await resultOf({ calls: [call('search_tools', input)] })).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('/query') })
  }
  expect(await resultOf({ calls: [call('search_tools', { query: 'zzz' })] })).toMatchObject({
    status: 'ok',
    text: expect.stringContaining('No tool has these words'),
    foundTools: [],
  })
})

test('the model sees the schemas that it would be sent', async () => {
  const model = { ...scriptedModel([searchWeather, done]), schemaAsSent: () => ({ type: 'object', title: 'lowered' }) }
  const result = await new Agent({ model, tools: manyTools(weatherTool()) }).generate('go')
  expect(result.steps[0]?.toolResults[0]?.text).toContain('input schema: {"type":"object","title":"lowered"}')

  const refusing = { ...scriptedModel([searchWeather, done]), schemaAsSent: () => Promise.reject(new Error('It cannot be sent.')) }
  const shown = await new Agent({ model: refusing, tools: manyTools(weatherTool()) }).generate('go')
  expect(shown.steps[0]?.toolResults[0]?.text).toContain('input schema: {"type":"object","properties":{"city"')
})

describe('a ranking of the caller', () => {
  test('decides what is found, and names that no tool has are ignored', async () => {
    const seen: unknown[] = []
    const rank = (query: string, tools: readonly unknown[], { limit }: { limit: number }) => {
      seen.push([query, tools.length, limit])
      return ['nothing', 'tool_7', 'get_weather', 'tool_7']
    }
    const { result } = await play([searchWeather], undefined, { rank })

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ foundTools: ['tool_7', 'get_weather'] })
    expect(seen).toEqual([['weather in a city', 101, 10]])
  })

  test('that throws is a failed call', async () => {
    const { result } = await play([searchWeather], undefined, { rank: () => Promise.reject(new Error('secret')) })

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'error', text: expect.not.stringContaining('secret') })
  })

  test('gets the same array while the tools do not change, also for the same active tools', async () => {
    const seen = new Set<unknown>()
    const rank = (_: string, tools: readonly unknown[]) => {
      seen.add(tools)
      return []
    }
    const twice = [searchWeather, searchWeather]
    const agent = (active?: readonly string[]) =>
      new Agent({ model: scriptedModel([...twice, done]), tools: manyTools(), rank, ...(active && { prepareStep: () => ({ activeTools: active }) }) })
    await agent().generate('go')
    await agent(['tool_1', 'tool_2']).generate('go')

    expect([...seen].map((tools) => (tools as readonly unknown[]).length)).toEqual([100, 2])
  })
})

test('a person is asked about the tool and the input that are meant', async () => {
  const pay = recordingTool('pay', { effect: 'once', needsApproval: true })
  const make = (answers: readonly Answer[]) => new Agent({ model: scriptedModel(answers), tools: manyTools(pay) })
  const paused = await make([{ calls: [callFound('pay', { amount: 5 })] }]).generate('go')
  expect(paused.pending).toMatchObject([{ about: { type: 'approval', toolName: 'pay', input: { amount: 5 }, tool: { effect: 'once' } } }])

  const result = await make([done]).resume(moved(paused), { answers: { [openQuestion(paused)]: approve({ amount: 4 }) } }).result
  expect(result).toMatchObject({ status: 'finished', toolCalls: 1 })
  expect(pay.inputs).toEqual([{ amount: 4 }])
})

test('the repeat guard compares the calls that are meant', async () => {
  const tool = weatherTool()
  const asked = [callFound('get_weather', { city: 'Oslo' }), call('get_weather', { city: 'Oslo' }), callFound('get_weather', '{"city":"Oslo"}')]
  const { result } = await play(
    asked.map((one) => ({ calls: [one] })),
    manyTools(tool),
  )

  expect(result.steps.map(({ toolResults }) => toolResults[0]?.status)).toEqual(['ok', 'ok', 'skipped', undefined])
  const polling = weatherTool({ repeatable: true })
  await play(
    asked.map((one) => ({ calls: [one] })),
    manyTools(polling),
  )
  expect(polling.inputs).toHaveLength(3)
})

test('searches count towards no limit of tool calls, calls through call_tool do', async () => {
  const { result } = await play([searchWeather, searchWeather, { calls: [callFound('get_weather'), callFound('tool_1')] }], undefined, {
    limits: { toolCalls: 1 },
  })

  expect(result).toMatchObject({ stopReason: 'max-tool-calls', toolCalls: 1 })
  expect(result.steps[2]?.toolResults).toMatchObject([
    { toolName: 'get_weather', status: 'ok' },
    { toolName: 'tool_1', status: 'skipped' },
  ])
})

test('a search does not do what toolChoice required asks for, a call of a found tool does', async () => {
  const { model } = await play([searchWeather, { calls: [callFound('get_weather')] }], undefined, { toolChoice: 'required' })

  expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual(['required', 'required', 'auto'])
})

describe('active tools', () => {
  const asking = [searchWeather, { calls: [callFound('get_weather'), callFound('tool_1')] }]
  const chosen = (activeTools: readonly string[]) => ({ prepareStep: () => ({ activeTools }) })

  test('are all that is found and called, and the list of the request stays', async () => {
    const { model, result } = await play(asking, undefined, chosen(['tool_1', 'tool_2']))

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ foundTools: [] })
    expect(result.steps[1]?.toolResults).toMatchObject([
      { status: 'unknown-tool', text: expect.stringContaining("in this step there is no tool 'get_weather'") },
      { status: 'ok' },
    ])
    expect(new Set(model.requests.map(({ tools }) => tools)).size).toBe(1)
  })

  test('may leave out a pinned one', async () => {
    const pinned = recordingTool('plan', { pinned: true })
    const { model, result } = await play([{ calls: [call('plan'), call('search_tools', { query: 'plan' })] }], manyTools(pinned), chosen(['tool_1']))

    expect(model.requests[0]?.tools?.[0]?.name).toBe('plan')
    expect(result.steps[0]?.toolResults).toMatchObject([{ status: 'unknown-tool' }, { status: 'ok', foundTools: [] }])
  })

  test('that the agent does not have are refused', async () => {
    await expect(play(asking, undefined, chosen(['tool_1', 'fly']))).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining("'fly'"),
    })
  })
})

test('an output is taken directly, beside a search', async () => {
  const output: OutputSpec = { schema: { type: 'object' }, parse: async (value) => ({ ok: true, value }) }
  const answers = [searchWeather, { calls: [call('final_answer', { city: 'Oslo' })] }]
  const { model, result } = await play(answers, undefined, { output })
  expect(result.output).toEqual({ city: 'Oslo' })
  expect(model.requests[0]?.tools?.map(({ name }) => name).slice(0, 3)).toEqual(['final_answer', 'search_tools', 'call_tool'])

  const through = await play([{ calls: [callFound('final_answer', { city: 'Oslo' })] }, ...answers], undefined, { output })
  expect(through.result.steps[0]?.toolResults).toMatchObject([{ status: 'invalid-input', text: expect.stringContaining('final_answer is called directly') }])
  expect(through.result.output).toEqual({ city: 'Oslo' })
})

test('calls after the last step are answered under the name of the tool that they mean', async () => {
  const model = scriptedModel([{ calls: [callFound('get_weather')] }, { text: 'Sun.', calls: [callFound('get_weather')] }])
  const result = await new Agent({ model, tools: manyTools(weatherTool()), limits: { steps: 1 } }).generate('go')

  expect(result.steps[1]?.toolResults).toMatchObject([{ toolName: 'get_weather', status: 'skipped' }])
})
