import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { openaiCompatible } from '../index.ts'
import { collect } from '../testing/collect.ts'
import { completion, sendJson, startProvider } from '../testing/provider-server.ts'

const require = createRequire(import.meta.url)
// Where undici keeps it, for all copies in a process; Node's own `fetch` reads it there.
const globalDispatchers = (): readonly unknown[] => [1, 2].map((version) => Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`)))

test('a request takes no global dispatcher and loads only the agent of undici', async () => {
  await using server = await startProvider((response) => sendJson(response, 200, completion({ content: 'ok' })))
  const before = globalDispatchers()
  const { text } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm', stream: false }))

  expect(text).toBe('ok')
  expect(globalDispatchers().every((dispatcher, index) => dispatcher === before[index])).toBe(true)
  const loaded = Object.keys(require.cache).filter((path) => path.includes('/undici/'))
  expect(loaded.some((path) => path.endsWith('/lib/dispatcher/agent.js'))).toBe(true)
  expect(loaded.filter((path) => /\/(?:index|lib\/(?:web|mock|cache|api)\/.*)\.js$/.test(path))).toEqual([])
})

// The path is not documented: this, and the range of undici in package.json, hold it.
test('the agent at that path is the one that undici exports', () => {
  expect(require('undici/lib/dispatcher/agent.js')).toBe(require('undici').Agent)
})
