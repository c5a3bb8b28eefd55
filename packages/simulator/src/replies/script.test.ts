import { describe, expect, test } from 'vitest'
import { asObject, parseJson } from '../json.ts'
import { startSimulator } from '../start-simulator.ts'
import { errorMessage, firstChoice, firstMessage, payloads, post, postJson, postStream } from '../testing/client.ts'

describe('the script', () => {
  test('replies are used in the order of the requests', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one' }, { text: 'two' }] })
    const texts = [await postJson(simulator.baseURL), await postJson(simulator.baseURL)].map(({ body }) => firstMessage(body)['content'])
    expect(texts).toEqual(['one', 'two'])
    expect(() => simulator.assertDone()).not.toThrow()
  })

  test('a request after the end of the script is refused with a status that no client retries, and assertDone fails', async () => {
    await using simulator = await startSimulator({ script: [] })
    const response = await post(simulator.baseURL)
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([400, 'false'])
    expect(errorMessage(asObject(parseJson(await response.text())))).toBe('Request 1 was not expected: the script has 0 replies.')
    expect(() => simulator.assertDone()).toThrow('Request 1 was not expected')
  })

  test('an unexpected request is named by its number, and by its number among those that needed a scripted reply', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one' }] })
    await postJson(simulator.baseURL)
    expect(errorMessage((await postJson(simulator.baseURL)).body)).toBe('Request 2 was not expected: the script has 1 reply.')
    await postJson(simulator.baseURL, { temperature: 3 })
    expect(errorMessage((await postJson(simulator.baseURL)).body)).toBe(
      'Request 4 was not expected: the script has 1 reply, and this is number 3 of the requests that needed one.',
    )
  })

  test('an unexpected request is refused in the form of the endpoint', async () => {
    await using simulator = await startSimulator({ endpoint: 'sglang', script: [] })
    expect((await postJson(simulator.baseURL)).body).toMatchObject({ object: 'error', message: 'Request 1 was not expected: the script has 0 replies.' })
  })

  test('of many problems the first hundred are kept, and the others are counted', async () => {
    await using simulator = await startSimulator({ script: [] })
    for (let count = 0; count < 103; count += 1) await postJson(simulator.baseURL)
    expect(() => simulator.assertDone()).toThrow(/Request 100 was not expected[^:]*: the script has 0 replies\. There were 3 more problems\.$/)
  })

  test('a reply that was never requested fails assertDone', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one' }] })
    expect(() => simulator.assertDone()).toThrow('1 scripted reply was never requested')
  })

  test('a request that is refused uses up no reply', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one' }] })
    await postJson(simulator.baseURL, { temperature: 3 })
    expect(firstMessage((await postJson(simulator.baseURL)).body)['content']).toBe('one')
  })

  test('respond chooses a reply by request, and leaves other requests to the script', async () => {
    await using simulator = await startSimulator({
      script: [{ text: 'from the script' }],
      respond: (request) => (request.index === 1 ? { text: 'chosen' } : undefined),
    })
    const texts = [await postJson(simulator.baseURL), await postJson(simulator.baseURL)].map(({ body }) => firstMessage(body)['content'])
    expect(texts).toEqual(['from the script', 'chosen'])
  })

  test('when respond throws, the request is refused with a status that no client retries, and assertDone fails', async () => {
    await using simulator = await startSimulator({
      respond: () => {
        throw new Error('broken rule')
      },
    })
    const { status, body } = await postJson(simulator.baseURL)
    expect([status, errorMessage(body)]).toEqual([400, 'The response to request 1 could not be made: Error: broken rule'])
    expect(() => simulator.assertDone()).toThrow('broken rule')
  })
})

