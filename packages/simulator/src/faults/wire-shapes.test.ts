import { describe, expect, test } from 'vitest'
import { asArray, asObject, type JsonObject } from '../json.ts'
import type { ScriptedReply } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstChoice, payloads, post, postRaw } from '../testing/client.ts'
import type { Fault } from './fault.ts'

const hello: ScriptedReply = { reasoning: 'Well.', text: 'one two three four' }
const calls: ScriptedReply = {
  toolCalls: [
    { name: 'get_weather', input: { city: 'Oslo' } },
    { name: 'get_time', input: { city: 'Rome' } },
  ],
}

async function ask(
  fault: Fault,
  reply: ScriptedReply = hello,
  body: JsonObject = {},
): Promise<{ readonly bytes: Buffer; readonly chunks: readonly JsonObject[]; readonly headers: Headers }> {
  await using simulator = await startSimulator({ script: [{ ...reply, fault }] })
  const response = await post(simulator.baseURL, { stream: true, ...body })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { bytes, chunks: payloads(bytes.toString()), headers: response.headers }
}

const callsIn = (chunks: readonly JsonObject[]): readonly JsonObject[] =>
  chunks.flatMap((chunk) => asArray(asObject(firstChoice(chunk)['delta'])['tool_calls']).map(asObject))
const namesIn = (chunks: readonly JsonObject[]): readonly unknown[] => callsIn(chunks).flatMap((call) => asObject(call['function'])['name'] ?? [])
const argumentsIn = (chunks: readonly JsonObject[], index: number): string =>
  callsIn(chunks)
    .filter((call) => call['index'] === index)
    .map((call) => asObject(call['function'])['arguments'] ?? '')
    .join('')

describe('how calls are written', () => {
  test.each([
    ['missing', [undefined]],
    ['same', [0]],
    ['gaps', [0, 7]],
    ['from-one', [1, 2]],
    ['reversed', [99, 98]],
  ] as const)('call-index %s', async (as, indexes) => {
    const { chunks } = await ask({ kind: 'call-index', as }, calls)
    expect([...new Set(callsIn(chunks).map((call) => call['index']))]).toEqual(indexes)
  })

  test.each([
    ['missing', [undefined]],
    ['empty', ['', undefined]],
    ['repeated', ['call_again', undefined]],
  ] as const)('call-id %s', async (as, ids) => {
    const { chunks } = await ask({ kind: 'call-id', as }, calls)
    expect([...new Set(callsIn(chunks).map((call) => call['id']))]).toEqual(ids)
  })

  test.each([
    ['split', ['get', '_weather', 'get', '_time']],
    ['late', ['get_weather', 'get_time']],
    ['prefixed', ['functions.get_weather', 'functions.get_time']],
    ['suffixed', ['get_weather:0', 'get_time:0']],
    ['empty', ['', '']],
  ] as const)('call-name %s', async (as, names) => {
    expect(namesIn((await ask({ kind: 'call-name', as }, calls)).chunks)).toEqual(names)
  })

  test('interleaved fragments are the arguments when they are joined', async () => {
    const { chunks } = await ask({ kind: 'fragments', characters: 1, interleaved: true }, calls)
    expect([argumentsIn(chunks, 0), argumentsIn(chunks, 1)]).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    const order = callsIn(chunks).map((call) => call['index'])
    expect(order.slice(2, 8)).toEqual([0, 1, 0, 1, 0, 1])
  })

  test.each([
    ['empty', ''],
    ['double-encoded', '"{\\"city\\":\\"Rome\\"}"'],
    ['trailing-comma', '{"city":"Rome",}'],
    ['concatenated', '{"city":"Rome"}{"city":"Rome"}'],
    ['cut', '{"city":"Rome"'],
  ] as const)('call-arguments %s', async (as, text) => {
    expect(argumentsIn((await ask({ kind: 'call-arguments', as }, calls)).chunks, 1)).toBe(text)
  })

  test('call-arguments object sends an object instead of a text', async () => {
    const { chunks } = await ask({ kind: 'call-arguments', as: 'object' }, calls)
    expect(callsIn(chunks).map((call) => asObject(call['function'])['arguments'])).toContainEqual({ city: 'Rome' })
  })

  test('many-calls repeats the last call, each time with another id', async () => {
    const { chunks } = await ask({ kind: 'many-calls', count: 5 }, calls)
    expect(new Set(callsIn(chunks).flatMap((call) => call['id'] ?? [])).size).toBe(5)
  })
})

