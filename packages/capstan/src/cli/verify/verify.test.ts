import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { evolinkModels, type SimulatedModel, type SimulatorOptions, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import type { Host } from '../host.ts'
import { main } from '../main.ts'
import { scoreOf } from './score.ts'

interface Verified {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly requests: number
  readonly states: Readonly<Record<string, string>>
  readonly problems: readonly string[]
}

/** Runs the command against a simulator. */
async function verify(words: readonly string[], options: SimulatorOptions = {}): Promise<Verified> {
  await using simulator = await startSimulator(options)
  let stdout = ''
  let stderr = ''
  const host: Host = {
    stdin: Readable.from([]),
    stdout: { write: (text) => (stdout += String(text)) },
    stderr: { write: (text) => (stderr += String(text)) },
    env: {},
    onStop: () => () => undefined,
  }
  process.env['CAPSTAN_TEST_KEY'] = 'key'
  const code = await main(['verify', '--base-url', simulator.baseURL, '--api-key-env', 'CAPSTAN_TEST_KEY', ...words], host)
  const parsed = words.includes('--json') && code !== 2 ? (JSON.parse(stdout) as { probes: { probe: string; state: string }[]; problems: string[] }) : undefined
  const states = Object.fromEntries((parsed?.probes ?? []).map(({ probe, state }) => [probe, state]))
  return { code, stdout, stderr, requests: simulator.requests.length, states, problems: parsed?.problems ?? [] }
}

const probes = ['--only', 'probes', '--json']
const [kimi] = evolinkModels as readonly [SimulatedModel]
// It does not know the vendor's name for the output limit.
const vendorKimi: SimulatedModel = { ...kimi, id: 'kimi-k2.6' }
const weather = { name: 'get_weather', input: { city: 'Oslo' } }

test('an endpoint without defects is as expected: exit code 0, bounded requests, a table', async () => {
  const { code, stdout, stderr, requests } = await verify([])
  expect([code, stderr]).toEqual([0, expect.stringContaining('up to 28 requests')])
  expect(requests).toBeLessThanOrEqual(28)
  expect(stdout).toMatch(/^ok {7}tool call +get_weather, finish reason tool_calls$/m)
  expect(stdout).toMatch(/schema accuracy 100\.00 %\nAs expected\.\n$/)
})

test.each(['deepseek-chat', 'deepseek-reasoner', 'kimi-k2-thinking-turbo'])('%s is as expected', async (model) => {
  const { code, problems } = await verify(['--model', model, ...probes])
  expect([code, problems]).toEqual([0, []])
})

interface Body {
  readonly tool_choice?: string
  readonly tools?: unknown
}
const bodyOf = (request: { readonly body: unknown }): Body => request.body as Body

interface Planted {
  readonly name: string
  readonly words?: readonly string[]
  readonly options: SimulatorOptions
  /** The probes that must find it. */
  readonly finds: readonly string[]
}

const planted: readonly Planted[] = [
  { name: 'no usage', options: { faults: [{ fault: { kind: 'usage', value: 'missing' } }] }, finds: ['usage', 'usage in streams'] },
  { name: 'tool calls that leak as markup', options: { faults: [{ fault: { kind: 'leaked-markup', grammar: 'kimi' }, requests: [3] }] }, finds: ['tool call'] },
  {
    name: 'streams that end without a finish reason',
    options: { faults: [{ fault: { kind: 'no-finish' }, requests: [2] }] },
    finds: ['end of streams', 'usage in streams'],
  },
  { name: 'empty answers', options: { faults: [{ fault: { kind: 'empty' }, requests: [1] }] }, finds: ['answer'] },
  {
    name: 'arguments against the schema',
    options: {
      respond: (request) =>
        bodyOf(request).tools === undefined || bodyOf(request).tool_choice !== undefined ? undefined : { toolCalls: [{ ...weather, input: { town: 1 } }] },
    },
    finds: ['arguments'],
  },
  {
    name: 'a call although none was allowed',
    options: { respond: (request) => (bodyOf(request).tool_choice === 'none' ? { toolCalls: [weather] } : undefined) },
    words: ['--model', 'deepseek-chat'],
    finds: ['tool_choice none'],
  },
  {
    name: 'no call although one was forced',
    options: { respond: (request) => (bodyOf(request).tool_choice === 'required' ? { text: 'Hello.' } : undefined) },
    words: ['--model', 'deepseek-chat'],
    finds: ['tool_choice required'],
  },
  {
    name: 'a turn that ends at once when the ids are not its own',
    options: { respond: (request) => (request.rawBody.includes('call_capstan_1') ? { text: '', finishReason: 'stop' } : undefined) },
    finds: ['history with another id'],
  },
  {
    name: 'a history that is refused',
    options: { respond: (request) => (request.rawBody.includes('"role":"tool"') ? { status: 400, body: { error: { message: 'no' } } } : undefined) },
    finds: ['history with its call', 'history with another id'],
  },
  {
    name: "an output limit that is not heeded under the vendor's name for it",
    words: ['--model', 'moonshot/kimi-k2.6'],
    options: { models: [vendorKimi] },
    finds: ['output limit'],
  },
  {
    name: 'streams of Moonshot without their end mark',
    words: ['--model', 'moonshot/kimi-k2.6'],
    options: { models: [vendorKimi], faults: [{ fault: { kind: 'no-done' }, requests: [2] }] },
    finds: ['end of streams', 'output limit'],
  },
  {
    name: 'a flavour of schemas that the profile does not know of',
    words: ['--profile', 'vllmKimi'],
    options: { strict: { toolSchemas: true } },
    finds: ['any JSON Schema'],
  },
]

describe.each(planted)('an endpoint with $name', ({ words = [], options, finds }) => {
  test('is found, and nothing else', async () => {
    const { code, states, requests } = await verify([...words, ...probes], options)
    const wrong = Object.keys(states).filter((probe) => states[probe] === 'differs' || states[probe] === 'failed')
    expect(wrong.toSorted()).toEqual(finds.toSorted())
    expect([code, requests <= 20]).toEqual([1, true])
  })
})

test("an unchanged schema is refused by Moonshot's flavour, and the lowered schema is accepted", async () => {
  const { code, states } = await verify(probes, { strict: { toolSchemas: true } })
  expect([code, states['any JSON Schema'], states['schema as mfjs']]).toEqual([0, 'ok', 'ok'])
})

test('a refused key ends the command with the first request', async () => {
  const { code, requests, problems } = await verify(probes, { apiKey: 'another' })
  expect([code, requests, problems]).toEqual([1, 1, ['answer failed']])
})

test('cases from a file are scored against a reference, and saved', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-verify-'))
  const [cases, reference, saved] = ['cases.jsonl', 'reference.jsonl', 'saved.jsonl'].map((name) => join(folder, name)) as [string, string, string]
  const tools = [
    {
      type: 'function',
      function: { name: 'get_weather', description: 'W.', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
    },
  ]
  const lines = ['Weather in Oslo?', 'Weather in Rome?', 'Hello!', 'Weather in Paris?'].map((content) =>
    JSON.stringify({ model: 'x', stream: true, tools, messages: [{ role: 'user', content }] }),
  )
  writeFileSync(cases, lines.join('\n'))
  writeFileSync(
    reference,
    ['tool_calls', 'tool_calls', 'stop', 'stop'].map((finish, index) => JSON.stringify({ data_index: index, finish_reason: finish })).join('\n'),
  )
  const words = ['--only', 'cases', '--cases', cases, '--reference', reference, '--save', saved]
  const respond: SimulatorOptions['respond'] = (request) => {
    if (request.rawBody.includes('Rome')) return { toolCalls: [{ name: 'get_weather', input: '{"city":' }] }
    return request.rawBody.includes('Hello') ? { text: 'Hi' } : { toolCalls: [weather] }
  }
  const { code, stdout } = await verify([...words, '--json'], { respond })
  expect(JSON.parse(stdout)).toMatchObject({
    score: { cases: 4, withCalls: 3, validCalls: 2, schemaAccuracy: 2 / 3, trigger: { compared: 4, precision: 2 / 3, recall: 1, f1: 0.8 } },
    problems: ['schema accuracy under 95.00 %'],
  })
  expect(code).toBe(1)
  expect(
    readFileSync(saved, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).finishReason),
  ).toEqual(['tool_calls', 'tool_calls', 'stop', 'tool_calls'])
  expect((await verify([...words, '--min-accuracy', '0.5'], { respond })).code).toBe(0)
})

