import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { deepseek, user } from '../index.ts'
import type { Host } from './host.ts'
import { main } from './main.ts'

interface Running {
  readonly baseURL: Promise<string>
  readonly stderr: () => string
  readonly interrupt: () => void
  readonly code: Promise<number>
}

/** Starts `capstan simulate`; the first line of stdout is its base URL. */
function simulate(words: readonly string[]): Running {
  let interrupt = (): void => undefined
  let stderr = ''
  let first = (_line: string): void => undefined
  const baseURL = new Promise<string>((resolve) => {
    first = resolve
  })
  const host: Host = {
    stdin: Readable.from([]),
    stdout: { write: (text) => first(String(text).trim()) },
    stderr: { write: (text) => (stderr += String(text)) },
    env: {},
    onStop: (listener) => {
      interrupt = () => listener('interrupt')
      return () => undefined
    },
  }
  const code = main(['simulate', ...words], host)
  return { baseURL, stderr: () => stderr, interrupt: () => interrupt(), code }
}

test('--endpoint plays another endpoint, says which, and ends with an interrupt', async () => {
  const running = simulate(['--endpoint', 'deepseek'])
  const baseURL = await running.baseURL
  expect(baseURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const { candidates } = await deepseek('deepseek-flash', { baseURL, apiKey: 'key' }).complete({ messages: [user('Who are you?')] })
  expect(candidates).toHaveLength(1)
  expect(running.stderr()).toContain('Simulating https://api.deepseek.com with its offline model')
  running.interrupt()
  expect(await running.code).toBe(0)
})

test('an endpoint that is not known is a usage error that lists those that are', async () => {
  const running = simulate(['--endpoint', 'gremlins'])
  expect(await running.code).toBe(2)
  expect(running.stderr()).toContain("--endpoint takes one of evolink, deepseek, moonshot, openrouter, vllm, sglang, llama.cpp, ollama, not 'gremlins'.")
})
