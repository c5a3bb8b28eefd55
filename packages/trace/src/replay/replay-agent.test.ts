import { writeFileSync } from 'node:fs'
import { openaiCompatible } from '@capstan/adapters'
import { Agent, type AgentOptions } from '@capstan/core'
import { scriptedModel } from '@capstan/core/testing'
import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { tool } from '@capstan/tools'
import { beforeEach, expect, test, vi } from 'vitest'
import { readTrace } from '../format/read-trace.ts'
import { traceToFile } from '../recorder/trace-to.ts'
import { openTape } from '../tape/open-tape.ts'
import { readTape } from '../tape/read-tape.ts'
import { errorOf, key, newFile } from '../testing/tapes.ts'
import { replayAgent } from './replay-agent.ts'
import { selectRun } from './select-run.ts'

// The first run reads many files, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

beforeEach(() => {
  vi.stubEnv('CI', '')
})

const executed: string[] = []

function weighTool(result: unknown, more: { readonly needsApproval?: boolean; readonly name?: string; readonly required?: string } = {}) {
  const { name = 'weigh', required = 'item' } = more
  return tool({
    name,
    description: 'Weighs an item.',
    inputSchema: { type: 'object', properties: { [required]: { type: 'string' } }, required: [required] },
    ...(more.needsApproval === true && { needsApproval: true }),
    execute: () => {
      executed.push(name)
      return result
    },
  })
}

const script: readonly ScriptedReply[] = [
  { toolCalls: [{ name: 'weigh', input: { item: 'tent' } }] },
  { toolCalls: [{ name: 'weigh', input: { item: 'stove' } }] },
  { text: 'Together 2400 g.' },
]

function agentOf(options: Partial<AgentOptions> & { readonly baseURL?: string } = {}): Agent {
  const { baseURL = 'http://127.0.0.1:9/v1', ...rest } = options
  return new Agent({
    model: openaiCompatible({ baseURL, model: 'deepseek-chat', apiKeyEnv: 'CAPSTAN_NO_SUCH_KEY' }),
    instructions: 'Weights are in grams.',
    tools: [weighTool(1200)],
    ...rest,
  })
}

/** Records a run as a bare tape, and as a trace. */
async function record(
  replies: readonly ScriptedReply[] = script,
  options: Partial<AgentOptions> = {},
): Promise<{ readonly tape: string; readonly trace: string }> {
  const files = { tape: newFile(), trace: newFile('run.trace.jsonl') }
  await using simulator = await startSimulator({ script: replies })
  const recording = openTape(files.tape)
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'deepseek-chat', apiKey: key, dispatcher: recording.dispatcher })
  await agentOf({ model, trace: traceToFile(files.trace), ...options }).generate('What do tent and stove weigh?')
  await recording.close()
  executed.length = 0
  return files
}

async function replay(file: string, agent: Agent, runTools: readonly string[] = []) {
  const { lines } = await readTrace(file)
  return await replayAgent({ agent, exchanges: readTape(file).exchanges, lines, runTools })
}

test.each(['tape', 'trace'] as const)('an unchanged agent follows a %s to its end, and no tool runs', async (kind) => {
  const files = await record()
  expect(await replay(files[kind], agentOf())).toEqual({
    status: 'same',
    requests: { recorded: 3, made: 3 },
    changes: [],
    calls: [
      { toolName: 'weigh', input: { item: 'tent' }, source: 'recorded', text: '1200' },
      { toolName: 'weigh', input: { item: 'stove' }, source: 'recorded', text: '1200' },
    ],
    end: { status: 'finished', stopReason: 'finished', text: 'Together 2400 g.' },
  })
  expect(executed).toEqual([])
})

test('a tool that is named runs, and the course is left where its result differs', async () => {
  const { tape } = await record()
  const report = await replay(tape, agentOf({ tools: [weighTool({ kg: 1.2 })] }), ['weigh'])
  expect(executed).toEqual(['weigh'])
  expect(report).toMatchObject({
    status: 'left',
    calls: [{ source: 'executed', text: '{"kg":1.2}' }],
    departure: {
      request: 2,
      kind: 'request',
      differences: [{ where: 'message 3 (tool)', recorded: '1200', made: '{"kg":1.2}' }],
    },
  })
})

