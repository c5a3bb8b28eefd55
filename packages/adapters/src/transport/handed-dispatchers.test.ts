import { Agent, AgentError, type DispatchController, type Dispatcher, type DispatchHandler, type ExchangeObserver } from '@capstan/core'
import { MockAgent } from 'undici'
import { expect, test, vi } from 'vitest'
import { openaiCompatible } from '../index.ts'
import { collect, errorOf, hello } from '../testing/collect.ts'
import { completion, sendStream, startProvider, textStream } from '../testing/provider-server.ts'

const baseURL = 'http://mock.local/v1'
const timeouts = { connectMs: 500, headersMs: 500, firstContentMs: 500, gapMs: 500 }

function mockAgent(): { readonly mock: MockAgent; readonly reply: (status: number, body: string, type: string) => void } {
  const mock = new MockAgent()
  mock.disableNetConnect()
  return {
    mock,
    reply: (status, body, type) => {
      mock
        .get('http://mock.local')
        .intercept({ path: '/v1/chat/completions', method: 'POST' })
        .reply(status, body, { headers: { 'content-type': type } })
    },
  }
}

const unused: DispatchController = { paused: false, pause: () => undefined, resume: () => undefined, abort: () => undefined }

function modelOn(dispatcher: object, stream = true) {
  return openaiCompatible({ baseURL, model: 'm', dispatcher: dispatcher as Dispatcher, timeouts, stream })
}

/** A dispatcher that answers inside `dispatch()`. */
function answering(answer: (handler: DispatchHandler, controller: DispatchController) => void): Dispatcher {
  return {
    dispatch: (_options, handler) => {
      const controller = { paused: false, pause: () => undefined, resume: () => undefined, abort: (error: Error) => handler.onResponseError(controller, error) }
      answer(handler, controller)
      return true
    },
  }
}

test('undici.MockAgent answers streams, documents and complete()', async () => {
  const { mock, reply } = mockAgent()
  reply(200, textStream('mock', 'ed'), 'text/event-stream')
  expect((await collect(modelOn(mock))).text).toBe('mocked')
  reply(200, completion({ content: 'whole' }), 'application/json')
  expect((await collect(modelOn(mock, false))).text).toBe('whole')
  reply(200, completion({ content: 'called' }), 'application/json')
  expect((await modelOn(mock).complete(hello)).message.content).toEqual([{ type: 'text', text: 'called' }])
})

test('a refusal of undici.MockAgent is read, and a request without a reply is refused once', async () => {
  const { mock, reply } = mockAgent()
  reply(402, '{"error":{"message":"Insufficient Balance"}}', 'application/json')
  expect((await collect(modelOn(mock))).error).toMatchObject({ code: 'quota-exhausted', providerMessage: 'Insufficient Balance' })
  expect((await errorOf(modelOn(mock).complete(hello))).attempts).toBe(1)
  expect((await collect(modelOn(mock))).error).toMatchObject({ code: 'network-refused', retryable: false })
})

test.each<[string, (handler: DispatchHandler, controller: DispatchController) => void, object]>([
  ['without onRequestStart', (handler, controller) => handler.onResponseStart(controller, 200, {}), { code: 'first-content-timeout' }],
  [
    'with an error instead of headers',
    (handler, controller) => handler.onResponseError(controller, Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
    { code: 'network-refused' },
  ],
  [
    'with headers and an error',
    (handler, controller) => {
      handler.onRequestStart(controller, undefined)
      handler.onResponseStart(controller, 200, {})
      handler.onResponseError(controller, Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    },
    { code: 'network-reset', phase: 'first' },
  ],
  ['with an end and no headers', (handler, controller) => handler.onResponseEnd(controller, {}), { code: 'internal' }],
  ['with nothing at all', () => undefined, { code: 'connect-timeout' }],
])('a dispatcher that answers inside dispatch() %s ends in a typed error', async (_name, answer, expected) => {
  expect((await collect(modelOn(answering(answer)))).error).toMatchObject(expected)
})

test('an abort ends a request whose dispatcher never answers', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 20)
  expect((await collect(modelOn(answering(() => undefined)), hello, controller.signal)).error?.code).toBe('aborted')
})

