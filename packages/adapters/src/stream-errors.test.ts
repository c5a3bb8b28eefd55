import { describe, expect, test } from 'vitest'
import { openaiCompatible } from './index.ts'
import { collect } from './testing/collect.ts'
import { delta, done, finish, frame, sendStream, startProvider } from './testing/provider-server.ts'

const code = (error: unknown): string => frame({ error })
const words = 'The words of the provider'

/** What servers write into a stream that began with a 200, and the class that the table of refusals gives it. */
const shapes: readonly (readonly [name: string, event: string, code: string])[] = [
  ['DeepSeek: no balance', code({ message: `Insufficient Balance. ${words}`, type: 'unknown_error', code: 'invalid_request_error' }), 'quota-exhausted'],
  ['Moonshot: overloaded', code({ message: words, type: 'engine_overloaded_error' }), 'provider-overloaded'],
  ['Moonshot: quota', code({ message: words, type: 'exceeded_current_quota_error' }), 'quota-exhausted'],
  ['OpenRouter', frame({ choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }], error: { code: 429, message: words } }), 'rate-limited'],
  ['OpenRouter, in the choice', frame({ choices: [{ index: 0, error: { code: 502, message: words } }] }), 'provider-overloaded'],
  ['vLLM', code({ object: 'error', message: words, type: 'BadRequestError', param: null, code: 400 }), 'invalid-request'],
  ['SGLang', frame({ object: 'error', message: words, type: 'InternalServerError', param: null, code: 500 }), 'provider-failed'],
  ['llama.cpp: context', code({ code: 400, message: words, type: 'exceed_context_size_error' }), 'context-overflow'],
  ['llama.cpp: a line of its own', `error: ${JSON.stringify({ code: 503, message: words, type: 'unavailable_error' })}\n\n`, 'provider-overloaded'],
  ['an error line with the complete body', `error: ${JSON.stringify({ error: { code: 401, message: words } })}\n\n`, 'auth-failed'],
  ['an error line without a blank', `error:${JSON.stringify({ message: words, code: '429' })}\n\n`, 'rate-limited'],
  ['an error line of text', `error: model overloaded. ${words}\n\n`, 'provider-overloaded'],
  ['a line of JSON without a field', `${JSON.stringify({ error: { message: words, code: 'insufficient_quota' } })}\n\n`, 'quota-exhausted'],
  ['Ollama', code(`prompt too long; exceeded max context length by 4 tokens. ${words}`), 'context-overflow'],
  ['LiteLLM', code({ message: words, type: 'None', param: 'None', code: '429' }), 'rate-limited'],
  ['Gemini: a list', frame([{ error: { code: 503, message: words, status: 'UNAVAILABLE' } }]), 'provider-overloaded'],
  ['a number as status', code({ message: words, status: 401 }), 'auth-failed'],
  ['Anthropic', `event: error\n${frame({ type: 'error', error: { type: 'overloaded_error', message: words } })}`, 'provider-overloaded'],
  ['a named event with bare fields', `event: error\n${frame({ code: 'insufficient_quota', message: words })}`, 'quota-exhausted'],
  ['a named event with a string', `event: error\n${frame(JSON.stringify(`Rate limited: usage limit reached. ${words}`))}`, 'quota-exhausted'],
  ['a named event with text', `event: error\n${frame(`invalid API key. ${words}`)}`, 'auth-failed'],
  ['FastAPI', frame({ detail: `maximum context length is 5. ${words}` }), 'context-overflow'],
  ['MiniMax', frame({ base_resp: { status_code: 1008, status_msg: `insufficient balance. ${words}` } }), 'quota-exhausted'],
]

const positions: readonly (readonly [name: string, before: string])[] = [
  ['as the first event', ''],
  ['behind a comment', ': processing\n\n'],
  ['behind the role', delta({ role: 'assistant', content: '' })],
  ['behind text', delta({ content: 'Hi' })],
  ['behind the finish word', delta({ content: 'Hi' }) + finish('stop')],
]

describe.each(positions)('an error %s', (_position, before) => {
  test.each(shapes)('keeps its class and its words: %s', async (_name, event, expected) => {
    for (const end of ['', done]) {
      await using server = await startProvider((response) => sendStream(response, before + event + end))
      const { error } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))
      expect(error).toMatchObject({ code: expected, providerMessage: expect.stringContaining(words) })
    }
  })
})

test('an error line that comes byte by byte is one error', async () => {
  await using server = await startProvider(async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const byte of `error: ${JSON.stringify({ code: 429, message: words })}\n\n`) {
      response.write(byte)
      await new Promise(setImmediate)
    }
    response.end()
  })
  const { error } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))
  expect(error).toMatchObject({ code: 'rate-limited', providerMessage: words })
})

test.each(['error', 'errors happened', 'error page'])('a document that begins with "%s" is not an event of a stream', async (text) => {
  await using server = await startProvider((response) => sendStream(response, text))
  const { error } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))
  expect(error?.code).toMatch(/^(?:unexpected-content|stream-truncated)$/)
})
