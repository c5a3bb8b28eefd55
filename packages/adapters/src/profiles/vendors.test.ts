import type { Model, ModelRequest } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { deepseek, deepseekProfiles, evolink, evolinkProfiles, moonshot, moonshotProfiles, openaiCompatible, plainProfile, profiles } from '../index.ts'
import { collect } from '../testing/collect.ts'
import { type ProviderServer, sendStream, startProvider, textStream } from '../testing/provider-server.ts'
import type { ModelProfile } from './profile.ts'
import type { Source } from './source.ts'

const apiKey = 'sk-test-0123456789'
const all: readonly ModelProfile[] = [...evolinkProfiles, ...deepseekProfiles, ...moonshotProfiles, ...Object.values(profiles)]
const tools = [{ name: 'get_weather', description: 'W.', inputSchema: { type: 'object', properties: { city: { type: 'string', pattern: '^[A-Z]' } } } }]
const request: ModelRequest = { messages: [{ role: 'user', content: 'Weather?' }], tools }

async function startServer(): Promise<ProviderServer> {
  return await startProvider((response) => sendStream(response, textStream('ok')))
}

describe.each(all.map((profile) => [`${profile.endpoint} ${profile.models.join(', ')}`, profile] as const))('%s', (_name, profile) => {
  test('names where and when each of its facts was read', () => {
    const rules = Object.values(profile.parameters).flatMap(({ source }) => source ?? [])
    const sources: readonly Source[] = [profile.source, ...Object.values(profile.sources ?? {}), ...rules]
    for (const { url, read } of sources) expect([url, read]).toEqual([expect.stringMatching(/^https:\/\//), expect.stringMatching(/^2026-\d\d-\d\d$/)])
  })

  test('has prices in whole micro-units, where it has any', () => {
    const { currency: _currency, ...amounts } = profile.prices ?? { currency: 'USD' }
    expect(Object.values(amounts).filter((amount) => !Number.isSafeInteger(amount))).toEqual([])
  })
})

test("DeepSeek's own endpoint: thinking, effort and user id go out as its pages say", async () => {
  await using server = await startServer()
  const model = deepseek('deepseek-flash', { baseURL: server.baseURL, apiKey, thinking: 'enabled', reasoningEffort: 'max', userId: 'u_1', maxOutputTokens: 9 })
  await collect(model, request)
  expect(server.requests[0]?.body).toMatchObject({
    model: 'deepseek-flash',
    thinking: { type: 'enabled' },
    reasoning_effort: 'max',
    user_id: 'u_1',
    max_tokens: 9,
    stream_options: { include_usage: true },
    tools: [{ function: { parameters: tools[0]?.inputSchema } }],
  })
})

test('a forced tool choice depends on thinking', async () => {
  const thinking = deepseek('deepseek-v4-pro', { apiKey })
  expect(thinking.traits.toolChoices).toEqual(['auto', 'none'])
  expect(deepseek('deepseek-v4-pro', { apiKey, thinking: 'disabled' }).traits.toolChoices).toEqual(['auto', 'none', 'required'])
  expect(moonshot('kimi-k2.6', { apiKey }).traits.toolChoices).toEqual(['auto', 'none'])
  expect(moonshot('kimi-k2.6', { apiKey, thinking: 'disabled' }).traits.toolChoices).toEqual(['auto', 'none', 'required'])
  expect(moonshot('kimi-k3', { apiKey }).traits.toolChoices).toEqual(['auto', 'none', 'required'])
  const { error } = await collect(thinking, { ...request, toolChoice: 'required' })
  expect(error).toMatchObject({
    code: 'invalid-options',
    message: expect.stringContaining("while it thinks. To fix this, leave it out, or set `thinking: 'disabled'`"),
  })
})

test('what DeepSeek does not heed while it thinks is a warning', async () => {
  await using server = await startServer()
  const settings = { baseURL: server.baseURL, apiKey, temperature: 1 }
  expect((await collect(deepseek('deepseek-flash', settings))).events[0]).toMatchObject({ type: 'warning', warning: { code: 'no-effect' } })
  expect((await collect(deepseek('deepseek-flash', { ...settings, thinking: 'disabled' }))).events[0]).toMatchObject({ type: 'text-delta' })
})

test('strict tools go to the beta address, each marked, with a lowered schema', async () => {
  await using server = await startServer()
  const model = deepseek('deepseek-flash', { baseURL: server.baseURL, apiKey, strictTools: true })
  await collect(model, request)
  expect(server.requests[0]?.body['tools']).toEqual([
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'W.',
        parameters: {
          type: 'object',
          properties: { city: { anyOf: [{ type: 'string', pattern: '^[A-Z]' }, { type: 'null' }] } },
          required: ['city'],
          additionalProperties: false,
        },
        strict: true,
      },
    },
  ])
  const map = [{ name: 'get_map', description: 'M.', inputSchema: { type: 'object', properties: { m: { type: 'object', additionalProperties: true } } } }]
  expect((await collect(model, { ...request, tools: map })).error).toMatchObject({
    code: 'invalid-tool',
    message: expect.stringContaining('Tool "get_map": at /inputSchema/properties/m'),
  })
  expect(server.requests).toHaveLength(1)
})

test("Moonshot's own endpoint: limits under its name, a cache key, a lowered schema, its own words for what is kept", async () => {
  await using server = await startServer()
  const settings = { baseURL: server.baseURL, apiKey, maxOutputTokens: 16_000, promptCacheKey: 's1', safetyIdentifier: 'h1' }
  await collect(moonshot('kimi-k2.6', { ...settings, keepReasoning: true }), request)
  await collect(moonshot('kimi-k3', { ...settings, reasoningEffort: 'low' }), request)
  expect(server.requests[0]?.body).toMatchObject({
    max_completion_tokens: 16_000,
    prompt_cache_key: 's1',
    safety_identifier: 'h1',
    thinking: { type: 'enabled', keep: 'all' },
    tools: [{ function: { parameters: { properties: { city: { type: 'string', description: '[pattern: ^[A-Z]]' } } } } }],
  })
  expect(server.requests[1]?.body).toMatchObject({ reasoning_effort: 'low' })
  expect(server.requests[1]?.body).not.toHaveProperty('thinking')
})

test("Moonshot's streams are complete only with their end mark", async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok').replace('data: [DONE]\n\n', '')))
  expect((await collect(moonshot('kimi-k3', { baseURL: server.baseURL, apiKey }))).error).toMatchObject({ code: 'stream-truncated', retryable: true })
})

