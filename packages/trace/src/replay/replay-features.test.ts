import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openaiCompatible } from '@capstan/adapters'
import { Agent, type AgentOptions, type Answers, answer, approve, type Dispatcher, deny, type RunOptions, type Tool } from '@capstan/core'
import { childTool } from '@capstan/core/internal'
import { fileJournal } from '@capstan/durable'
import { type FaultRule, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { output, tool } from '@capstan/tools'
import { beforeEach, expect, test, vi } from 'vitest'
import { readTrace } from '../format/read-trace.ts'
import { traceTo, traceToFile } from '../recorder/trace-to.ts'
import { openTape } from '../tape/open-tape.ts'
import { readTape } from '../tape/read-tape.ts'
import { key, newFile } from '../testing/tapes.ts'
import { newFolder } from '../testing/traces.ts'
import { replayAgent } from './replay-agent.ts'

// The first run reads many files, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

beforeEach(() => {
  vi.stubEnv('CI', '')
})

type Make = (settings: { readonly baseURL: string; readonly dispatcher?: Dispatcher; readonly apiKey?: string }) => Agent

const offline = 'http://127.0.0.1:9/v1'
let executed = 0

function toolNamed(name: string, execute: (input: never) => unknown, more: object = {}): Tool {
  const run = (input: never): unknown => {
    executed++
    return execute(input)
  }
  return tool({
    name,
    description: `Does ${name}.`,
    inputSchema: { type: 'object', properties: { n: { type: 'number' } } },
    effect: 'read',
    ...more,
    execute: run as never,
  })
}

const modelOf: (settings: Parameters<Make>[0]) => ReturnType<typeof openaiCompatible> = (settings) =>
  openaiCompatible({ model: 'deepseek-chat', ...(settings.apiKey === undefined && { apiKeyEnv: 'CAPSTAN_NO_SUCH_KEY' }), ...settings })

interface Case {
  readonly script: readonly ScriptedReply[]
  readonly faults?: readonly FaultRule[]
  readonly agent: (model: ReturnType<typeof openaiCompatible>) => AgentOptions
  readonly options?: () => RunOptions
  /** Kinds of the changes of the history. */
  readonly edits?: readonly string[]
}

const call = (name: string, input: object = {}): ScriptedReply => ({ toolCalls: [{ name, input: input as never }] })
const long = Array.from({ length: 3_000 }, (_, index) => `line ${index} of a long result`).join('\n')

const cases: Readonly<Record<string, Case>> = {
  'a result that was cut, and read with read_result': {
    script: [
      call('load'),
      call('read_result', { id: 'r1.0', offset: 2_000, limit: 2 }),
      call('read_result', { id: 'r1.0', find: 'line 17 ' }),
      { text: 'Done.' },
    ],
    agent: (model) => ({ model, tools: [toolNamed('load', () => long)] }),
    options: () => ({ journal: fileJournal(newFolder()) }),
  },
  'a result that is passed on by its id': {
    script: [call('load'), call('count', { text: { $result: 'r1.0' } }), { text: 'Done.' }],
    agent: (model) => ({
      model,
      tools: [
        toolNamed('load', () => long),
        toolNamed('count', ({ text }: never) => String(text).length, { inputSchema: { type: 'object', properties: { text: { type: 'string' } } } }),
      ],
    }),
    options: () => ({ journal: fileJournal(newFolder()) }),
  },
  'an agent behind a tool, twice at once': {
    script: [
      {
        toolCalls: [
          { name: 'ask', input: { task: 'a' } },
          { name: 'ask', input: { task: 'b' } },
        ],
      },
      call('look', { n: 1 }),
      call('look', { n: 2 }),
      { text: 'Seen.' },
      { text: 'Seen.' },
      { text: 'Done.' },
    ],
    agent: (model) => ({
      model,
      tools: [
        childTool(
          tool({
            name: 'ask',
            description: 'Asks.',
            inputSchema: { type: 'object', properties: { task: { type: 'string' } } },
            execute: (input) => String((input as { task?: string }).task),
          }),
          new Agent({ name: 'helper', model, tools: [toolNamed('look', ({ n }: never) => `seen ${n}`)] }),
          {},
        ),
      ],
    }),
  },
  'tools that are found by a search': {
    script: [call('search_tools', { query: 'weather' }), call('call_tool', { name: 'weather', input: { n: 3 } }), { text: 'Rain.' }],
    agent: (model) => ({
      model,
      tools: [...Array.from({ length: 80 }, (_, n) => toolNamed(`other_${n}`, () => 'x')), toolNamed('weather', ({ n }: never) => `rain ${n}`)],
    }),
  },
  'a history with a summary': {
    script: [
      ...[1, 2, 3, 4, 5, 6].map((n) => call('read', { n })),
      { text: 'A summary of what was done.' },
      ...[7, 8].map((n) => call('read', { n })),
      { text: 'Done.' },
      { text: 'Done.' },
    ],
    agent: (model) => ({ model, tools: [toolNamed('read', ({ n }: never) => `${n} `.repeat(2_000))], history: { keepSteps: 1, summariseAt: 6_000 } }),
    edits: ['summary'],
  },
}

const otherCases: Readonly<Record<string, Case>> = {
  'an output that a tool takes': {
    script: [call('look', { n: 1 }), call('final_answer', { n: 'x' }), call('final_answer', { n: 7 })],
    agent: (model) => ({
      model,
      tools: [toolNamed('look', () => 'seen')],
      output: output({ type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }),
    }),
  },
  'a request that is sent again': {
    script: [{ text: 'refused' }, call('look', { n: 1 }), { text: 'Done.' }],
    faults: [{ fault: { kind: 'status', status: 503 }, requests: 'first' }],
    agent: (model) => ({ model, tools: [toolNamed('look', () => 'seen')], attempts: { delayMs: 0 } }),
  },
  'a chain whose first model refuses': {
    script: [{ text: 'refused' }, call('look', { n: 1 }), { text: 'Done.' }],
    faults: [{ fault: { kind: 'status', status: 402 }, requests: 'first' }],
    agent: (model) => ({ model: [model, model], tools: [toolNamed('look', () => 'seen')], attempts: { delayMs: 0 } }),
  },
  'a closing request at the limit of steps': {
    script: [call('look', { n: 1 }), call('look', { n: 2 }), { text: 'That is all.' }],
    agent: (model) => ({ model, tools: [toolNamed('look', ({ n }: never) => `seen ${n}`)], limits: { steps: 2 } }),
  },
  'calls that are refused: an unknown tool, an invalid input, one that fails': {
    script: [
      {
        toolCalls: [
          { name: 'lok', input: {} },
          { name: 'look', input: { n: 'x' } },
          { name: 'fail', input: {} },
        ],
      },
      { text: 'Sorry.' },
    ],
    agent: (model) => ({
      model,
      tools: [
        toolNamed('look', () => 'seen'),
        toolNamed('fail', () => {
          throw new Error('It broke.')
        }),
      ],
    }),
  },
}

interface Recorded {
  readonly tape: string
  readonly trace: string
  readonly text: string
  readonly status: string
}

async function record(one: Case): Promise<Recorded> {
  const { script, faults = [], agent, options = () => ({}) } = one
  const files = { tape: newFile(), trace: newFile('run.trace.jsonl') }
  await using simulator = await startSimulator({ script, faults })
  const recording = openTape(files.tape)
  const model = modelOf({ baseURL: simulator.baseURL, apiKey: key, dispatcher: recording.dispatcher })
  const { text, status, edits } = await new Agent({ ...agent(model), trace: traceToFile(files.trace) }).generate('Go.', options())
  expect(edits.map(({ kind }) => kind)).toEqual(one.edits ?? [])
  await recording.close()
  return { ...files, text, status }
}

test.each(Object.entries(cases))('%s: a tape plays it', async (_, one) => {
  const { tape: file, text } = await record(one)
  const tape = openTape(file, { record: 'none' })
  expect((await tape.agent(new Agent(one.agent(modelOf({ baseURL: offline })))).generate('Go.', one.options?.())).text).toBe(text)
  tape.assertDone()
})

test.each(Object.entries({ ...cases, ...otherCases }).flatMap(([name, one]) => (['tape', 'trace'] as const).map((kind) => [name, kind, one] as const)))(
  '%s: an unchanged agent follows a %s to its end, and no tool runs',
  async (_, kind, one) => {
    const files = await record(one)
    executed = 0
    const { lines } = await readTrace(files[kind])
    const report = await replayAgent({ agent: new Agent(one.agent(modelOf({ baseURL: offline }))), exchanges: readTape(files[kind]).exchanges, lines })
    expect(report).toMatchObject({ status: 'same', changes: [], end: { status: files.status, text: files.text } })
    expect(executed).toBe(0)
  },
)

const paying = (model: ReturnType<typeof openaiCompatible>): AgentOptions => ({
  model,
  tools: [
    toolNamed('pay', () => 'paid', { needsApproval: true }),
    toolNamed('choose', (_: never) => 'chosen', { ask: () => 'Which one?' }),
    toolNamed('look', ({ n }: never) => `seen ${n}`),
  ],
})
const askingScript = [call('look', { n: 1 }), call('pay', { n: 5 }), call('choose'), call('look', { n: 2 }), { text: 'Done.' }]

/** Records a run that pauses at each question, and is resumed with these answers, by position of its step. */
async function recordAnswered(answers: readonly Answers[string][]): Promise<Pick<Recorded, 'tape' | 'trace'>> {
  const files = { tape: newFile(), trace: newFile('run.trace.jsonl') }
  await using simulator = await startSimulator({ script: askingScript })
  const recording = openTape(files.tape)
  const model = modelOf({ baseURL: simulator.baseURL, apiKey: key, dispatcher: recording.dispatcher })
  const agent = new Agent({ ...paying(model), trace: traceToFile(files.trace) })
  let result = await agent.generate('Go.')
  for (const given of answers) {
    const [question] = result.pending
    if (result.state === undefined || question === undefined) throw new Error('It did not ask.')
    result = await agent.resume(JSON.parse(JSON.stringify(result.state)), { answers: { [question.id]: given } }).result
  }
  await recording.close()
  return files
}

const answersOf: Readonly<Record<string, readonly Answers[string][]>> = {
  'approved and answered': [approve(), answer('the blue one')],
  'approved with another input, and answered': [approve({ n: 4 }), answer('none')],
  'denied with a reason, and answered': [deny('No money.'), answer('none')],
}

test.each(Object.entries(answersOf).flatMap(([name, answers]) => (['tape', 'trace'] as const).map((kind) => [name, kind, answers] as const)))(
  'a run that was paused, %s: an unchanged agent follows a %s to its end, and nobody is asked',
  async (_, kind, answers) => {
    const file = (await recordAnswered(answers))[kind]
    executed = 0
    const { lines } = await readTrace(file)
    const report = await replayAgent({ agent: new Agent(paying(modelOf({ baseURL: offline }))), exchanges: readTape(file).exchanges, lines })
    expect(report).toMatchObject({ status: 'same', requests: { recorded: 5, made: 5 }, end: { status: 'finished', text: 'Done.' } })
    expect(report.calls.map(({ toolName }) => toolName)).toEqual(['look', 'pay', 'choose', 'look'])
    expect(executed).toBe(0)
  },
)

test('the trace of a run that waits for a person is followed up to there', async () => {
  const { trace } = await recordAnswered([approve()])
  const { lines } = await readTrace(trace)
  const report = await replayAgent({ agent: new Agent(paying(modelOf({ baseURL: offline }))), exchanges: readTape(trace).exchanges, lines })
  expect(report).toMatchObject({ status: 'same', requests: { recorded: 3, made: 3 }, end: { status: 'paused' } })
  expect(report.calls.map(({ toolName, text }) => [toolName, text])).toEqual([
    ['look', 'seen 1'],
    ['pay', 'paid'],
  ])
})

test('the traces of the two processes of a run are each followed: the second from where it continued', async () => {
  const folder = newFolder()
  await using simulator = await startSimulator({ script: askingScript })
  const agent = new Agent({ ...paying(modelOf({ baseURL: simulator.baseURL, apiKey: key })), trace: traceTo(folder) })
  const first = await agent.generate('Go.')
  const second = await agent.resume(first.state ?? expect.unreachable(), { answers: { [first.pending[0]?.id ?? '']: approve() } }).result
  await agent.resume(second.state ?? expect.unreachable(), { answers: { [second.pending[0]?.id ?? '']: answer('x') } }).result
  const reports = []
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name)
    const { lines } = await readTrace(file)
    const { status, requests, end } = await replayAgent({ agent: new Agent(paying(modelOf({ baseURL: offline }))), exchanges: readTape(file).exchanges, lines })
    reports.push([status, requests.made, end?.status])
  }
  expect(reports).toEqual([
    ['same', 2, 'paused'],
    ['same', 1, 'paused'],
    ['same', 2, 'finished'],
  ])
})