describe('frames', () => {
  test.each([
    ['lone', [0xff]],
    ['overlong', [0xc0, 0xaf]],
  ] as const)('invalid-utf8 %s puts exactly these bytes into the text', async (of, bytes) => {
    expect((await ask({ kind: 'invalid-utf8', of })).bytes.includes(Buffer.from(bytes))).toBe(true)
  })

  test('invalid-utf8 truncated ends inside a character', async () => {
    expect([...(await ask({ kind: 'invalid-utf8', of: 'truncated' })).bytes.subarray(-2)]).toEqual([0xf0, 0x9f])
  })

  test.each(['no-space', 'multi-line', 'mixed-endings', 'fields', 'no-last-break'] as const)('framing %s has the same events', async (as) => {
    const { bytes } = await ask({ kind: 'framing', as })
    const events = bytes
      .toString()
      .split(/(?:\r\n|\r|\n){2}/)
      .map((block) => [...block.matchAll(/^data: ?(.+)$/gm)].map((match) => match[1]).join('\n'))
      .filter((data) => data.startsWith('{'))
    expect(events.map((data) => asObject(firstChoice(JSON.parse(data))['delta'])['content'] ?? '').join('')).toBe('one two three four')
  })

  test('odd-event and choice-index add one event in the middle', async () => {
    const plain = (await ask({ kind: 'no-done' })).chunks.length
    expect((await ask({ kind: 'odd-event', as: 'empty-choices' })).chunks).toHaveLength(plain + 1)
    const { chunks } = await ask({ kind: 'choice-index', value: '1e9' })
    expect(chunks.map((chunk) => firstChoice(chunk)['index'])).toContain(1e9)
  })

  test('reasoning-field moves, doubles or tags the reasoning', async () => {
    const deltas = async (as: 'reasoning' | 'both' | 'think-tags') =>
      (await ask({ kind: 'reasoning-field', as })).chunks.map((chunk) => asObject(firstChoice(chunk)['delta']))
    expect((await deltas('reasoning')).map((delta) => delta['reasoning'] ?? '').join('')).toBe('Well.')
    expect((await deltas('both')).some((delta) => delta['reasoning'] === delta['reasoning_content'] && delta['reasoning'] === 'Well')).toBe(true)
    expect((await deltas('think-tags')).map((delta) => delta['content'] ?? '').join('')).toBe('<think>Well.</think>one two three four')
  })

  test('long-text sends as much text as requested', async () => {
    const { chunks } = await ask({ kind: 'long-text', bytes: 100_000 })
    expect(chunks.map((chunk) => asObject(firstChoice(chunk)['delta'])['content'] ?? '').join('').length).toBeGreaterThanOrEqual(100_000)
  })
})

describe('connections and headers', () => {
  test('refuse: connections are refused', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'refuse' } }] })
    await expect(fetch(simulator.baseURL)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  test.each([
    ['http', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ['alert', /^ERR_SSL_.*ALERT_HANDSHAKE_FAILURE$/],
    ['reset', 'ECONNRESET'],
  ] as const)('handshake:%s', async (as, code) => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'handshake', as } }] })
    await expect(fetch(simulator.baseURL.replace('http:', 'https:'))).rejects.toMatchObject({ cause: { code: expect.stringMatching(code) } })
  })

  test('cut-headers ends inside the headers', async () => {
    await using simulator = await startSimulator({ script: [{ ...hello, fault: { kind: 'cut-headers', bytes: 20, end: 'close' } }] })
    expect(await postRaw(simulator.baseURL)).toEqual({ text: 'HTTP/1.1 200 OK\r\ncon', end: 'fin' })
  })

  test('hang-up closes a connection that the client would use again', async () => {
    await using simulator = await startSimulator({ script: [{ ...hello, fault: { kind: 'hang-up' } }, hello] })
    await (await post(simulator.baseURL)).text()
    await (await post(simulator.baseURL)).text()
    expect(simulator.requests.map(({ connectionId }) => connectionId)).toEqual([1, 2])
  })

  test('status can send dates, milliseconds, x-should-retry and an echo of the key', async () => {
    const { headers, bytes } = await ask({ kind: 'status', status: 429, retryAfter: 'date+60', retryAfterMs: 5, shouldRetry: false, echoKey: true })
    const seconds = (Date.parse(headers.get('retry-after') ?? '') - Date.now()) / 1_000
    expect(seconds).toBeGreaterThan(50)
    expect([headers.get('retry-after-ms'), headers.get('x-should-retry')]).toEqual(['5', 'false'])
    expect(bytes.toString()).toContain('Your key is key')
  })

  test('usage at-limit reports max_tokens as output tokens', async () => {
    const { chunks } = await ask({ kind: 'usage', value: 'at-limit' }, hello, { max_tokens: 77 })
    expect(asObject(chunks.at(-1)?.['usage'])['completion_tokens']).toBe(77)
  })

  test('a probability affects the same requests for the same seed', async () => {
    const affected = async (seed: number): Promise<string> => {
      await using simulator = await startSimulator({ seed, respond: () => hello, faults: [{ fault: { kind: 'status', status: 503 }, probability: 0.5 }] })
      const statuses = []
      for (let count = 0; count < 20; count++) statuses.push((await post(simulator.baseURL)).status)
      return statuses.join(' ')
    }
    const first = await affected(1)
    expect(await affected(1)).toBe(first)
    expect(await affected(2)).not.toBe(first)
    expect(first).toMatch(/200.*503|503.*200/)
  })
})
