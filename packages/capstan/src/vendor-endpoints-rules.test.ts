import { type EndpointName, type Simulator, type SimulatorOptions, simulatedEndpoints, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import {
  Agent,
  AgentError,
  type AgentOptions,
  assistant,
  deepseek,
  evolink,
  type Message,
  type Model,
  moonshot,
  openaiCompatible,
  output,
  profiles,
  tool,
  user,
} from './index.ts'

// For each rule that an endpoint enforces, an agent whose request would break it. If the profile knows the rule, no such request
// is sent. If not, the refusal is repaired once, reported and remembered; the room for the output, which depends on the messages, by the run
// alone. If it cannot be repaired, the error says what to change.

const apiKey = 'right-key'

/** `kept`: accepted at once. `refused`: an error before any request. `repairs`: refused once, or once in each run. `fails`: an error of the endpoint, after so many requests. */
type Ending =
  | { readonly kept: true }
  | { readonly refused: string }
  | { readonly repairs: string; readonly status?: number; readonly eachRun?: true }
  | { readonly fails: string; readonly requests?: number }

const roomInEachRun: Ending = { repairs: 'output-room', eachRun: true }

interface Row {
  readonly rule: string
  readonly model: (baseURL: string) => Model
  readonly ends: Ending
  readonly input?: readonly Message[]
  readonly agent?: Partial<AgentOptions>
  readonly strict?: SimulatorOptions['strict']
  readonly context?: number
  /** Matches the first request. It shows that the request concerns the rule. */
  readonly sends?: RegExp
}

const plain =
  (model: string, settings: object = {}) =>
  (baseURL: string): Model =>
    openaiCompatible({ baseURL, model, apiKey, ...settings })
const own =
  (settings: object = {}, id = 'deepseek-v4-pro') =>
  (baseURL: string): Model =>
    deepseek<string>(id, { baseURL, apiKey, ...settings })
const ownKimi =
  (settings: object = {}, id = 'kimi-k2.6') =>
  (baseURL: string): Model =>
    moonshot<string>(id, { baseURL, apiKey, ...settings })

function weatherTool(name = 'get_weather', city: object = {}) {
  const inputSchema = { type: 'object', properties: { city: { type: 'string', ...city } }, required: ['city'] } as const
  return tool({ name, description: 'W.', inputSchema, effect: 'read', execute: () => '4' })
}

function calls(inputText: string, toolCallId = 'functions.get_weather:0'): readonly Message[] {
  return [
    user('Weather?'),
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId, toolName: 'get_weather', inputText }] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName: 'get_weather', status: 'ok', text: '4' }] },
  ]
}
const history = calls('{"city":"Oslo"}')
const brokenHistory = calls('{"city":"Oslo"')
const picture = (url: string): readonly Message[] => [
  user([
    { type: 'text', text: 'What is this?' },
    { type: 'image', url },
  ]),
]
const here = 'data:image/png;base64,iVBORw0KGgo='
const long = [user('word '.repeat(600))]
const shape = output({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] })
const withFormat = { ...profiles.plain, models: ['deepseek-flash'], jsonSchema: true }
const tools = { tools: [weatherTool()] }
const withPattern = weatherTool('get_weather', { pattern: '^[A-Z]' })

