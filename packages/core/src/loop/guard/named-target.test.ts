import { expect, test } from 'vitest'
import { isNamed } from './named-target.ts'

test.each([
  ['bob@example.org', 'Write to bob@example.org.'],
  ['bob@example.org', 'Write to <bob@example.org>, please'],
  ['bob@example.org', 'mailto:bob@example.org'],
  ['bob@example.org', '请把邮件发到bob@example.org给他。'],
  ['bob@example.org', 'bob@example.org'],
  ['example.org', 'Read https://example.org/page?q=1'],
  ['example.org', 'Read https://example.org:8443/page'],
  ['example.org', 'What is on example.org?'],
  ['example.org', "example.org's prices"],
  ['/srv/notes/a.txt', 'Edit "/srv/notes/a.txt"!'],
  ['DE02 1203', 'Pay to DE02 1203, today'],
  ['example.org', 'notexample.org, and example.org'],
])('%j is named by %j', (target, text) => {
  expect(isNamed(target, text)).toBe(true)
})

test.each([
  ['example.org', 'notexample.org'],
  ['example.org', 'my-example.org'],
  ['example.org', 'www.example.org'],
  ['example.org', 'example.org.evil.test'],
  ['example.org', 'example.organic'],
  ['example.org', 'example.org-cdn.test'],
  ['example.org', 'bob@example.org'],
  ['example.org', 'https://example.org@evil.test/'],
  ['example.org', 'https://evil.test/example.org'],
  ['evil.test', 'https://example.org/?to=evil.test'],
  ['bob@example.org', 'notbob@example.org'],
  ['bob@example.org', 'bob@example.org.evil.test'],
  ['bob@example.org', 'Bob@Example.org'],
  ['bob@example.org', 'bob@ｅxample.org'],
  ['docs', 'delete docs/secret'],
  ['secret', 'delete docs/secret'],
  ['a.txt', 'read /srv/notes/a.txt'],
  ['12', 'pay 120'],
  ['12', 'pay 3.12 now'],
  ['', 'anything'],
  [' ', 'any thing'],
])('%j is not named by %j', (target, text) => {
  expect(isNamed(target, text)).toBe(false)
})

test('a text that repeats a target in longer words again and again is given up, whatever its length', () => {
  const text = `${'aa '.repeat(2_000_000)}a`
  // The last word is the target, and is not reached.
  expect(isNamed('a', text)).toBe(false)
  expect(isNamed('a', text, true)).toBe(true)
})
