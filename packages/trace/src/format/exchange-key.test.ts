import { expect, test } from 'vitest'
import { exchangeKey } from './exchange-key.ts'
import { redactURL } from './redact-url.ts'

const body = '{"model":"m"}'

test('the key depends on method, path, query and body, and not on the host', () => {
  const request = { method: 'POST', url: 'https://a.example/v1/chat?v=1', body }
  const key = exchangeKey(request)
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(exchangeKey({ ...request, url: 'http://127.0.0.1:8080/v1/chat?v=1', body: Buffer.from(body) })).toBe(key)
  const others = [
    { ...request, method: 'PUT' },
    { ...request, url: 'https://a.example/v2/chat?v=1' },
    { ...request, url: 'https://a.example/v1/chat?v=2' },
    { ...request, body: `${body} ` },
  ]
  expect(new Set(others.map(exchangeKey))).not.toContain(key)
  expect(new Set(others.map(exchangeKey)).size).toBe(others.length)
})

test('a URL that was redacted has the key of the URL that was sent', () => {
  const sent = 'https://user:pass@a.example/v1/chat?api-version=2024-02-01&api_key=secret&code=abcdefghijklmnopqrstuvwxyz&q=a%20b#part'
  const shown = redactURL(sent)
  expect(shown).toBe('https://a.example/v1/chat?api-version=2024-02-01&api_key=%5Bredacted%5D&code=%5Bredacted%5D&q=a+b')
  expect(redactURL(shown)).toBe(shown)
  expect(exchangeKey({ method: 'POST', url: shown, body })).toBe(exchangeKey({ method: 'POST', url: sent, body }))
})
