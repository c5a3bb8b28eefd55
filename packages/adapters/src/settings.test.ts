import { expect, test } from 'vitest'
import { type ChatSettings, deepseek, evolink, type ModelProfile, moonshot, openaiCompatible, profiles } from './index.ts'

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
