import { expect, test } from 'vitest'
import { loadPart } from './load-part.ts'

test('a part that is there is loaded', async () => {
  expect(await loadPart(async () => 'part')).toBe('part')
})

test.each(['Dynamic require of "node:buffer" is not supported', 'require is not defined in ES module scope, you can use import instead'])(
  'the error of a bundle without `require` says what to add to the bundler: %s',
  async (text) => {
    const cause = new Error(text)
    const loading = loadPart(() => Promise.reject(cause))
    await expect(loading).rejects.toMatchObject({ code: 'invalid-use', phase: 'setup', retryable: false, cause })
    await expect(loading).rejects.toThrow('--banner:js=')
  },
)

test('any other error is passed on as it is', async () => {
  const broken = new Error('disk')
  await expect(loadPart(() => Promise.reject(broken))).rejects.toBe(broken)
})