const deepseekRows: readonly Row[] = [
  { rule: 'reasoning goes back with calls', model: own(), input: history, agent: tools, ends: { kept: true }, sends: /"reasoning_content":""/ },
  { rule: 'reasoning goes back with calls, unknown', model: plain('deepseek-flash'), input: history, agent: tools, ends: { repairs: 'reasoning always' } },
  { rule: 'no empty messages', model: plain('deepseek-flash'), input: [user('Hi'), assistant(''), user('Hi')], ends: { refused: 'invalid-messages' } },
  { rule: 'a call for each result', model: own(), input: [user('Hi'), ...history.slice(2)], ends: { refused: 'invalid-messages' } },
  { rule: 'a result for each call', model: own(), input: [...history.slice(0, 2), user('Hi')], ends: { refused: 'invalid-messages' } },
  {
    rule: 'a result that is a string',
    model: own(),
    input: history,
    agent: tools,
    ends: { kept: true },
    sends: /"role":"tool","tool_call_id":"[^"]+","content":"4"/,
  },
  { rule: 'no images for text', model: own(), input: picture(here), ends: { refused: 'invalid-options' } },
  { rule: 'no images for text, unknown', model: plain('deepseek-v4-pro'), input: picture(here), ends: { fails: 'invalid-request' } },
  { rule: 'images for deepseek-flash', model: own({}, 'deepseek-flash'), input: picture(here), ends: { kept: true }, sends: /"image_url"/ },
  {
    rule: 'no forced choice while it thinks, unknown',
    model: plain('deepseek-flash'),
    agent: { ...tools, toolChoice: 'required' },
    ends: { repairs: 'tool-choice' },
  },
  {
    rule: 'a forced choice without thinking',
    model: own({ thinking: 'disabled' }),
    input: [user('Weather in Oslo?')],
    agent: { ...tools, prepareStep: ({ steps }) => (steps.length === 0 ? { toolChoice: 'required' } : {}) },
    ends: { kept: true },
    sends: /"tool_choice":"required"/,
  },
  { rule: 'no JSON Schema as format', model: own(), agent: { output: shape }, ends: { kept: true }, sends: /"response_format":\{"type":"json_object"\}/ },
  {
    rule: 'no JSON Schema as format, unknown',
    model: plain('deepseek-flash', { profile: withFormat }),
    agent: { output: shape, outputMode: 'native' },
    ends: { repairs: 'response-format' },
  },
  { rule: 'JSON mode asks for JSON', model: own({ responseFormat: 'json_object' }), ends: { refused: 'invalid-options' } },
  { rule: 'JSON mode asks for JSON, unknown', model: plain('deepseek-flash', { responseFormat: 'json_object' }), ends: { fails: 'invalid-request' } },
  { rule: 'the highest output limit', model: own({ maxOutputTokens: 400_000 }), ends: { refused: 'invalid-options' } },
  { rule: 'the highest output limit, unknown', model: plain('deepseek-flash', { maxOutputTokens: 400_000 }), ends: { repairs: 'output limit 393216' } },
  { rule: 'an effort of the list', model: own({ reasoningEffort: 'huge' }), ends: { refused: 'invalid-options' } },
  { rule: 'an effort of the list, unknown', model: plain('deepseek-flash', { reasoningEffort: 'huge' }), ends: { fails: 'invalid-request' } },
  { rule: 'a user of plain signs', model: own({ userId: 'a b' }), ends: { refused: 'invalid-options' } },
  { rule: '16 stop strings', model: own({ stopSequences: Array.from({ length: 17 }, String) }), ends: { refused: 'invalid-options' } },
  {
    rule: '16 stop strings, unknown',
    model: plain('deepseek-flash', { stopSequences: Array.from({ length: 17 }, String) }),
    ends: { fails: 'invalid-request' },
  },
  { rule: 'alternatives with log probabilities', model: own({ topLogprobs: 2 }), ends: { refused: 'invalid-options' } },
  { rule: 'room for the output', model: own({ maxOutputTokens: 900 }), input: long, context: 1_000, ends: roomInEachRun },
  { rule: 'room for the messages', model: own(), input: long, context: 500, ends: { fails: 'context-overflow' } },
  { rule: 'a model that there is', model: own({}, 'deepseek-chat'), ends: { fails: 'model-not-found' } },
  { rule: 'strict tools only at /beta', model: own({ strictTools: true }), agent: tools, ends: { fails: 'invalid-request' } },
  { rule: 'the right key', model: own({ apiKey: 'sk-another' }), ends: { fails: 'auth-failed' } },
  { rule: 'the new name of the output limit', strict: { tokenLimitName: true }, model: own({ maxOutputTokens: 100 }), ends: { repairs: 'limit-name' } },
  { rule: 'no stream options', strict: { streamOptions: true }, model: own(), ends: { repairs: 'stream-usage' } },
  { rule: 'turns that alternate', strict: { alternatingRoles: true }, model: own(), input: [user('Hi'), user('Ho')], ends: { fails: 'invalid-request' } },
  { rule: 'no reasoning at all', strict: { rejectReasoning: true }, model: own(), input: history, agent: tools, ends: { repairs: 'reasoning strip' } },
]

