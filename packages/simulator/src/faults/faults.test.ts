import { describe, expect, test } from 'vitest'
import { asArray, asObject, type JsonObject } from '../json.ts'
import type { ScriptedReply } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstChoice, firstMessage, payloads, post, postRaw, postStream, type RawExchange } from '../testing/client.ts'
import type { Fault } from './fault.ts'

const hello: ScriptedReply = { text: 'one two three four' }
const calls: ScriptedReply = { reasoning: 'I look.', toolCalls: [{ name: 'get_weather', input: { city: 'Oslo', days: 2 } }] }

async function raw(fault: Fault, body: JsonObject = { stream: true }, reply: ScriptedReply = hello): Promise<RawExchange> {
  await using simulator = await startSimulator({ script: [{ ...reply, fault }] })
  return await postRaw(simulator.baseURL, body)
}

interface Received {
  readonly response: Response
  readonly text: string
  readonly chunks: readonly JsonObject[]
}

async function ask(fault: Fault, body: JsonObject = { stream: true }, reply: ScriptedReply = hello): Promise<Received> {
  await using simulator = await startSimulator({ script: [{ ...reply, fault }] })
  const response = await post(simulator.baseURL, body)
  const text = await response.text()
  return { response, text, chunks: payloads(text) }
}

const contentOf = (text: string): string =>
  payloads(text.replace(/\r\n[0-9a-f]+\r\n/g, ''))
    .map((chunk) => asObject(firstChoice(chunk)['delta'])['content'] ?? '')
    .join('')

