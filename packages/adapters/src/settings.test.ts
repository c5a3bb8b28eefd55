import { expect, test } from 'vitest'
import { evolink, openaiCompatible } from './index.ts'

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
  // @ts-expect-error It takes tools anyway.
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
      stop: ['a'],
      responseFormat: 'json_object',
      presencePenalty: 0,
      frequencyPenalty: 0,
      maxOutputTokens: 9,
    }),
    evolink('deepseek-chat', { apiKey, temperature: 1, logprobs: true, topLogprobs: 2, thinking: 'enabled', responseFormat: 'text', stop: 'x' }),
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