test('changed instructions, tools and parameters are noted, and the run continues', async () => {
  const { tape } = await record()
  const model = openaiCompatible({ baseURL: 'http://127.0.0.1:9/v1', model: 'deepseek-chat', temperature: 0 })
  const report = await replay(tape, agentOf({ model, instructions: 'Weights are in kilograms.', tools: [weighTool(0), weighTool(0, { name: 'count' })] }))
  expect(report.status).toBe('same')
  expect(report.changes.map(({ where }) => where)).toEqual(['instructions', 'temperature', 'tool count'])
  expect(report.changes[0]).toMatchObject({ recorded: 'Weights are in grams.', made: 'Weights are in kilograms.' })
})

test.each<[string, Partial<AgentOptions>, object]>([
  ['a tool that is gone', { tools: [] }, { kind: 'request', request: 2 }],
  ['another schema', { tools: [weighTool(1, { required: 'thing' })] }, { kind: 'request', request: 2 }],
  ['a lower limit', { limits: { steps: 1 } }, { kind: 'request', request: 2 }],
  ['an earlier stop', { stopWhen: () => true }, { kind: 'end', message: 'it ends (stop-condition) before 2 recorded requests.' }],
])('%s leaves the course', async (_name, options, departure) => {
  const { tape } = await record()
  const report = await replay(tape, agentOf(options))
  expect(report).toMatchObject({ status: 'left', departure })
  expect(executed).toEqual([])
})

test('a further request leaves the course after its last reply', async () => {
  const { tape } = await record([script[0] ?? {}], { stopWhen: () => true })
  // The result of the last call is in no request, so a bare tape does not have it.
  expect(await replay(tape, agentOf())).toMatchObject({ departure: { kind: 'call', message: expect.stringContaining('it calls weigh with {"item":"tent"}') } })
  const { trace } = await record([script[0] ?? {}], { stopWhen: () => true })
  expect(await replay(trace, agentOf())).toMatchObject({
    status: 'left',
    calls: [{ text: '1200' }],
    departure: { kind: 'further-request', request: 2, message: 'it makes request 2, and the recording has 1.' },
  })
})

test('a person is not asked again, and a tool with a question is never run', async () => {
  const { tape } = await record()
  const asking = agentOf({ tools: [weighTool(0, { needsApproval: true })] })
  expect(await replay(tape, asking)).toMatchObject({ status: 'same', requests: { made: 3 } })
  expect(await errorOf(replay(tape, asking, ['weigh']))).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('asks a person') })
  expect(executed).toEqual([])
})

test('what cannot be replayed is refused before anything runs', async () => {
  const { tape } = await record()
  expect(await errorOf(replay(tape, agentOf(), ['wiegh']))).toMatchObject({ message: "The agent has no tool 'wiegh' to run. Its tools: weigh." })
  expect(await errorOf(replay(tape, agentOf({ model: scriptedModel([]) })))).toMatchObject({ message: expect.stringContaining('does not use HTTP') })
})

test('a tape of several runs needs the id of one', async () => {
  const { exchanges } = readTape((await record()).trace)
  const both = [...exchanges, ...exchanges.map((exchange) => ({ ...exchange, runId: 'other' }))]
  expect(selectRun(both, 'other')).toHaveLength(3)
  expect(() => selectRun(both)).toThrow(/It has 2 runs: name one with --run-id\. Its runs: [\w-]+, other\./)
  expect(() => selectRun(both, 'x')).toThrow("It has no run 'x'.")
})

test('a hostile tape cannot make a tool run', async () => {
  const { tape } = await record()
  const file = newFile()
  // Every recorded result is taken out: the calls are asked for, and nothing answers them.
  const lines = readTape(tape).exchanges.map((exchange) => ({
    ...exchange,
    request: { ...exchange.request, body: exchange.request.body.replaceAll('"tool_call_id"', '"x"').replaceAll('"role":"tool"', '"role":"user"') },
  }))
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  expect(await replay(file, agentOf())).toMatchObject({ status: 'left', departure: { kind: 'call' } })
  expect(executed).toEqual([])
})
