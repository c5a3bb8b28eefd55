import { expect, test } from 'vitest'
import { simulatedEndpoints } from '../endpoints/endpoints.ts'
import type { EndpointName } from '../endpoints/simulated-endpoint.ts'
import { parseFault } from '../faults/parse-fault.ts'
import { asObject } from '../json.ts'
import { startSimulator } from '../start-simulator.ts'
import { postJson } from '../testing/client.ts'

// What each endpoint says of itself, whatever it is asked: key, money, speed, load.

test.each([
  ['deepseek', 'status:402', 402, { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' }],
  ['deepseek', 'status:503', 503, { message: expect.stringContaining('too busy') }],
  ['deepseek', 'status:400,message=Content Exists Risk', 400, { message: 'Content Exists Risk', type: 'invalid_request_error' }],
  [
    'moonshot',
    'status:429',
    429,
    { message: expect.stringContaining('max concurrency: 1, please try again after 1 seconds'), type: 'rate_limit_reached_error' },
  ],
  ['moonshot', 'status:429,type=rate_limit_reached_error', 429, { message: expect.stringContaining('max RPM: 3, please try again after 1 seconds') }],
  ['moonshot', 'status:429,type=engine_overloaded_error', 429, { message: 'The engine is currently overloaded, please try again later' }],
  [
    'moonshot',
    'status:429,type=exceeded_current_quota_error',
    429,
    { message: expect.stringContaining('insufficient balance'), type: 'exceeded_current_quota_error' },
  ],
  ['moonshot', 'status:400,type=content_filter', 400, { message: 'The request was rejected because it was considered high risk' }],
  ['openrouter', 'status:402', 402, { message: expect.stringContaining('Insufficient credits'), code: 402 }],
  ['openrouter', 'status:502', 502, { message: 'Provider returned error', code: 502 }],
  ['vllm', 'status:500', 500, { type: 'InternalServerError', code: 500 }],
  ['llama.cpp', 'status:503', 503, { message: 'Loading model', type: 'unavailable_error', code: 503 }],
  ['ollama', 'status:503', 503, { message: 'server busy, please try again.  maximum pending requests exceeded', code: null }],
] as const)('%s: %s', async (endpoint: EndpointName, fault, status, error) => {
  await using simulator = await startSimulator({ endpoint, faults: [{ fault: parseFault(fault) }] })
  const response = await postJson(simulator.baseURL, { model: simulatedEndpoints[endpoint].models[0]?.id })
  expect(response).toMatchObject({ status, body: { error } })
})

test('a redirect goes to the path of the request', async () => {
  await using simulator = await startSimulator({ endpoint: 'openrouter', faults: [{ fault: { kind: 'redirect' } }] })
  const response = await fetch(`${simulator.baseURL}/chat/completions`, { method: 'POST', redirect: 'manual', body: '{}' })
  expect([response.status, response.headers.get('location')]).toEqual([307, '/api/v1/chat/completions'])
})

test('an error of SGLang is the body', async () => {
  await using simulator = await startSimulator({ endpoint: 'sglang', faults: [{ fault: { kind: 'status', status: 400 } }] })
  const { body } = await postJson(simulator.baseURL, {})
  expect([asObject(body)['object'], asObject(body)['type'], asObject(body)['error']]).toEqual(['error', 'BadRequestError', undefined])
})