test('the regions of Moonshot have their own addresses, and a refused key says so', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}')
  })
  const { error } = await collect(moonshot('kimi-k3', { baseURL: server.baseURL, apiKey }))
  expect(error).toMatchObject({ code: 'auth-failed', message: expect.stringContaining('not interchangeable') })
  expect(() => moonshot('kimi-k3', { region: 'eu' as 'cn' })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

// Each of these must not compile, and is refused at run time as well.
const wrong: readonly (() => unknown)[] = [
  // @ts-expect-error The temperature of Kimi K2.6 is fixed.
  () => moonshot('kimi-k2.6', { apiKey, temperature: 1 }),
  // @ts-expect-error Kimi K2.7 Code always thinks.
  () => moonshot('kimi-k2.7-code', { apiKey, thinking: 'enabled' }),
  // @ts-expect-error K3 has an effort instead.
  () => moonshot('kimi-k3', { apiKey, keepReasoning: true }),
  // @ts-expect-error Three efforts.
  () => deepseek('deepseek-flash', { apiKey, reasoningEffort: 'medium' }),
  // @ts-expect-error Not in the schema of DeepSeek.
  () => deepseek('deepseek-flash', { apiKey, topK: 1 }),
  // @ts-expect-error One effort on Evolink.
  () => evolink('kimi-k3', { apiKey, reasoningEffort: 'low' }),
  () => deepseek('deepseek-flash', { apiKey, userId: 'a b' }),
  () => deepseek('deepseek-flash', { apiKey, maxOutputTokens: 400_000 }),
  () => moonshot('kimi-k2.6', { apiKey, thinking: 'disabled', keepReasoning: true }),
  () => openaiCompatible({ baseURL: 'http://localhost/v1', model: 'm', strictTools: true }),
]

test.each(wrong.map((make, index) => [index, make] as const))('wrong settings %i are refused at run time too', (_index, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

test("servers of one's own switch thinking by their chat template", async () => {
  await using server = await startServer()
  const model = openaiCompatible({
    baseURL: server.baseURL,
    model: 'm',
    profile: profiles.sglangKimi,
    thinking: 'enabled',
    reasoningEffort: 'high',
    keepReasoning: true,
  })
  await collect(model, request)
  expect(server.requests[0]?.body['chat_template_kwargs']).toEqual({ thinking: true, thinking_effort: 'high', preserve_thinking: true })
})

test.each(['reasoning', 'reasoning_content', 'reasoning_text', 'reasoning_details'])('reasoning that came as %s goes back as that', async (field) => {
  const value = field === 'reasoning_details' ? [{ type: 'reasoning.text', text: 'Hm' }] : 'Hm'
  await using server = await startProvider((response) => {
    sendStream(response, `data: ${JSON.stringify({ choices: [{ index: 0, delta: { [field]: value } }] })}\n\n${textStream('ok')}`)
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', profile: profiles.openRouter })
  const { reply, events } = await collect(model, request)
  expect(events).toContainEqual({ type: 'reasoning-delta', delta: 'Hm' })
  await collect(model, { messages: [...request.messages, ...(reply === undefined ? [] : [reply.message]), { role: 'user', content: 'And?' }] })
  expect(server.requests[1]?.body['messages']).toContainEqual({ role: 'assistant', content: 'ok', [field]: value })
})

test('a tool name that the endpoint refuses is an error before any request', async () => {
  const error = (await collect(moonshot('kimi-k2.6', { apiKey }), { ...request, tools: [{ name: 'a.b', description: 'x', inputSchema: { type: 'object' } }] }))
    .error
  expect(error).toMatchObject({ code: 'invalid-tool', message: expect.stringContaining('Tool "a.b": at /name') })
})

test('models without a profile are plain, and say which endpoint they are on', () => {
  expect([deepseek('x', { apiKey }).id, moonshot('x', { apiKey }).id, plainProfile.models]).toEqual(['deepseek/x', 'moonshot/x', []])
  expect(deepseek('deepseek-flash', { apiKey }).traits.prices).toMatchObject({ currency: 'USD', cachedInput: 6_000 })
})

test('the traits name context, output and cache as far as a page or a setting says them', () => {
  const factsOf = ({ traits: { contextWindow, maxOutputTokens, cacheLifetimeMs } }: Model): unknown => [contextWindow, maxOutputTokens, cacheLifetimeMs]
  expect(factsOf(deepseek('deepseek-flash', { apiKey }))).toEqual([1_048_576, 393_216, 7_200_000])
  expect(factsOf(deepseek('deepseek-flash', { apiKey, maxOutputTokens: 9 }))).toEqual([1_048_576, 9, 7_200_000])
  expect(factsOf(moonshot('kimi-k3', { apiKey }))).toEqual([1_048_576, 131_072, 300_000])
  expect(factsOf(moonshot('kimi-k2.6', { apiKey }))).toEqual([262_144, undefined, undefined])
  expect(moonshot('kimi-k2.6', { apiKey }).traits).not.toHaveProperty('cacheLifetimeMs')
  expect(factsOf(openaiCompatible({ baseURL: 'http://localhost/v1', model: 'm' }))).toEqual([undefined, undefined, undefined])
  const profile = { ...plainProfile, context: { tokens: 32_768 }, cache: { lifetimeMs: 60_000, renew: false } }
  expect(factsOf(openaiCompatible({ baseURL: 'http://localhost/v1', model: 'm', profile }))).toEqual([32_768, undefined, 60_000])
})

test.each([
  ['kimi-k3', 3_000_000, 6_000_000],
  ['kimi-k3.1-pro', 2_000_000, 4_000_000],
  ['kimi-k3.1-pro-highspeed', 4_000_000, 8_000_000],
] as const)('%s: an hour in the cache is asked for by a setting, and costs what it costs', async (id, fiveMinutes, hour) => {
  await using server = await startServer()
  const model = moonshot(id, { apiKey, baseURL: server.baseURL })
  const long = moonshot(id, { apiKey, baseURL: server.baseURL, promptCacheTtl: '1h' })
  const ofRun = model.withSettings?.({ promptCacheTtl: '1h' })
  expect([model, long, ofRun].map((one) => [one?.traits.prices?.cacheWrite, one?.traits.cacheLifetimeMs])).toEqual([
    [fiveMinutes, 300_000],
    [hour, 3_600_000],
    [hour, 3_600_000],
  ])
  await collect(model, request)
  await collect(long, request)
  expect(server.requests.map(({ body }) => body['prompt_cache_options'])).toEqual([undefined, { ttl: '1h' }])
})

test('prices of the settings hold whatever the lifetime of the cache', () => {
  const prices = { currency: 'USD', input: 1, output: 1, cacheWrite: 7 }
  expect(moonshot('kimi-k3', { apiKey, prices, promptCacheTtl: '1h' }).traits).toMatchObject({ prices, cacheLifetimeMs: 3_600_000 })
})