const kimiRows: readonly Row[] = [
  { rule: 'reasoning goes back with calls', model: ownKimi(), input: history, agent: tools, ends: { kept: true }, sends: /"reasoning_content":""/ },
  { rule: 'reasoning goes back with calls, unknown', model: plain('kimi-k2.6'), input: history, agent: tools, ends: { repairs: 'reasoning always' } },
  {
    rule: 'reasoning goes back with every message',
    strict: { requireReasoning: true },
    model: ownKimi(),
    input: [user('Hi'), assistant('Ho'), user('Hi')],
    ends: { repairs: 'reasoning every' },
  },
  { rule: 'no empty messages', model: ownKimi(), input: [user('Hi'), assistant(''), user('Hi')], ends: { refused: 'invalid-messages' } },
  { rule: 'no messages of blanks', model: ownKimi(), input: [user('Hi'), assistant(' \n'), user('Hi')], ends: { repairs: 'blank-message' } },
  {
    rule: 'no empty text',
    model: ownKimi(),
    input: [
      user([
        { type: 'text', text: '' },
        { type: 'image', url: here },
      ]),
    ],
    ends: { fails: 'invalid-request' },
  },
  { rule: 'locked temperature', model: ownKimi({ temperature: 0.3 }), ends: { refused: 'invalid-options' } },
  { rule: 'locked temperature, unknown', model: plain('kimi-k2.6', { temperature: 0.3 }), ends: { repairs: 'locked temperature' } },
  { rule: 'locked top_p, unknown', model: plain('kimi-k3', { topP: 0.5 }), ends: { repairs: 'locked top_p' } },
  { rule: 'locked penalty, unknown', model: plain('kimi-k3', { presencePenalty: 1 }), ends: { repairs: 'locked presence_penalty' } },
  { rule: 'always thinking', model: ownKimi({ thinking: 'disabled' }, 'kimi-k2.7-code'), ends: { refused: 'invalid-options' } },
  { rule: 'always thinking, unknown', model: plain('kimi-k2.7-code', { thinking: 'disabled' }), ends: { repairs: 'locked thinking' } },
  {
    rule: 'no forced choice while it thinks, unknown',
    model: plain('kimi-k2.6'),
    agent: { ...tools, toolChoice: 'required' },
    ends: { repairs: 'tool-choice' },
  },
  {
    rule: 'a forced choice for kimi-k3',
    model: ownKimi({}, 'kimi-k3'),
    input: [user('Weather in Oslo?')],
    agent: { ...tools, prepareStep: ({ steps }) => (steps.length === 0 ? { toolChoice: 'required' } : {}) },
    ends: { kept: true },
    sends: /"tool_choice":"required"/,
  },
  { rule: 'the flavour of schemas', model: ownKimi(), agent: { tools: [withPattern] }, ends: { kept: true }, sends: /^(?!.*"pattern").*"tools":/ },
  { rule: 'the flavour of schemas, unknown', model: plain('kimi-k2.6'), agent: { tools: [withPattern] }, ends: { repairs: 'schema-flavour' } },
  { rule: 'a JSON Schema as format', model: ownKimi(), agent: { output: shape }, ends: { kept: true }, sends: /"response_format":\{"type":"json_schema"/ },
  { rule: 'short stop strings', model: ownKimi({ stopSequences: 'x'.repeat(33) }), ends: { refused: 'invalid-options' } },
  { rule: 'short stop strings, unknown', model: plain('kimi-k2.6', { stopSequences: 'x'.repeat(33) }), ends: { fails: 'invalid-request' } },
  { rule: 'images that need not be fetched', model: ownKimi(), input: picture('https://example.com/a.png'), ends: { refused: 'invalid-options' } },
  {
    rule: 'images that need not be fetched, unknown',
    model: plain('kimi-k2.6'),
    input: picture('https://example.com/a.png'),
    ends: { fails: 'invalid-request' },
  },
  { rule: 'images in the message', model: ownKimi(), input: picture(here), ends: { kept: true }, sends: /"image_url"/ },
  { rule: 'room for the messages', model: ownKimi(), input: long, context: 500, ends: { fails: 'context-overflow' } },
  { rule: 'room for the output', model: ownKimi({ maxOutputTokens: 900 }), input: long, context: 1_000, ends: roomInEachRun },
  { rule: 'a model that there is', model: ownKimi({}, 'kimi-k2.5'), ends: { fails: 'model-not-found' } },
  { rule: 'the right key', model: ownKimi({ apiKey: 'sk-another' }), ends: { fails: 'auth-failed' } },
  {
    rule: 'the new name of the output limit',
    strict: { tokenLimitName: true },
    model: ownKimi({ maxOutputTokens: 100 }),
    ends: { kept: true },
    sends: /"max_completion_tokens":100/,
  },
  {
    rule: 'the new name of the output limit, unknown',
    strict: { tokenLimitName: true },
    model: plain('kimi-k2.6', { maxOutputTokens: 100 }),
    ends: { repairs: 'limit-name' },
  },
]

const weights = 'deepseek-ai/DeepSeek-V3.2'
const serverRows: readonly (readonly [EndpointName, readonly Row[]])[] = [
  [
    'evolink',
    [
      {
        rule: 'no tool choice at Kimi',
        strict: { toolChoice: true },
        model: (baseURL) => evolink('kimi-k2-thinking', { baseURL, apiKey }),
        agent: { ...tools, toolChoice: 'auto' },
        ends: { repairs: 'tool-choice' },
      },
      {
        rule: 'no stream options at Kimi',
        strict: { streamOptions: true },
        model: (baseURL) => evolink('kimi-k2-thinking', { baseURL, apiKey }),
        ends: { repairs: 'stream-usage' },
      },
      {
        rule: 'the one effort of kimi-k3',
        model: (baseURL) => evolink<string>('kimi-k3', { baseURL, apiKey, reasoningEffort: 'low' }),
        ends: { refused: 'invalid-options' },
      },
      {
        rule: 'the flavour of schemas',
        strict: { toolSchemas: true },
        model: (baseURL) => evolink('kimi-k3', { baseURL, apiKey }),
        agent: { tools: [withPattern] },
        ends: { kept: true },
        sends: /^(?!.*"pattern").*"tools":/,
      },
    ],
  ],
  [
    'vllm',
    [
      {
        rule: 'arguments of earlier calls that are JSON',
        model: plain(weights, { profile: profiles.vllmDeepseek }),
        input: brokenHistory,
        agent: tools,
        ends: { kept: true },
        sends: /invalid_json/,
      },
      {
        rule: "ids that are the model's own",
        model: plain('moonshotai/Kimi-K2-Thinking', { profile: profiles.vllmKimi }),
        input: calls('{"city":"Oslo"}', 'call_1'),
        agent: tools,
        ends: { kept: true },
        sends: /"id":"functions\.get_weather:0"/,
      },
      { rule: 'tools with the flags for them', strict: { noTools: true }, model: plain(weights), agent: tools, ends: { fails: 'invalid-request' } },
      { rule: 'a model that there is', model: plain('x'), ends: { fails: 'model-not-found' } },
      { rule: 'room for the messages', model: plain(weights), input: long, context: 500, ends: { fails: 'context-overflow' } },
      {
        rule: 'no reasoning',
        strict: { rejectReasoning: true },
        model: plain('moonshotai/Kimi-K2-Thinking', { profile: profiles.vllmKimi }),
        input: history,
        agent: tools,
        ends: { repairs: 'reasoning strip' },
      },
    ],
  ],
  [
    'sglang',
    [
      {
        rule: "ids that are the model's own",
        model: plain('moonshotai/Kimi-K2-Thinking', { profile: profiles.sglangKimi }),
        input: calls('{"city":"Oslo"}', 'call_1'),
        agent: tools,
        ends: { kept: true },
        sends: /"id":"functions\.get_weather:0"/,
      },
    ],
  ],
  [
    'llama.cpp',
    [
      {
        rule: 'arguments of earlier calls that are JSON',
        model: plain('m', { profile: profiles.llamaCpp }),
        input: brokenHistory,
        agent: tools,
        ends: { kept: true },
        sends: /invalid_json/,
      },
      {
        rule: 'arguments of earlier calls that are JSON, unknown',
        model: plain('m'),
        input: brokenHistory,
        agent: tools,
        ends: { repairs: 'call-inputs', status: 500 },
      },
      { rule: 'room for the messages', model: plain('m'), input: long, context: 512, ends: { fails: 'context-overflow' } },
    ],
  ],
  [
    'ollama',
    [
      { rule: 'a model that there is', model: plain('x', { profile: profiles.ollama }), ends: { fails: 'model-not-found' } },
      {
        rule: 'a model with tools',
        strict: { noTools: true },
        model: plain('deepseek-v3.2', { profile: profiles.ollama }),
        agent: tools,
        ends: { fails: 'invalid-request' },
      },
    ],
  ],
  [
    'openrouter',
    [
      {
        rule: 'no stream options',
        strict: { streamOptions: true },
        model: plain('deepseek/deepseek-v3.2', { profile: profiles.openRouter }),
        ends: { repairs: 'stream-usage' },
      },
      { rule: 'room for the messages', model: plain('deepseek/deepseek-v3.2'), input: long, context: 500, ends: { fails: 'context-overflow' } },
      { rule: 'the right key', model: plain('deepseek/deepseek-v3.2', { apiKey: 'sk-another' }), ends: { fails: 'auth-failed' } },
    ],
  ],
]

// What else these servers say of the same rules.
const otherWords: readonly (readonly [EndpointName, readonly Row[]])[] = [
  [
    'vllm',
    [
      { rule: 'arguments that break off, unknown', model: plain(weights), input: brokenHistory, agent: tools, ends: { repairs: 'call-inputs' } },
      { rule: 'a string that breaks off, unknown', model: plain(weights), input: calls('{"city":"Os'), agent: tools, ends: { repairs: 'call-inputs' } },
      { rule: 'room for the output', model: plain(weights, { maxOutputTokens: 1_900 }), input: long, context: 2_000, ends: roomInEachRun },
    ],
  ],
  [
    'sglang',
    [
      { rule: 'arguments that break off, unknown', model: plain(weights), input: brokenHistory, agent: tools, ends: { repairs: 'call-inputs' } },
      {
        rule: 'arguments of earlier calls that are JSON',
        model: plain(weights, { profile: profiles.sglangDeepseek }),
        input: brokenHistory,
        agent: tools,
        ends: { kept: true },
      },
      {
        rule: 'arguments of earlier calls that are JSON, Kimi',
        model: plain('moonshotai/Kimi-K2-Thinking', { profile: profiles.sglangKimi }),
        input: brokenHistory,
        agent: tools,
        ends: { kept: true },
      },
      { rule: 'room for the output', model: plain(weights, { maxOutputTokens: 900 }), input: long, context: 1_000, ends: roomInEachRun },
      { rule: 'room for the messages, without its name', model: plain(weights), input: long, context: 500, ends: { fails: 'context-overflow' } },
    ],
  ],
  [
    'ollama',
    [
      { rule: 'arguments that break off, unknown', model: plain('deepseek-v3.2'), input: brokenHistory, agent: tools, ends: { repairs: 'call-inputs' } },
      {
        rule: 'arguments of earlier calls that are JSON',
        model: plain('deepseek-v3.2', { profile: profiles.ollama }),
        input: brokenHistory,
        agent: tools,
        ends: { kept: true },
      },
    ],
  ],
  [
    'openrouter',
    [
      { rule: 'room for the output', model: plain('deepseek/deepseek-v3.2', { maxOutputTokens: 900 }), input: long, context: 1_000, ends: roomInEachRun },
      {
        rule: 'ids of plain signs',
        strict: { callIds: true },
        model: plain('deepseek/deepseek-v3.2'),
        input: calls('{"city":"Oslo"}', 'a.b:0'),
        agent: tools,
        ends: { repairs: 'call-ids' },
      },
      {
        rule: 'no upstream or template with tools',
        strict: { noTools: true },
        model: plain('deepseek/deepseek-v3.2'),
        agent: tools,
        ends: { fails: 'invalid-request' },
      },
      { rule: 'a model that there is, in its own words', model: plain('x'), ends: { fails: 'model-not-found' } },
    ],
  ],
  [
    'llama.cpp',
    [
      { rule: 'no upstream or template with tools', strict: { noTools: true }, model: plain('m'), agent: tools, ends: { fails: 'invalid-request' } },
      {
        rule: 'turns that alternate',
        strict: { alternatingRoles: true },
        model: plain('m'),
        input: [user('a'), user('b')],
        ends: { fails: 'invalid-request' },
      },
    ],
  ],
]

const all: readonly (readonly [EndpointName, readonly Row[]])[] = [['deepseek', deepseekRows], ['moonshot', kimiRows], ...serverRows, ...otherWords]

test('names that are too short for a model, or come twice, are refused before there is an agent', () => {
  expect(() => new Agent({ model: ownKimi()('http://127.0.0.1'), tools: [weatherTool('ab')] })).toThrow(/3 to 64 letters/)
  expect(() => new Agent({ model: ownKimi()('http://127.0.0.1'), tools: [weatherTool(), weatherTool()] })).toThrow(/get_weather/)
})

interface Outcome {
  readonly code: string
  readonly repaired: readonly string[]
  /** Statuses of the requests of this run. */
  readonly statuses: readonly (number | undefined)[]
}

async function outcomeOf(agent: () => Agent, input: readonly Message[], simulator: Simulator): Promise<Outcome> {
  const before = simulator.requests.length
  const repaired: string[] = []
  let code = 'none'
  try {
    const run = agent().stream(input)
    run.on('repaired', ({ what }) => repaired.push(what))
    code = (await run.result).status
  } catch (error) {
    if (!AgentError.is(error)) throw error
    code = error.code
  }
  return { code, repaired, statuses: simulator.requests.slice(before).map(({ status }) => status) }
}

describe.each(all)('%s', (endpoint, rows) => {
  test.each(rows)('$rule: $ends', async ({ model, ends, input = [user('Hi')], agent, strict, context, sends = /./ }) => {
    const { models } = simulatedEndpoints[endpoint]
    const sized = context === undefined ? models : models.map((one) => ({ ...one, contextTokens: context }))
    await using simulator = await startSimulator({ endpoint, apiKey, models: sized, ...(strict !== undefined && { strict }) })
    const make = (): Agent => new Agent({ ...agent, model: model(simulator.baseURL) })
    const first = await outcomeOf(make, input, simulator)
    const second = await outcomeOf(make, input, simulator)
    expectEnding(ends, first, second)
    if (!('refused' in ends)) expect(simulator.requests[0]?.rawBody).toMatch(sends)
  })
})

function expectEnding(ends: Ending, first: Outcome, second: Outcome): void {
  if ('refused' in ends) return expect(first).toEqual({ code: ends.refused, repaired: [], statuses: [] })
  if ('fails' in ends) {
    expect([first.code, first.repaired]).toEqual([ends.fails, []])
    expect(first.statuses).toHaveLength(ends.requests ?? 1)
    return expect(first.statuses.every((status) => status !== 200)).toBe(true)
  }
  if ('repairs' in ends) {
    for (const { code, repaired, statuses } of ends.eachRun === true ? [first, second] : [first]) {
      expect([code, repaired]).toEqual(['finished', [ends.repairs]])
      expect(statuses).toEqual([ends.status ?? 400, ...statuses.slice(1).fill(200)])
    }
    if (ends.eachRun === true) return
  } else expect([first.code, first.repaired]).toEqual(['finished', []])
  // From the second run on, nothing is refused.
  expect([second.code, second.repaired]).toEqual(['finished', []])
  expect(second.statuses.every((status) => status === 200)).toBe(true)
}