describe('reset and close', () => {
  test.each(['reset', 'close'] as const)('%s before the headers sends nothing', async (kind) => {
    expect(await raw({ kind, at: 'before-headers' })).toEqual({ text: '', end: kind === 'reset' ? 'reset' : 'fin' })
  })

  test.each(['reset', 'close'] as const)('%s after the headers sends no event', async (kind) => {
    const { text, end } = await raw({ kind, at: 'after-headers' })
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(text).not.toContain('data:')
    expect(end).toBe(kind === 'reset' ? 'reset' : 'fin')
  })

  test.each(['reset', 'close'] as const)('%s in mid-stream happens after some content', async (kind) => {
    const { text } = await raw({ kind, at: 'mid-stream' })
    expect(contentOf(text)).toBe('one two')
    expect(text).not.toContain('[DONE]')
  })

  test('close in mid-stream does not end the chunked body', async () => {
    expect((await raw({ kind: 'close', at: 'mid-stream' })).text).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  test('before-finish sends all content and no finish reason', async () => {
    const { text } = await raw({ kind: 'close', at: 'before-finish' })
    expect(contentOf(text)).toBe('one two three four')
    expect(text).not.toContain('"finish_reason":"stop"')
  })

  test('before-done sends the finish reason and no end mark', async () => {
    const { text } = await raw({ kind: 'close', at: 'before-done' })
    expect(text).toContain('"finish_reason":"stop"')
    expect(text).not.toContain('[DONE]')
  })

  test('a body that is not a stream is cut too', async () => {
    const { text } = await raw({ kind: 'close', at: 'mid-stream' }, {})
    expect(text).toContain('{"id":')
    expect(text).not.toContain('"usage"')
  })
})

describe('cut', () => {
  test('at any byte of a stream gives exactly that many bytes', async () => {
    const { text: whole } = await ask({ kind: 'no-done' }, { stream: true }, { text: 'é 😀' })
    const bytes = Buffer.from(whole)
    const lengths = Array.from({ length: 24 }, (_, index) => Math.floor((index * bytes.length) / 24))
    await using simulator = await startSimulator({
      respond: ({ index }) => ({ text: 'é 😀', fault: { kind: 'cut', bytes: lengths[index] ?? 0 } }),
    })
    for (const length of lengths) {
      const response = await post(simulator.baseURL, { stream: true })
      expect(Buffer.from(await response.arrayBuffer()).length).toBe(length)
    }
  })

  test('can end with a reset', async () => {
    expect((await raw({ kind: 'cut', bytes: 10, end: 'reset' })).end).toBe('reset')
  })
})

describe('stall', () => {
  test.each([
    ['before-headers', ''],
    ['first-event', ''],
    ['mid-stream', 'one two'],
    ['before-finish', 'one two three four'],
    ['after-done', 'one two three four'],
  ] as const)('at %s sends %j and nothing more', async (at, content) => {
    await using simulator = await startSimulator({ script: [{ ...hello, fault: { kind: 'stall', at } }] })
    const controller = new AbortController()
    const seen: string[] = []
    const reading = readUntil({ baseURL: simulator.baseURL, signal: controller.signal, seen, content })
    await simulator.waitForRequest(1)
    if (at !== 'before-headers') await reading.reached
    controller.abort()
    await reading.done
    await simulator.requests[0]?.ended
    expect(contentOf(seen.join(''))).toBe(content)
    expect(simulator.requests[0]?.closedByClient).toBe(true)
  })

  test('with keepAliveMs, comments are sent meanwhile', async () => {
    await using simulator = await startSimulator({ script: [{ ...hello, fault: { kind: 'stall', at: 'first-event', keepAliveMs: 1 } }] })
    const controller = new AbortController()
    const response = await post(simulator.baseURL, { stream: true }, { signal: controller.signal })
    const first = await response.body?.getReader().read()
    controller.abort()
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^: keep-alive\n\n/)
  })
})

interface Reading {
  readonly baseURL: string
  readonly signal: AbortSignal
  readonly seen: string[]
  readonly content: string
}

/** Reads a stream until the content was seen, then on until it is aborted. */
function readUntil({ baseURL, signal, seen, content }: Reading): { readonly reached: Promise<void>; readonly done: Promise<void> } {
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  async function read(): Promise<void> {
    const response = await post(baseURL, { stream: true }, { signal })
    if (content === '') reach()
    for await (const piece of response.body ?? []) {
      seen.push(Buffer.from(piece).toString())
      if (contentOf(seen.join('')) === content) reach()
    }
  }
  return { reached, done: read().catch(() => undefined) }
}

describe('faults of the response', () => {
  test('status has Retry-After and the message of the family', async () => {
    const { response, text } = await ask({ kind: 'status', status: 429, retryAfter: 1 }, { model: 'kimi-k2-thinking' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
    expect(text).toContain('rate_limit_reached_error')
  })

  test('status can replace the body and add headers', async () => {
    const { response, text } = await ask({ kind: 'status', status: 504, body: '<html>504</html>', headers: { 'x-request-id': 'r' } })
    expect([response.status, text, response.headers.get('x-request-id')]).toEqual([504, '<html>504</html>', 'r'])
  })

  test('html is a page with status 200', async () => {
    const { response, text } = await ask({ kind: 'html', bytes: 5000 })
    expect([response.status, response.headers.get('content-type'), text.length]).toEqual([200, 'text/html; charset=utf-8', 5000])
  })

  test('json-body is a completion in one body although a stream was requested', async () => {
    const { response, text } = await ask({ kind: 'json-body' })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(firstMessage(JSON.parse(text))['content']).toBe('one two three four')
  })

  test('json-body envelope puts the completion into an envelope', async () => {
    expect(JSON.parse((await ask({ kind: 'json-body', of: 'envelope' })).text)).toMatchObject({ success: true, data: { object: 'chat.completion' } })
  })

  test('redirect has a Location', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' } }] })
    const response = await post(simulator.baseURL, {}, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://127.0.0.1:9/elsewhere'])
  })

  test('content-type changes the header and keeps the bytes', async () => {
    const { response, chunks } = await ask({ kind: 'content-type', value: 'text/plain' })
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(chunks.length).toBeGreaterThan(4)
  })

  test.each(['gzip', 'br', 'deflate'] as const)('gzip with encoding %s is compressed, and can be read again', async (encoding) => {
    const { response, text } = await ask({ kind: 'gzip', encoding })
    expect([response.headers.get('content-encoding'), contentOf(text)]).toEqual([encoding, 'one two three four'])
  })

  test('corrupt gzip cannot', async () => {
    await expect(ask({ kind: 'gzip', corrupt: true }).then(({ text }) => text)).rejects.toThrow()
  })

  test('a Content-Length that is too long breaks the body', async () => {
    await expect(ask({ kind: 'content-length', by: 10 })).rejects.toThrow()
  })

  test('a Content-Length that is too short cuts the body', async () => {
    const { text } = await raw({ kind: 'content-length', by: -5 }, {})
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(body.length - Number(/content-length: (\d+)/i.exec(head)?.[1])).toBe(5)
  })

  test('garbage is not HTTP', async () => {
    await expect(ask({ kind: 'garbage' })).rejects.toThrow()
  })

  test('many-headers sends them all', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'many-headers', count: 20 } }] })
    expect((await post(simulator.baseURL)).headers.get('x-extra-19')).toHaveLength(100)
  })

  test('hang-up is a complete response', async () => {
    expect((await raw({ kind: 'hang-up' })).text).toMatch(/\r\n0\r\n\r\n$/)
  })
})