test('the scores are equal to those of the published verifier', () => {
  const result = (number: number, finishReason: string, valid?: boolean) => ({ case: number, finishReason, calls: 1, ...(valid !== undefined && { valid }) })
  const results = [result(0, 'tool_calls', true), result(1, 'tool_calls', false), result(2, 'stop'), result(3, 'stop')]
  const reference = new Map([
    [0, 'tool_calls'],
    [1, 'stop'],
    [2, 'tool_calls'],
    [3, 'stop'],
  ])
  expect(scoreOf(results, reference)).toMatchObject({ schemaAccuracy: 0.5, trigger: { precision: 0.5, recall: 0.5, f1: 0.5 } })
  expect(scoreOf([result(0, 'stop')], undefined)).toMatchObject({ schemaAccuracy: undefined, trigger: undefined })
})

test.each([
  [['--profile', 'nothing'], "no profile 'nothing'"],
  [['--only', 'some'], '--only takes one of probes, cases'],
  [['--max-cases', '0'], '--max-cases takes'],
  [['--min-f1', '2'], '--min-f1 takes'],
  [['--cases', '/does/not/exist'], 'cannot be read'],
])('a wrong command line %j is exit code 2', async (words, message) => {
  const { code, stderr, requests } = await verify(words)
  expect([code, requests]).toEqual([2, 0])
  expect(stderr).toContain(message)
})
