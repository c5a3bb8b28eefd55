import { createLimiter } from '@capstan/core'
import { expect, test } from 'vitest'
import { type ChatSettings, deepseek, evolink, type ModelProfile, moonshot, openaiCompatible, profiles } from './index.ts'
import { collect } from './testing/collect.ts'
import { sendStream, startProvider, textStream } from './testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'

// Each of these must not compile, and is refused at run time as well.
const wrong: readonly (() => unknown)[] = [
  // @ts-expect-error The reasoner refuses temperature.
  () => evolink('deepseek-reasoner', { apiKey, temperature: 1 }),
  // @ts-expect-error The reasoner refuses topP.
  () => evolink('deepseek-reasoner', { apiKey, topP: 1 }),
  // @ts-expect-error The reasoner refuses response formats.
  () => evolink('deepseek-reasoner', { apiKey, responseFormat: 'text' }),
  // @ts-expect-error DeepSeek has no topK.
  () => evolink('deepseek-chat', { apiKey, topK: 1 }),
  // @ts-expect-error DeepSeek gives one candidate.
  () => evolink('deepseek-chat', { apiKey, n: 2 }),
  // @ts-expect-error It takes tools without it.
  () => evolink('deepseek-chat', { apiKey, allowTools: true }),
  // @ts-expect-error Kimi has no log probabilities.
  () => evolink('kimi-k2-thinking', { apiKey, logprobs: true }),
  // @ts-expect-error Kimi always thinks.
  () => evolink('kimi-k2-thinking-turbo', { apiKey, thinking: 'enabled' }),
  // @ts-expect-error Two formats, no more.
  () => evolink('kimi-k2-thinking', { apiKey, responseFormat: 'json_schema' }),
  // @ts-expect-error A typing mistake.
  () => evolink('kimi-k2-thinking', { apiKey, temprature: 1 }),
  // @ts-expect-error A base URL is needed.
  () => openaiCompatible({ model: 'm' }),
]

test.each(wrong.map((make, index) => [index, make] as const))('wrong settings %i are refused at run time too', (_index, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

test('what the pages allow compiles and is taken', () => {
  const models = [
    evolink('kimi-k2-thinking', {
      apiKey,
      temperature: 1,
      topK: 40,
      n: 5,
      stopSequences: ['a'],
      responseFormat: 'json_object',
      presencePenalty: 0,
      frequencyPenalty: 0,
      maxOutputTokens: 9,
    }),
    evolink('deepseek-chat', { apiKey, temperature: 1, logprobs: true, topLogprobs: 2, thinking: 'enabled', responseFormat: 'text', stopSequences: 'x' }),
    evolink('deepseek-reasoner', { apiKey, allowTools: true, thinking: 'enabled', presencePenalty: 1, maxOutputTokens: 9 }),
    evolink('anything-else', { apiKey, topK: 1, thinking: 'enabled', allowTools: true }),
  ]
  expect(models.map(({ id, traits: { tools, toolChoices, candidates } }) => [id, tools, toolChoices, candidates])).toEqual([
    ['evolink/kimi-k2-thinking', true, [], 5],
    ['evolink/deepseek-chat', true, ['auto', 'none', 'required'], 1],
    ['evolink/deepseek-reasoner', true, ['auto', 'none', 'required'], 1],
    ['evolink/anything-else', true, ['auto', 'none', 'required'], 1],
  ])
  expect(evolink('deepseek-reasoner', { apiKey }).traits).toMatchObject({ tools: false, toolChoices: [], candidates: 1 })
})

test('prices come from the settings', () => {
  const prices = { currency: 'USD', input: 600_000, output: 2_500_000 }
  expect(evolink('kimi-k2-thinking', { apiKey, prices }).traits.prices).toEqual(prices)
  expect(evolink('kimi-k2-thinking', { apiKey }).traits).not.toHaveProperty('prices')
})

const makers = [
  ['evolink', (settings: object) => evolink('kimi-k2-thinking', settings)],
  ['deepseek', (settings: object) => deepseek('deepseek-flash', settings)],
  ['moonshot', (settings: object) => moonshot('kimi-k3', settings)],
  ['openaiCompatible', (settings: object) => openaiCompatible({ baseURL: 'http://localhost/v1', model: 'm', ...settings })],
] as const

test.each(
  makers.flatMap(([maker, make]) =>
    [
      ['maxTokens', 'maxOutputTokens'],
      ['max_tokens', 'maxOutputTokens'],
      ['stop', 'stopSequences'],
      ['effort', 'reasoningEffort'],
      ['reasoning_effort', 'reasoningEffort'],
      ['topk', 'topK'],
      ['base_url', 'baseURL'],
      ['apikey', 'apiKey'],
      ['timeout', 'timeouts'],
      ['strictTool', 'strictTools'],
    ].map(([name = '', meant = '']) => ({ maker, make, name, meant })),
  ),
)('$maker refuses `$name` and names `$meant`', ({ make, name, meant }) => {
  expect(() => make({ apiKey, [name]: 1 })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(new RegExp(`^\`${name}\` is not a setting of .*Use \`${meant}\``)) }),
  )
})