describe('faults of events', () => {
  test('keep-alive sends comments before the first event', async () => {
    expect((await ask({ kind: 'keep-alive', count: 2, everyMs: 1 })).text).toMatch(/^: keep-alive\n\n: keep-alive\n\ndata: \{/)
  })

  test('keep-alive before a body that is not a stream is blank lines', async () => {
    const { text } = await ask({ kind: 'keep-alive', everyMs: 1 }, {})
    expect(text).toMatch(/^\n\n\n\{/)
    expect(firstMessage(JSON.parse(text))['content']).toBe('one two three four')
  })

  test('flood sends as many comments as requested', async () => {
    const { text } = await ask({ kind: 'flood', of: 'comments', count: 2500 })
    expect(text.match(/^: flood$/gm)).toHaveLength(2500)
  })

  test('malformed breaks one event and no other', async () => {
    const { text } = await ask({ kind: 'malformed', event: 2 })
    const broken = text.split('\n\n').filter((event) => event.startsWith('data: {') && !isJson(event.slice(6)))
    expect(broken).toHaveLength(1)
  })

  test('duplicate sends one event twice', async () => {
    expect(contentOf((await ask({ kind: 'duplicate', event: 2 })).text)).toBe('oneone two three four')
  })

  test.each([
    [undefined, true],
    [false, false],
  ])('no-finish with done %s: end mark %s', async (done, hasDone) => {
    const { text, chunks } = await ask({ kind: 'no-finish', done })
    expect(chunks.every((chunk) => firstChoice(chunk)['finish_reason'] === null)).toBe(true)
    expect(contentOf(text)).toBe('one two three four')
    expect(text.includes('[DONE]')).toBe(hasDone)
  })

  test('no-finish of a body that is not a stream is null', async () => {
    const { text } = await ask({ kind: 'no-finish' }, {})
    expect(firstChoice(JSON.parse(text))['finish_reason']).toBeNull()
  })

  test('no-done omits only the end mark', async () => {
    const { text } = await ask({ kind: 'no-done' })
    expect(text).toContain('"finish_reason":"stop"')
    expect(text).not.toContain('[DONE]')
  })

  test('after-done sends one more event', async () => {
    expect((await ask({ kind: 'after-done' })).text).toMatch(/data: \[DONE\]\n\ndata: \{.*late.*\}\n\n$/)
  })

  test('error-event as the first event', async () => {
    const { response, chunks } = await ask({ kind: 'error-event', message: 'Overloaded.' })
    expect(response.status).toBe(200)
    expect(chunks).toEqual([{ error: { message: 'Overloaded.', type: 'server_error', param: null, code: 'invalid_request_error' } }])
  })

  test('error-event in mid-stream, with a name', async () => {
    const { text } = await ask({ kind: 'error-event', at: 'mid-stream', as: 'named' })
    expect(text).toMatch(/"content":" two".*\n\nevent: error\ndata: \{"error":/)
  })

  test('usage can be missing, negative or text', async () => {
    const usages = await Promise.all(
      (['missing', 'negative', 'text'] as const).map(async (value) => (await ask({ kind: 'usage', value })).chunks.at(-1)?.['usage']),
    )
    expect(usages).toMatchObject([undefined, { completion_tokens: -4 }, { completion_tokens: '4 tokens' }])
  })

  test('usage can be in every event', async () => {
    const { chunks } = await ask({ kind: 'usage', value: 'every-event' })
    expect(chunks.every((chunk) => asObject(chunk['usage'])['completion_tokens'] === 4)).toBe(true)
  })
})

describe('faults of bytes', () => {
  test.each([[[1]], [[3, 1, 7]], [[1000]]])('chunking by %j keeps the bytes', async (sizes) => {
    const { text } = await ask({ kind: 'chunking', sizes }, { stream: true }, { text: 'é 漢 😀' })
    expect(contentOf(text)).toBe('é 漢 😀')
  })

  test('chunking writes pieces of the given sizes, again and again', async () => {
    const { text } = await raw({ kind: 'chunking', sizes: [3, 1, 7] })
    const sizes = [...text.matchAll(/\r\n([0-9a-f]+)\r\n/g)].map((found) => Number.parseInt(found[1] ?? '', 16))
    expect(sizes.slice(0, 6)).toEqual([3, 1, 7, 3, 1, 7])
  })

  test('line-ending crlf and cr', async () => {
    expect((await ask({ kind: 'line-ending', value: 'crlf' })).text).not.toMatch(/[^\r]\n/)
    expect((await ask({ kind: 'line-ending', value: 'cr' })).text).not.toContain('\n')
  })

  test('byte-order-mark', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'byte-order-mark' } }] })
    const bytes = Buffer.from(await (await post(simulator.baseURL, { stream: true })).arrayBuffer())
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })

  test('huge-event has one long line', async () => {
    const { text } = await ask({ kind: 'huge-event', bytes: 100_000 })
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeGreaterThan(99_000)
  })

  test('slow pauses before each event', async () => {
    const started = performance.now()
    const { text, chunks } = await ask({ kind: 'slow', everyMs: 20 })
    expect(contentOf(text)).toBe('one two three four')
    expect(performance.now() - started).toBeGreaterThan(15 * chunks.length)
  })
})

