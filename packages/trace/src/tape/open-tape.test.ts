import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { openaiCompatible } from '@capstan/adapters'
import { Agent, type Dispatcher, type ExchangeObserver, type RunEvent } from '@capstan/core'
import { scriptedModel } from '@capstan/core/testing'
import { type FaultRule, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { errorOf, eventsOf, key, newFile, tapedAgent } from '../testing/tapes.ts'
import { openTape, type TapeOptions } from './open-tape.ts'

// The first run reads many files, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

beforeEach(() => {
  vi.stubEnv('CI', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

const script = [{ toolCalls: [{ name: 'weigh', input: { item: 'tent' } }] }, { text: 'The tent weighs 1200 g.' }]

interface Recording {
  readonly script?: readonly ScriptedReply[]
  readonly faults?: readonly FaultRule[]
  readonly options?: TapeOptions
  readonly file?: string
  readonly runs?: number
}

/** Records runs with a simulator, and returns the file and the events of the last. */
async function record({ script: replies = script, faults = [], options, file = newFile(), runs = 1 }: Recording = {}) {
  await using simulator = await startSimulator({ script: replies, faults })
  const tape = openTape(file, options)
  expect(tape.mode).toBe('record')
  let events: readonly object[] = []
  for (let run = 0; run < runs; run++) events = await eventsOf(tapedAgent({ baseURL: simulator.baseURL, dispatcher: tape.dispatcher, apiKey: key }))
  await tape.close()
  return { file, events, baseURL: simulator.baseURL }
}

test('a run is recorded once with a key, and replayed without a key and without a server, with the same events', async () => {
  const { file, events, baseURL } = await record()
  vi.stubEnv('CI', 'true')
  const tape = openTape(file)
  expect(tape.mode).toBe('replay')
  expect(await eventsOf(tapedAgent({ baseURL, dispatcher: tape.dispatcher }))).toEqual(events)
  tape.assertDone()
})

test('a tape makes a copy of an agent that uses it', async () => {
  const { file, baseURL } = await record()
  const tape = openTape(file)
  expect((await tape.agent(tapedAgent({ baseURL })).generate('go')).text).toBe('The tent weighs 1200 g.')
  tape.assertDone()
  expect(() => tape.agent(new Agent({ model: scriptedModel([]) }))).toThrow('does not use HTTP')
})

test('the file is for its owner only, and has no key, also where the provider echoes it', async () => {
  const { file } = await record({ faults: [{ fault: { kind: 'status', status: 503, echoKey: true }, requests: 'first' }] })
  const text = readFileSync(file, 'utf8')
  const bodies = [...text.matchAll(/\[[\d.]+,"([\w+/=]+)"\]/g)].map(([, base64 = '']) => Buffer.from(base64, 'base64').toString())
  expect(bodies.join('')).toContain('[redacted]')
  for (const one of [text, bodies.join('')]) {
    expect(one).not.toContain(key)
    expect(one).not.toContain(Buffer.from(key).toString('base64').slice(0, 40))
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

/** The bytes of each response chunk that a model gets through a dispatcher. */
function watched(dispatcher: Dispatcher): { readonly dispatcher: Dispatcher; readonly chunks: string[] } {
  const chunks: string[] = []
  const observer: ExchangeObserver = {
    onRequest: () => ({
      onHeaders: (status) => chunks.push(String(status)),
      onChunk: (chunk) => chunks.push(Buffer.from(chunk).toString('base64')),
      onEnd: () => chunks.push('end'),
      onError: ({ code }) => chunks.push(code),
    }),
  }
  const dispatch: Dispatcher['dispatch'] = (options, handler, next) => dispatcher.dispatch(options, handler, next)
  return { dispatcher: { dispatch, observer, isOffline: dispatcher.isOffline === true }, chunks }
}

test.each<[string, readonly FaultRule[], readonly string[]]>([
  ['in odd chunks', [{ fault: { kind: 'chunking', sizes: [7, 1, 30] } }], ['200', 'end']],
  ['a status and a retry', [{ fault: { kind: 'status', status: 503 }, requests: 'first' }], ['503', 'end']],
  ['a reset inside the stream', [{ fault: { kind: 'reset', at: 'mid-stream' }, requests: 'first' }], ['network-reset']],
  ['a stream that is cut', [{ fault: { kind: 'cut', bytes: 300, end: 'end' }, requests: 'first' }], ['end']],
])('%s: status, bytes, cuts and errors are replayed as they were', async (_name, faults, seen) => {
  const file = newFile()
  await using simulator = await startSimulator({ faults })
  const run = async (): Promise<{ readonly chunks: readonly string[]; readonly events: readonly object[] }> => {
    await using tape = openTape(file)
    const { dispatcher, chunks } = watched(tape.dispatcher)
    // While it records, the tape is an observer too.
    const both = tape.dispatcher.observer === undefined ? dispatcher : { ...dispatcher, observer: joined(dispatcher.observer, tape.dispatcher.observer) }
    const events = await eventsOf(tapedAgent({ baseURL: simulator.baseURL, dispatcher: both, apiKey: key }), 'What does the tent weigh?')
    return { chunks, events }
  }
  const recorded = await run()
  const replayed = await run()
  for (const one of seen) expect(recorded.chunks).toContain(one)
  expect(replayed).toEqual(recorded)
})

function joined(...observers: readonly (ExchangeObserver | undefined)[]): ExchangeObserver {
  return {
    onRequest: (request) => {
      const responses = observers.flatMap((observer) => observer?.onRequest(request) ?? [])
      return {
        onHeaders: (...args) => responses.forEach((one) => void one.onHeaders(...args)),
        onChunk: (...args) => responses.forEach((one) => void one.onChunk(...args)),
        onEnd: (...args) => responses.forEach((one) => void one.onEnd(...args)),
        onError: (...args) => responses.forEach((one) => void one.onError(...args)),
      }
    },
  }
}

test('a request that is not on the tape fails at once, is not retried, and shows the nearest one as a difference', async () => {
  const { file } = await record()
  const attempts: RunEvent[] = []
  const tape = openTape(file)
  const agent = tapedAgent({ dispatcher: tape.dispatcher, weigh: () => 1.2 })
  const error = await errorOf(agent.generate('go', { onEvent: (event) => event.type === 'attempt' && attempts.push(event) }))
  expect(error).toMatchObject({ code: 'unexpected-request', retryable: false, attempts: 1 })
  expect(error.message).toBe(
    [
      `The request is not on the tape ${file}. Record the tape again if the request is as it should be.`,
      'The nearest is exchange 2 of 2; - is recorded, + is new:',
      'message 3 (tool):',
      '  - 1200',
      '  + 1.2',
    ].join('\n'),
  )
  expect(attempts).toHaveLength(2)
  expect(() => tape.assertDone()).toThrow(/1 of 2 exchanges on the tape .* were never asked for:\n {2}exchange 2, 3 messages, the last: \{"role":"tool"/)
})

test('a long text is cut to the part that differs', async () => {
  const { file } = await record({ script: [{ text: 'ok' }] })
  const long = `${'a'.repeat(500)}X${'b'.repeat(500)}`
  const other = openTape(newFile(), { record: 'all' })
  await using simulator = await startSimulator({ script: [{ text: 'ok' }] })
  await tapedAgent({ baseURL: simulator.baseURL, dispatcher: other.dispatcher, apiKey: key }).generate(long)
  await other.close()
  const error = await errorOf(tapedAgent({ dispatcher: openTape(other.file).dispatcher }).generate(long.replace('X', 'Y')))
  expect(error.message).toMatch(/ {2}- …a{30}Xb+…\n {2}\+ …a{30}Yb+…$/)
  for (const line of error.message.split('\n').slice(2)) expect(line.length).toBeLessThanOrEqual(80)
  expect(existsSync(file)).toBe(true)
})

test('equal requests are played in their order, also of runs side by side, and one more fails', async () => {
  const { file } = await record({ script: ['a', 'b', 'c'].map((text) => ({ text })), runs: 3 })
  const tape = openTape(file)
  const agent = tapedAgent({ dispatcher: tape.dispatcher })
  const results = await Promise.all(['go', 'go', 'go'].map((input) => agent.generate(input)))
  expect(results.map(({ text }) => text).sort()).toEqual(['a', 'b', 'c'])
  const error = await errorOf(agent.generate('go'))
  expect(error).toMatchObject({ code: 'unexpected-request', message: expect.stringContaining('has this request 3 times, and now it came once more') })
})

test('nothing is recorded in CI, and a tape that is missing is named', async () => {
  const { file } = await record()
  const missing = newFile()
  for (const value of ['true', '1', 'yes']) {
    vi.stubEnv('CI', value)
    expect(() => openTape(missing)).toThrow(
      expect.objectContaining({ code: 'invalid-use', message: expect.stringMatching(/^There is no tape .*Run the test once .* CI is set\.$/) }),
    )
    expect(() => openTape(file, { record: 'all' })).toThrow(expect.objectContaining({ code: 'invalid-use' }))
    expect(openTape(file, { record: 'none' }).mode).toBe('replay')
  }
  vi.stubEnv('CI', 'false')
  expect(() => openTape(missing, { record: 'none' })).toThrow(expect.objectContaining({ code: 'invalid-trace', message: expect.stringContaining('ENOENT') }))
  expect(existsSync(missing)).toBe(false)
})

test("`record: 'all'` replaces a tape when it is closed", async () => {
  const { file } = await record({ script: [{ text: 'old' }] })
  const tape = openTape(file, { record: 'all' })
  await using simulator = await startSimulator({ script: [{ text: 'new' }] })
  await tapedAgent({ baseURL: simulator.baseURL, dispatcher: tape.dispatcher, apiKey: key }).generate('go')
  expect((await tapedAgent({ dispatcher: openTape(file).dispatcher }).generate('go')).text).toBe('old')
  await tape.close()
  await tape.close()
  expect((await tapedAgent({ dispatcher: openTape(file).dispatcher }).generate('go')).text).toBe('new')
})

test('a recording in progress refuses a second one; the draft of a dead process is replaced; one without an exchange leaves nothing', async () => {
  const file = newFile()
  const tape = openTape(file)
  expect(() => openTape(file)).toThrow(expect.objectContaining({ code: 'invalid-use', message: expect.stringContaining(`by process ${process.pid}`) }))
  await tape.close()
  expect([existsSync(file), existsSync(`${file}.recording`)]).toEqual([false, false])
  writeFileSync(`${file}.recording`, '{"type":"trace","version":1,"pid":999999999}\n{"type":"exch')
  await record({ file })
  expect(existsSync(`${file}.recording`)).toBe(false)
  expect((await tapedAgent({ dispatcher: openTape(file).dispatcher }).generate('go')).text).toBe('The tent weighs 1200 g.')
})

test('a function for the end of the test closes a recording, and checks a replay', async () => {
  const file = newFile()
  const ends: (() => Promise<void>)[] = []
  const options = { after: (finish: () => Promise<void>) => ends.push(finish) }
  await using simulator = await startSimulator({ script: [{ text: 'ok' }] })
  await tapedAgent({ baseURL: simulator.baseURL, dispatcher: openTape(file, options).dispatcher, apiKey: key }).generate('go')
  await ends[0]?.()
  expect(existsSync(file)).toBe(true)
  openTape(file, options)
  await expect(ends[1]?.()).rejects.toMatchObject({ code: 'unexpected-request' })
})

test('contents are redacted before they are written, and requests before they are looked up', async () => {
  const file = newFile()
  const redact = (text: string): string => text.replaceAll('Ada', 'Somebody')
  await using simulator = await startSimulator({ script: [{ text: 'Hello Ada.' }] })
  const recording = openTape(file, { redact })
  await tapedAgent({ baseURL: simulator.baseURL, dispatcher: recording.dispatcher, apiKey: key }).generate('I am Ada.')
  await recording.close()
  expect(readFileSync(file, 'utf8')).not.toContain('Ada')
  const result = await tapedAgent({ dispatcher: openTape(file, { redact }).dispatcher }).generate('I am Ada.')
  expect(result.text).toBe('Hello Somebody.')
})

test('what varies from run to run is taken out of both sides before they are compared, and of the differences of a miss', async () => {
  const file = newFile()
  const match = (body: string): string => body.replace(/run-\d+/g, 'RUN')
  await using simulator = await startSimulator({ script })
  const recording = openTape(file, { match })
  const agentOf = (id: string, settings: object): Agent => tapedAgent({ ...settings, instructions: `You are in run-${id}.` })
  await agentOf('1', { baseURL: simulator.baseURL, dispatcher: recording.dispatcher, apiKey: key }).generate('go')
  await recording.close()
  expect(readFileSync(file, 'utf8')).toContain('run-1')

  const tape = openTape(file, { match })
  expect((await agentOf('2', { dispatcher: tape.dispatcher }).generate('go')).text).toBe('The tent weighs 1200 g.')
  tape.assertDone()
  expect(await errorOf(agentOf('2', { dispatcher: openTape(file).dispatcher }).generate('go'))).toMatchObject({
    message: expect.stringContaining('+ You are in run-2.'),
  })
  const missed = await errorOf(agentOf('3', { dispatcher: openTape(file, { match }).dispatcher, weigh: () => 1.2 }).generate('go'))
  expect(missed.message.split('\n').slice(1)).toEqual(['The nearest is exchange 2 of 2; - is recorded, + is new:', 'message 4 (tool):', '  - 1200', '  + 1.2'])
  expect(() => openTape(file, { match: () => 5 as never })).toThrow('`match` of openTape() must return the text that is compared, not a number.')
})

test('what an endpoint taught is learned again from each tape, also in a process that has learned it', async () => {
  // A thinking model whose profile is not used refuses calls without their reasoning.
  const thinking = (dispatcher: Dispatcher, baseURL: string): Agent => tapedAgent({ baseURL, dispatcher, apiKey: key, model: 'kimi-k2-thinking' })
  await using simulator = await startSimulator({ script: [...script, ...script] })
  const files = [newFile(), newFile()]
  const recorded: (readonly object[])[] = []
  for (const file of files) {
    await using tape = openTape(file)
    recorded.push(await eventsOf(thinking(tape.dispatcher, simulator.baseURL)))
  }
  const types = recorded.map((events) => events.map((event) => 'type' in event && event.type))
  expect(types[0]).toContain('repaired')
  expect(types[1]).toEqual(types[0])
  for (const [index, file] of [...files.entries()].reverse())
    expect(await eventsOf(thinking(openTape(file).dispatcher, simulator.baseURL))).toEqual(recorded[index])
})

test('at once is fast under fake timers and whatever the server asked for; in real time the timers decide', async () => {
  const faults: readonly FaultRule[] = [{ fault: { kind: 'status', status: 429, retryAfter: 20 }, requests: 'first' }]
  await using simulator = await startSimulator({ script: [{ text: 'refused' }, { text: 'a b c d' }], faults, chunkDelayMs: 30 })
  const file = newFile()
  const recording = openTape(file)
  const settings = { baseURL: simulator.baseURL, model: 'deepseek-chat', apiKey: key, dispatcher: recording.dispatcher, stream: true }
  const model = openaiCompatible(settings)
  const take = async (dispatcher: Dispatcher): Promise<string> => {
    let text = ''
    for await (const events of model.through?.(dispatcher).stream({ messages: [{ role: 'user', content: 'go' }] }, { signal: AbortSignal.timeout(9_000) }) ??
      []) {
      for (const event of events) if (event.type === 'text-delta') text += event.delta
    }
    return text
  }
  await take(recording.dispatcher).catch(() => undefined)
  expect(await take(recording.dispatcher)).not.toBe('')
  await recording.close()

  vi.useFakeTimers()
  const fast = openTape(file)
  const refused = await errorOf(take(fast.dispatcher))
  expect(refused.code).toBe('rate-limited')
  expect(refused.retryAfterMs).toBe(0)
  expect(await take(fast.dispatcher)).toBe('a b c d')

  const slow = openTape(file, { pace: 'real-time' })
  let text: string | undefined
  const takeBoth = async (): Promise<void> => {
    await errorOf(take(slow.dispatcher))
    text = await take(slow.dispatcher)
  }
  void takeBoth()
  await vi.advanceTimersByTimeAsync(5)
  expect(text).toBeUndefined()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(text).toBe('a b c d')
})

test('a recorded abort is not a reply: whoever does not abort there gets an error, at once', async () => {
  const faults: readonly FaultRule[] = [{ fault: { kind: 'stall', at: 'mid-stream' }, requests: 'first' }]
  await using simulator = await startSimulator({ faults })
  const file = newFile()
  const tape = openTape(file)
  const run = tapedAgent({ baseURL: simulator.baseURL, dispatcher: tape.dispatcher, apiKey: key }).stream('go')
  await simulator.waitForRequest(1)
  setTimeout(() => run.abort(), 100)
  expect((await errorOf(run.result)).code).toBe('aborted')
  await tape.close()
  const error = await errorOf(tapedAgent({ dispatcher: openTape(file).dispatcher }).generate('go'))
  expect(error).toMatchObject({ code: 'unexpected-request', message: expect.stringContaining('was aborted here by its own program') })
})

test.each<[unknown, unknown, string]>([
  ['x', { recrod: 'once' }, 'Use `record`'],
  ['x', { mode: 'none' }, 'Use `record`'],
  ['x', { record: 'always' }, "must be 'once', 'none' or 'all', not \"always\""],
  ['x', { pace: 'slow' }, "must be 'at-once' or 'real-time'"],
  ['x', { redact: true }, '`redact` of openTape() must be a function'],
  ['x', { match: /x/ }, '`match` of openTape() must be a function'],
  ['x', { normalise: true }, 'Use `match`'],
  ['', {}, 'takes the path of a file'],
  [undefined, {}, 'takes the path of a file'],
])('options are checked: %o, %o', (file, options, message) => {
  expect(() => openTape(file as string, options as TapeOptions)).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
  )
})
