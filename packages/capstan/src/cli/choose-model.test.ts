import { expect, test } from 'vitest'
import { onlineModel } from './choose-model.ts'

test.each([
  [{ model: undefined }, 'evolink/kimi-k2-thinking'],
  [{ model: 'deepseek-chat' }, 'evolink/deepseek-chat'],
  [{ model: 'deepseek/deepseek-flash' }, 'deepseek/deepseek-flash'],
  [{ model: 'moonshot/kimi-k2.6' }, 'moonshot/kimi-k2.6'],
  [{ model: 'evolink/kimi-k3' }, 'evolink/kimi-k3'],
  [{ model: 'org/some-model', baseURL: 'https://models.example/v1' }, 'models.example/org/some-model'],
])('%j is %s', ({ model, ...rest }, id) => {
  expect(onlineModel({ model, baseURL: undefined, apiKeyEnv: undefined, ...rest }).id).toBe(id)
})

test("a vendor's model asks for the vendor's key", async () => {
  await expect(
    onlineModel({ model: 'moonshot/kimi-k3', baseURL: undefined, apiKeyEnv: undefined }).complete({ messages: [{ role: 'user', content: 'Hi' }] }),
  ).rejects.toMatchObject({
    code: 'missing-key',
    message: expect.stringContaining('MOONSHOT_API_KEY'),
  })
})
