import { describe, expect, test } from 'vitest'
import { simulatedEndpoints } from '../endpoints/endpoints.ts'
import type { Fault } from '../faults/fault.ts'
import { faultHelp } from '../faults/fault-catalog.ts'
import { parseFault } from '../faults/parse-fault.ts'
import { startSimulator } from '../start-simulator.ts'
import { errorMessage, firstMessage, postJson } from '../testing/client.ts'
import type { ScriptedReply, SimulatorOptions } from './options.ts'

/** The message of a start that is refused. Callers without types can pass anything. */
async function refusal(options: unknown): Promise<string> {
  const started = startSimulator(options as SimulatorOptions)
  const error: unknown = await started.then(
    (simulator) => simulator.close(),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(TypeError)
  return (error as TypeError).message
}

const script = (...replies: readonly unknown[]): object => ({ script: replies })
const rule = (fault: unknown): object => ({ faults: [{ fault }] })
const [someModel] = simulatedEndpoints.evolink.models

describe('an unknown key is refused at the start, with the nearest key', () => {
  test.each<[wrong: unknown, path: string, nearest: string]>([
    [{ prot: 8080 }, 'The options object has no key `prot`', 'port'],
    [{ replies: [] }, 'The options object has no key `replies`', 'script'],
    [{ chunkDelay: 1 }, 'The options object has no key `chunkDelay`', 'chunkDelayMs'],
    [{ strict: { streamOption: true } }, '`strict` has no key `streamOption`', 'streamOptions'],
    [script({ text: 'a' }, { txt: 'b' }), '`script[1]` has no key `txt`', 'text'],
    [script({ content: 'a' }), '`script[0]` has no key `content`', 'text'],
    [script({ tool_calls: [] }), '`script[0]` has no key `tool_calls`', 'toolCalls'],
    [script({ finish_reason: 'stop' }), '`script[0]` has no key `finish_reason`', 'finishReason'],
    [script({ delay: 5 }), '`script[0]` has no key `delay`', 'delayMs'],
    [script({ toolCalls: [{ name: 'a', arguments: {} }] }), '`script[0].toolCalls[0]` has no key `arguments`', 'input'],
    [script({ text: 'a', fault: { kind: 'stall', where: 'mid-stream', keepAlive: 1 } }), '`script[0].fault` has no key `where`', ''],
    [script({ text: 'a', fault: { kind: 'stall', at: 'mid-stream', keepAlive: 1 } }), '`script[0].fault` has no key `keepAlive`', 'keepAliveMs'],
    [rule({ kind: 'status', status: 503, retryafter: 1 }), '`faults[0].fault` has no key `retryafter`', 'retryAfter'],
    [{ faults: [{ fault: { kind: 'html' }, request: [1] }] }, '`faults[0]` has no key `request`', 'requests'],
    [{ models: [{ ...someModel, contextToken: 1 }] }, '`models[0]` has no key `contextToken`', 'contextTokens'],
    [{ models: [{ ...someModel, refusals: { ...someModel?.refusals, jsonWords: 'x' } }] }, '`models[0].refusals` has no key `jsonWords`', 'jsonWord'],
    [
      { models: [{ ...someModel, parameters: { top_p: { kind: 'number', minimum: 0, max: 1 } } }] },
      '`models[0].parameters["top_p"]` has no key `max`',
      'maximum',
    ],
  ])('%j', async (wrong, path, nearest) => {
    const message = await refusal(wrong)
    expect(message).toContain(path)
    if (nearest !== '') expect(message).toContain(`Did you mean \`${nearest}\`?`)
    expect(message).toMatch(/Its keys are \w+/)
  })

  test('a key that resembles none is refused with the list of keys', async () => {
    expect(await refusal(script({ zebra: 1 }))).toBe(
      'startSimulator: `script[0]` has no key `zebra`. Its keys are reasoning, text, toolCalls, finishReason, usage, chunks, status, headers, body, delayMs, fault.',
    )
  })
})

describe('a wrong value is refused at the start', () => {
  test.each<[wrong: unknown, message: string]>([
    [{ port: '8080' }, '`port` must be an integer from 0 to 65535, not "8080"'],
    [
      { endpoint: 'deepsek' },
      '`endpoint` must be one of evolink, deepseek, moonshot, openrouter, vllm, sglang, llama.cpp, ollama, not "deepsek". Did you mean \'deepseek\'?',
    ],
    [{ script: { text: 'a' } }, '`script` must be an array, not an object'],
    [script('Hello.'), '`script[0]` must be an object, not "Hello."'],
    [script({ text: 7 }), '`script[0].text` must be a string, not 7'],
    [script({ toolCalls: [{ name: 'a' }] }), '`script[0].toolCalls[0]` needs the key `input`'],
    [script({ toolCalls: [{ name: 'a', input: () => 1 }] }), '`script[0].toolCalls[0].input` must be a JSON value, not a function'],
    [script({ text: 'a', status: 500 }), '`script[0]` has `text` and `status`, of which only one can be sent'],
    [script({ chunks: [], toolCalls: [] }), '`script[0]` has `toolCalls` and `chunks`, of which only one can be sent'],
    [rule('stall:first-event'), '`faults[0].fault` must be an object such as { kind: \'status\', status: 503 }. parseFault("stall:first-event") reads text'],
    [{ faults: [{ kind: 'html' }] }, '`faults[0]` is a fault. A rule holds it in `fault`'],
    [rule({ kind: 'stal', at: 'mid-stream' }), "Did you mean 'stall'?"],
    [rule({ status: 503 }), '`faults[0].fault` needs the key `kind`'],
    [rule({ kind: 'stall' }), "Fault 'stall' needs `at`, as in 'stall:first-event,keepAliveMs=300'"],
    [rule({ kind: 'stall', at: 'midstream' }), "Did you mean 'mid-stream'?"],
    [rule({ kind: 'cut', bytes: '12' }), '`faults[0].fault.bytes` must be a number, not "12"'],
    [rule({ kind: 'usage', value: 'negativ' }), "Did you mean 'negative'?"],
    [{ faults: [{ fault: { kind: 'html' }, requests: [0] }] }, '`faults[0].requests` must be one of all, first, not an array'],
    [{ faults: [{ fault: { kind: 'html' }, probability: 20 }] }, '`faults[0].probability` must be a number from 0 to 1, not 20'],
    [{ models: [{ id: 'mine' }] }, '`models[0]` needs the key `family`'],
    [null, 'The options object must be an object, not null'],
  ])('%j', async (wrong, message) => {
    expect(await refusal(wrong)).toContain(message)
  })
})

test('an input that cannot be written as JSON is refused', async () => {
  expect(await refusal(script({ toolCalls: [{ name: 'a', input: { id: 1n } }] }))).toContain(
    '`script[0].toolCalls[0].input` must be a JSON value, not an object',
  )
})

describe('what respond returns is checked too', () => {
  test.each<[returned: unknown, message: string]>([
    [{ txt: 'a' }, '`respond()` has no key `txt`. Did you mean `text`?'],
    [Promise.resolve({ text: 'a' }), '`respond()` must be an object, not a promise'],
    ['Hello.', '`respond()` must be an object, not "Hello."'],
    [null, '`respond()` must be an object, not null'],
  ])('%j', async (returned, message) => {
    await using simulator = await startSimulator({ respond: () => returned as ScriptedReply })
    const { status, body } = await postJson(simulator.baseURL)
    expect([status, errorMessage(body)]).toEqual([400, expect.stringContaining(message)])
    expect(() => simulator.assertDone()).toThrow(message)
  })
})

test('every option may be undefined', async () => {
  const options = { port: undefined, script: undefined, faults: undefined, strict: undefined, models: undefined, respond: undefined }
  await using simulator = await startSimulator(options)
  expect((await postJson(simulator.baseURL)).status).toBe(200)
})

test('the example of every fault is a fault that is accepted', async () => {
  const faults = faultHelp.map(({ example }) => ({ fault: parseFault(example), probability: 0 }))
  await using simulator = await startSimulator({ faults: faults.filter(({ fault }) => fault.kind !== 'refuse') })
  expect((await postJson(simulator.baseURL)).status).toBe(200)
})

test('options that the command line has no form for are accepted in code', async () => {
  const fault: Fault = { kind: 'status', status: 504, headers: { 'x-a': 'b' }, body: { any: ['JSON'] } }
  await using simulator = await startSimulator({ script: [{ fault }] })
  expect(await postJson(simulator.baseURL)).toEqual({ status: 504, body: { any: ['JSON'] } })
})

test('the models of every endpoint are accepted as options', async () => {
  for (const { name, models } of Object.values(simulatedEndpoints)) {
    await using simulator = await startSimulator({ endpoint: name, models })
    expect(simulator.baseURL).toMatch(/^http:/)
  }
})

test('a scripted input of any JSON value is accepted', async () => {
  const toolCalls = [null, 1, 'raw text', [1], {}].map((input) => ({ name: 'a', input }))
  await using simulator = await startSimulator({ script: [{ toolCalls }] })
  expect(firstMessage((await postJson(simulator.baseURL)).body)['tool_calls']).toHaveLength(5)
})
