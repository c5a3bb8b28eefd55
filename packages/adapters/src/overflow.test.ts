import type { Model, ModelRequest } from '@capstan/core'
import { type EndpointName, simulatedEndpoints, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { deepseek, evolink, moonshot, openaiCompatible, profiles } from './index.ts'
import { collect } from './testing/collect.ts'

const apiKey = 'sk-test-0123456789'
const window = 4_000
const reply = { text: 'ok', reasoning: 'Hm.' }

type Make = (baseURL: string, settings: { readonly maxOutputTokens?: number }) => Model

function server(endpoint: EndpointName): Make {
  const model = simulatedEndpoints[endpoint].models[0]?.id ?? ''
  return (baseURL, settings) => openaiCompatible({ baseURL, apiKey, model, ...settings })
}

/**
 * For each endpoint: which sizes its refusals name, of a prompt that is too long, and of a prompt and an output that are too long together,
 * which llama.cpp accepts.
 */
const endpoints: readonly (readonly [EndpointName, Make, readonly string[] | undefined, readonly string[] | undefined])[] = [
  [
    'deepseek',
    (baseURL, settings) => deepseek('deepseek-flash', { baseURL, apiKey, ...settings }),
    ['prompt', 'requested', 'output'],
    ['prompt', 'requested', 'output'],
  ],
  ['moonshot', (baseURL, settings) => moonshot('kimi-k2.6', { baseURL, apiKey, ...settings }), undefined, ['requested']],
  [
    'evolink',
    (baseURL, settings) => evolink('deepseek-chat', { baseURL, apiKey, ...settings }),
    ['prompt', 'requested', 'output'],
    ['prompt', 'requested', 'output'],
  ],
  ['openrouter', server('openrouter'), ['requested', 'output'], ['requested', 'output']],
  ['vllm', server('vllm'), ['output'], ['output']],
  ['sglang', server('sglang'), ['prompt'], ['prompt', 'requested', 'output']],
  ['llama.cpp', server('llama.cpp'), ['prompt'], undefined],
]

function requestOf(words: number): ModelRequest {
  return { messages: [{ role: 'user', content: 'word '.repeat(words).trim() }] }
}

describe.each(endpoints)('%s', (endpoint, make, ofPrompt, together) => {
  async function refuse(words: number, maxOutputTokens: number) {
    await using simulator = await startSimulator({ endpoint, apiKey, contextTokens: window, script: [reply, reply] })
    await using roomy = await startSimulator({ endpoint, apiKey, contextTokens: 1_000_000, script: [reply] })
    const { error } = await collect(make(simulator.baseURL, { maxOutputTokens }), requestOf(words))
    await collect(make(roomy.baseURL, { maxOutputTokens }), requestOf(words))
    const prompt = roomy.requests[0]?.bill?.inputTokens ?? Number.NaN
    const sizes: Readonly<Record<string, number>> = { prompt, output: maxOutputTokens, requested: prompt + maxOutputTokens }
    return { error, sizes }
  }

  function expected(names: readonly string[] | undefined, sizes: Readonly<Record<string, number>>) {
    return names && { windowTokens: window, ...Object.fromEntries(names.map((name) => [`${name}Tokens`, sizes[name]])) }
  }

  test('a prompt that is too long: the error has the sizes of the message, and no other', async () => {
    const { error, sizes } = await refuse(5_000, 1_000)
    expect(error).toMatchObject({ code: 'context-overflow' })
    const { roomTokens: _, ...named } = { roomTokens: undefined, ...error?.overflow }
    expect(error?.overflow && named).toEqual(expected(ofPrompt, sizes))
    expect(error?.toJSON()['overflow']).toEqual(error?.overflow)
  })

  test.skipIf(endpoint === 'llama.cpp')('a prompt and an output that are too long together: the error has the room that is left', async () => {
    const { error, sizes } = await refuse(2_500, 3_000)
    const { roomTokens = Number.NaN, ...named } = error?.overflow ?? {}
    expect(named).toEqual(expected(together, sizes))
    expect(roomTokens).toBeLessThanOrEqual(window - (sizes['prompt'] ?? 0))
    expect(roomTokens).toBeGreaterThan(1_000)
  })

  test.skipIf(endpoint === 'llama.cpp')('a limit of one request takes the place of what was learned, and is never above that of the settings', async () => {
    await using simulator = await startSimulator({ endpoint, apiKey, contextTokens: window, script: Array.from({ length: 9 }, () => reply) })
    const model = make(simulator.baseURL, { maxOutputTokens: 3_000 })
    const request = requestOf(2_500)
    const { error } = await collect(model, request)
    const room = error?.overflow?.roomTokens ?? Number.NaN
    expect((await collect(model, { ...request, maxOutputTokens: room - 100 })).text).toBe('ok')
    // The room that was learned from the refusal does not count any more.
    expect((await collect(model, request)).error).toMatchObject({ code: 'context-overflow' })
    const short = { messages: [{ role: 'user', content: 'Hi' }] } as const
    expect((await collect(model, { ...short, maxOutputTokens: 100_000 })).text).toBe('ok')
    const limits = simulator.requests.map(({ body }) => Object.entries(body ?? {}).find(([name]) => /^max_/.test(name))?.[1])
    expect(limits).toEqual([3_000, room - 100, 3_000, 3_000])
  })
})

test('Ollama cuts a prompt that is too long and says nothing', async () => {
  await using simulator = await startSimulator({ endpoint: 'ollama', apiKey, contextTokens: window, script: [reply] })
  expect((await collect(server('ollama')(simulator.baseURL, {}), requestOf(5_000))).text).toBe('ok')
})

test('an endpoint with fields for the sizes: llama.cpp', async () => {
  await using simulator = await startSimulator({ endpoint: 'llama.cpp', apiKey, contextTokens: window, script: [reply] })
  const model = openaiCompatible({ baseURL: simulator.baseURL, apiKey, model: 'any', profile: profiles.llamaCpp })
  const { error } = await collect(model, requestOf(5_000))
  expect(error?.overflow).toMatchObject({ windowTokens: window })
  expect(error?.overflow?.promptTokens).toBeGreaterThan(5_000)
})