test.each<[ChatSettings | object, RegExp]>([
  [{ frobnicate: 1 }, /The names are: apiKey, .*`extraBody`/],
  [{ timeouts: { gap: 1 } }, /`timeouts.gap` is not a clock. Use `timeouts.gapMs`/],
  [{ timeouts: { frobnicate: 1 } }, /The names are: connectMs, headersMs/],
  [{ limits: { toolcalls: 1 } }, /`limits.toolcalls` is not a limit of a model. Use `limits.toolCalls`/],
  [{ prices: { currency: 'USD', input: 1, output: 1, cached: 1 } }, /`prices.cached` is not a price. Use `prices.cachedInput`/],
  [{ headers: new Headers() }, /`headers` must be a plain object/],
  [{ timeouts: 5_000 }, /`timeouts` must be an object/],
  [{ extraBody: [] }, /`extraBody` must be an object/],
  [{ baseURL: 7 }, /`baseURL` must be a string/],
])('settings %o are refused when the model is made', (settings, message) => {
  expect(() => evolink('some-model', { apiKey, ...settings } as ChatSettings)).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(message) }),
  )
})

test('the settings of a run replace those of the model name by name, and the keys of `extraBody` are added', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey, temperature: 1, topP: 0.5, extraBody: { a: 1, b: 1 } })
  const ofRun = model.withSettings?.({ temperature: 0, maxOutputTokens: 9, extraBody: { b: 2 } })
  if (ofRun === undefined) throw new Error('It has no withSettings().')
  await collect(ofRun)
  await collect(model)
  expect(server.requests.map(({ body: { temperature, top_p, max_tokens, a, b } }) => [temperature, top_p, max_tokens, a, b])).toEqual([
    [0, 0.5, 9, 1, 2],
    [1, 0.5, undefined, 1, 1],
  ])
  expect(server.requests[0]?.headers['authorization']).toBe(`Bearer ${apiKey}`)
  expect([ofRun.id, ofRun.traits.retryScope, ofRun.traits.maxOutputTokens]).toEqual([model.id, model.traits.retryScope, 9])
})

test('observers and limiter of a model see its runs with settings of their own', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const seen: string[] = []
  const limiter = createLimiter({ concurrency: 1 })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', limiter }).observed?.({ onRequest: ({ body }) => void seen.push(String(body)) })
  const ofRun = model?.withSettings?.({ userId: 'ada' })
  if (ofRun === undefined) throw new Error('It has no withSettings().')
  await collect(ofRun)
  expect([seen.length, ofRun.limiter]).toEqual([1, limiter])
})

test.each<[object, RegExp]>([
  [{ apiKey: 'x' }, /^`settings.apiKey` is not a setting of a run of moonshot\/kimi-k3\. Use `apiKey` where the model is made/],
  [{ url: 'http://x' }, /Use `baseURL` where the model is made, and another agent/],
  [{ limiter: {} }, /Use `limiter` where the model is made/],
  [{ dispatcher: {} }, /Use `dispatcher` where the model is made/],
  [{ timeouts: {} }, /Use `timeouts` where the model is made/],
  [{ prices: {} }, /Use `prices` where the model is made/],
  [{ strictTools: true }, /Use `strictTools` where the model is made/],
  [{ max_tokens: 1 }, /Use `settings.maxOutputTokens`/],
  [{ temperature: 0 }, /`temperature` is refused by kimi-k3: it is fixed/],
  [{ maxOutputTokens: 0 }, /must be an integer from 1 to 1048576; got 0/],
  [{ promptCacheTtl: '30m' }, /must be one of '5m', '1h'/],
  [{ extraBody: [] }, /`extraBody` must be an object/],
  [{ extraBody: 'x' }, /`extraBody` must be an object/],
  [{ extraBody: { messages: [] } }, /Capstan sends messages itself/],
  [[], /`settings` must be an object, not a list/],
  ['fast' as never, /`settings` must be an object, not a string/],
])('settings %j of a run are refused', (settings, message) => {
  expect(() => moonshot('kimi-k3', { apiKey }).withSettings?.(settings)).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(message) }),
  )
})

test.each<[object, RegExp]>([
  [{ ...profiles.plain, finishwords: {} }, /`profile.finishwords` is not a field of a profile. Use `profile.finishWords`/],
  [{ ...profiles.plain, parameters: { stop: {} } }, /`profile.parameters.stop` is not a parameter. Use `profile.parameters.stopSequences`/],
  [{ ...profiles.plain, reasoning: { field: 'x', passback: 'always' } }, /`profile.reasoning.passback`.*Use `profile.reasoning.passBack`/],
  [{ ...profiles.plain, tools: { allowed: true, maximum: 3 } }, /`profile.tools.maximum` is not a field/],
  [{ ...profiles.plain, clocks: { gap: 3 } }, /`profile.clocks.gap` is not a clock. Use `profile.clocks.gapMs`/],
  [{ endpoint: 'mine' }, /`profile.models` is missing. Begin with `{ \.\.\.profiles.plain/],
])('profile %# is refused when the model is made', (profile, message) => {
  expect(() => openaiCompatible({ baseURL: 'http://localhost/v1', model: 'm', profile: profile as ModelProfile })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(message) }),
  )
})