test.each(['invalid onConnect method', 'invalid onError method', 'invalid onRequestStart method'])(
  'a dispatcher of another undici, which says "%s", is named as the cause',
  async (message) => {
    const dispatcher = {
      dispatch: () => {
        throw Object.assign(new Error(message), { code: 'UND_ERR_INVALID_ARG' })
      },
    }
    const { error } = await collect(modelOn(dispatcher))
    expect(error).toMatchObject({ code: 'invalid-options', retryable: false })
    expect(error?.message).toMatch(/`dispatcher`.*another major version of undici.*undici@7/)
  },
)

test('what undici refuses of a request is told in its own words', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('never')))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', headers: { 'x-team': 'a\nb' } })
  expect((await collect(model)).error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('invalid x-team header') })
})

test.each([undefined, ['setImmediate'] as const])('a request needs no timer that a test replaces (%o)', async (toFake) => {
  await using server = await startProvider((response) => sendStream(response, textStream('a', 'b')))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  await collect(model)
  vi.useFakeTimers(toFake === undefined ? {} : { toFake: [...toFake] })
  try {
    expect((await collect(model)).text).toBe('ab')
    expect((await model.complete(hello)).finishReason).toBe('stop')
  } finally {
    vi.useRealTimers()
  }
})

test.each<[string, Dispatcher['dispatch']]>([
  [
    'throws',
    () => {
      throw new AgentError('Nothing recorded.', { code: 'unexpected-request' })
    },
  ],
  [
    'gives to its handler',
    answering((handler) => handler.onResponseError(unused, new AgentError('Nothing recorded.', { code: 'unexpected-request' }))).dispatch,
  ],
])('an AgentError that a dispatcher %s is the error of the request, and a second model is not asked', async (_name, dispatch) => {
  const [first, second] = [{ dispatch: vi.fn(dispatch) }, { dispatch: vi.fn(dispatch) }]
  const agent = new Agent({ model: [modelOn(first), modelOn(second)] })
  await expect(agent.generate('hi')).rejects.toMatchObject({ code: 'unexpected-request', message: 'Nothing recorded.', phase: 'connect', attempts: 1 })
  expect([first.dispatch.mock.calls.length, second.dispatch.mock.calls.length]).toEqual([1, 0])
})

test('a dispatcher that reaches no network needs no key, and sends none', async () => {
  const seen: Record<string, string>[] = []
  const dispatch: Dispatcher['dispatch'] = ({ headers }, handler) => {
    seen.push(headers)
    handler.onResponseStart(unused, 200, { 'content-type': 'application/json' })
    handler.onResponseData(unused, Buffer.from(completion({ content: 'played' })))
    handler.onResponseEnd(unused, {})
    return true
  }
  const model = openaiCompatible({ baseURL, model: 'm', apiKeyEnv: 'NO_SUCH_KEY', stream: false })
  const played = model.through?.({ dispatch, isOffline: true })
  expect((await collect(model)).error?.code).toBe('missing-key')
  expect(played && (await collect(played)).text).toBe('played')
  expect(Object.keys(seen[0] ?? {})).not.toContain('authorization')
})

test('a dispatcher can send through the agent that it wraps, and its observer sees the exchange', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('a', 'b')))
  const statuses: number[] = []
  const onHeaders = (status: number): unknown => statuses.push(status)
  const observer: ExchangeObserver = { onRequest: () => ({ onHeaders, onChunk: () => undefined, onEnd: () => statuses.push(0), onError: () => undefined }) }
  const dispatcher: Dispatcher = { dispatch: (options, handler, next) => next.dispatch(options, handler, next), observer }
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', dispatcher })
  expect((await collect(model)).text).toBe('ab')
  expect(statuses).toEqual([200, 0])
})