describe('a scripted reply', () => {
  test('argument text is sent byte for byte, valid or not', async () => {
    const input = '{"city": "Par\u00eds \ud83d\ude00", '
    await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'get_weather', input, id: 'x', index: 3 }] }] })
    const { body } = await postJson(simulator.baseURL)
    expect(firstMessage(body)['tool_calls']).toEqual([{ index: 3, id: 'x', type: 'function', function: { name: 'get_weather', arguments: input } }])
  })

  test('the deltas of an argument text are the text when they are joined', async () => {
    const input = { text: 'Ünïcode 漢字 😀 "quoted" \\ and \n more', list: [1, 2.5, null] }
    await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'say', input }] }] })
    const chunks = await postStream(simulator.baseURL)
    const deltas = chunks.flatMap(
      (chunk) => (JSON.parse(JSON.stringify(firstChoice(chunk)['delta'])).tool_calls ?? []) as { function: { arguments: string } }[],
    )
    expect(JSON.parse(deltas.map((delta) => delta.function.arguments).join(''))).toEqual(input)
  })

  test('a megabyte of arguments is at most 4,097 deltas', async () => {
    await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'say', input: JSON.stringify({ text: 'a1 '.repeat(350_000) }) }] }] })
    const chunks = await postStream(simulator.baseURL)
    expect(chunks.length).toBeLessThan(4_110)
  })

  test('without calls the finish reason is stop, with calls it is tool_calls', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a' }, { toolCalls: [{ name: 'a', input: {} }] }] })
    const reasons = [await postJson(simulator.baseURL), await postJson(simulator.baseURL)].map(({ body }) => firstChoice(body)['finish_reason'])
    expect(reasons).toEqual(['stop', 'tool_calls'])
  })

  test('a finish reason of null is never sent', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a', finishReason: null }] })
    const chunks = await postStream(simulator.baseURL)
    expect(chunks.every((chunk) => firstChoice(chunk)['finish_reason'] === null)).toBe(true)
  })

  test('usage replaces fields of the computed usage', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a', usage: { prompt_tokens: 77 } }] })
    expect((await postJson(simulator.baseURL)).body['usage']).toMatchObject({ prompt_tokens: 77, completion_tokens: 1 })
  })

  test('usage of null is not sent', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a', usage: null }] })
    expect((await postJson(simulator.baseURL)).body).not.toHaveProperty('usage')
  })

  test('exact chunks are sent as they are, then the end mark', async () => {
    const chunks = [{ choices: [{ delta: { content: 'x' } }] }, { odd: true }]
    await using simulator = await startSimulator({ script: [{ chunks }] })
    const text = await (await post(simulator.baseURL, { stream: true })).text()
    expect(payloads(text)).toEqual(chunks)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('a status without a body has the message of the family', async () => {
    await using simulator = await startSimulator({ script: [{ status: 402 }, { status: 429, headers: { 'retry-after': '3' } }] })
    expect((await postJson(simulator.baseURL)).body).toEqual({
      error: { message: 'Insufficient Balance', type: 'unknown_error', param: null, code: 'invalid_request_error' },
    })
    expect((await post(simulator.baseURL)).headers.get('retry-after')).toBe('3')
  })

  test('a body of text is sent as it is', async () => {
    await using simulator = await startSimulator({ script: [{ body: '<html>Sign in</html>' }] })
    const response = await post(simulator.baseURL)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'text/html; charset=utf-8', '<html>Sign in</html>'])
  })

  test('a fault that changes replies fails assertDone when it is used with exact chunks', async () => {
    await using simulator = await startSimulator({ script: [{ chunks: [], fault: { kind: 'empty' } }] })
    await postStream(simulator.baseURL)
    expect(() => simulator.assertDone()).toThrow("Fault 'empty' of request 1 changes a reply, so it cannot be applied to exact chunks or a body")
  })
})

describe('pauses', () => {
  test('delayMs is a pause before the response', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a', delayMs: 60 }] })
    const started = performance.now()
    await post(simulator.baseURL)
    expect(performance.now() - started).toBeGreaterThan(50)
  })

  test('chunkDelayMs is a pause between events', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'a b c d' }], chunkDelayMs: 20 })
    const started = performance.now()
    const chunks = await postStream(simulator.baseURL)
    expect(performance.now() - started).toBeGreaterThan(15 * chunks.length)
  })
})

describe('limits of a request', () => {
  const script = [{ reasoning: 'one two', text: 'three four five STOP six' }]

  test('max_tokens cuts the reply, and the finish reason is length', async () => {
    await using simulator = await startSimulator({ script })
    const { body } = await postJson(simulator.baseURL, { max_tokens: 4 })
    expect(firstChoice(body)).toMatchObject({ finish_reason: 'length', message: { reasoning_content: 'one two', content: 'three four' } })
    expect(body['usage']).toMatchObject({ completion_tokens: 4 })
  })

  test('max_tokens can cut inside the reasoning', async () => {
    await using simulator = await startSimulator({ script })
    const { body } = await postJson(simulator.baseURL, { max_tokens: 1 })
    expect(firstChoice(body)).toMatchObject({ finish_reason: 'length', message: { reasoning_content: 'one', content: '' } })
  })

  test('max_tokens can cut inside the arguments of a call', async () => {
    await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'a', input: { city: 'Paris' } }] }] })
    const { body } = await postJson(simulator.baseURL, { max_tokens: 3 })
    expect(firstChoice(body)).toMatchObject({ finish_reason: 'length', message: { tool_calls: [{ function: { arguments: '{"city' } }] } })
  })

  test('calls after the last allowed token are dropped', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one two', toolCalls: [{ name: 'a', input: {} }] }] })
    const choice = firstChoice((await postJson(simulator.baseURL, { max_tokens: 2 })).body)
    expect(choice).toMatchObject({ finish_reason: 'length', message: { content: 'one two' } })
    expect(choice['message']).not.toHaveProperty('tool_calls')
  })

  test('of several stop strings, the first in the text counts', async () => {
    await using simulator = await startSimulator({ script })
    expect(firstMessage((await postJson(simulator.baseURL, { stop: ['STOP', 'four'] })).body)['content']).toBe('three ')
  })

  test('a stop string ends the text and is not part of it', async () => {
    await using simulator = await startSimulator({ script })
    expect(firstMessage((await postJson(simulator.baseURL, { stop: ['STOP'] })).body)['content']).toBe('three four five ')
  })

  test('a scripted reply with a finish reason is not cut', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one two three', finishReason: 'stop' }] })
    expect(firstChoice((await postJson(simulator.baseURL, { max_tokens: 1 })).body)).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'one two three' },
    })
  })
})