describe('faults of the reply', () => {
  test('length cuts the arguments of the last call', async () => {
    const { text } = await ask({ kind: 'length', keepCharacters: 5 }, {}, calls)
    expect(firstChoice(JSON.parse(text))).toMatchObject({ finish_reason: 'length', message: { tool_calls: [{ function: { arguments: '{"cit' } }] } })
  })

  test('length cuts text where there are no calls', async () => {
    const { text } = await ask({ kind: 'length' }, {})
    expect(firstChoice(JSON.parse(text))).toMatchObject({ finish_reason: 'length', message: { content: 'one two t' } })
  })

  test('empty has neither text nor calls', async () => {
    const { text } = await ask({ kind: 'empty' }, {}, calls)
    const choice = firstChoice(JSON.parse(text))
    expect(choice).toMatchObject({ finish_reason: 'stop', message: { content: '' } })
    expect(choice['message']).not.toHaveProperty('tool_calls')
  })

  test('finish-reason can be any word', async () => {
    const { text } = await ask({ kind: 'finish-reason', value: 'insufficient_system_resource' }, {})
    expect(firstChoice(JSON.parse(text))['finish_reason']).toBe('insufficient_system_resource')
  })

  test.each([
    ['kimi', '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Oslo","days":2}<|tool_call_end|>'],
    ['deepseek-v3', '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city":"Oslo","days":2}\n```<｜tool▁call▁end｜>'],
    ['deepseek-v3.1', '<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city":"Oslo","days":2}<｜tool▁call▁end｜>'],
    ['deepseek-v3.2', '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>'],
    ['deepseek-v4', '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="get_weather">'],
    ['deepseek-v4.1', '<｜DSML｜ calls>\n<｜DSML｜ invoke name="get_weather">\n<｜DSML｜ parameter name="city" string="true">Oslo</｜DSML｜ parameter>'],
    ['tool-call-tags', '<tool_call>\n{"name": "get_weather", "arguments": {"city":"Oslo","days":2}}\n</tool_call>'],
    ['quoted-tool-call-tags', '```xml\n<tool_call>\n{"name": "get_weather"'],
    ['half-tool-call-tags', '<tool_call>\n```json\n{"tool": "get_weather", "parameters": {"city":"Oslo","days":2}}\n```'],
  ] as const)('leaked-markup of %s', async (grammar, markup) => {
    const { text } = await ask({ kind: 'leaked-markup', grammar }, {}, calls)
    const choice = firstChoice(JSON.parse(text))
    expect(choice['finish_reason']).toBe('stop')
    expect(asObject(choice['message'])['content']).toContain(markup)
    expect(asArray(asObject(choice['message'])['tool_calls'])).toEqual([])
  })

  test('leaked-markup can be in the reasoning', async () => {
    const { text } = await ask({ kind: 'leaked-markup', into: 'reasoning' }, {}, calls)
    expect(firstMessage(JSON.parse(text))['reasoning_content']).toMatch(/^I look\.<\|tool_calls_section_begin\|>/)
  })
})

describe('rules', () => {
  test('a rule affects the requests that it names, by number from 1', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status: 500 }, requests: [2] }] })
    const statuses = [await post(simulator.baseURL), await post(simulator.baseURL), await post(simulator.baseURL)].map(({ status }) => status)
    expect(statuses).toEqual([200, 500, 200])
  })

  test('first is request 1', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status: 503 }, requests: 'first' }] })
    expect([(await post(simulator.baseURL)).status, (await post(simulator.baseURL)).status]).toEqual([503, 200])
  })

  test('several faults are applied to one response, in order', async () => {
    const faults = [
      { fault: { kind: 'finish-reason', value: 'odd' } as const },
      { fault: { kind: 'no-done' } as const },
      { fault: { kind: 'chunking' } as const },
    ]
    await using simulator = await startSimulator({ faults })
    const chunks = await postStream(simulator.baseURL)
    expect(firstChoice(chunks.at(-1))['finish_reason']).toBe('odd')
  })

  test('faults are applied to the replies of the offline model', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'empty' } }] })
    expect(contentOf(await (await post(simulator.baseURL, { stream: true })).text())).toBe('')
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
