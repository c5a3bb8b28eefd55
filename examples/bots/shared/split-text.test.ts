import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitText, utf8Bytes } from './split-text.ts'

const family = '👩‍👩‍👧‍👦'

test('text is split between lines, then between words, then between characters', () => {
  expect(splitText('one\ntwo three\nfour', { limit: 9 })).toEqual(['one', 'two three', 'four'])
  expect(splitText('one\ntwo\nthree', { limit: 8 })).toEqual(['one\ntwo', 'three'])
  expect(splitText('abcdefghij', { limit: 4 })).toEqual(['abcd', 'efgh', 'ij'])
  expect(splitText('a bb\r\n\r\nccc\rd', { limit: 50, isOneLine: true })).toEqual(['a bb', 'ccc', 'd'])
})

test('a limit of bytes counts UTF-8, and characters that people see as one stay together', () => {
  expect(splitText('äöü', { limit: 4, size: utf8Bytes })).toEqual(['äö', 'ü'])
  expect(splitText(`x${family}${family}`, { limit: 30, size: utf8Bytes })).toEqual([`x${family}`, family])
  // 25 bytes do not fit into 10, so its people are separated, but no code point is cut.
  expect(splitText(family, { limit: 10, size: utf8Bytes }).join('')).toBe(family)
})

test('no part is larger than the limit, and nothing but blanks is lost, whatever the text is', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', 'ß', '漢', family, '\ud800') }),
  )
  fc.assert(
    fc.property(anyText, fc.integer({ min: 4, max: 60 }), fc.boolean(), (text, limit, isOneLine) => {
      const parts = splitText(text, { limit, size: utf8Bytes, isOneLine })
      for (const part of parts) expect(utf8Bytes(part)).toBeLessThanOrEqual(limit)
      if (isOneLine) expect(parts.join('')).not.toMatch(/[\r\n]/)
      const bare = (value: string): string => value.toWellFormed().replaceAll(/\s/g, '')
      expect(bare(parts.join(''))).toBe(bare(text))
    }),
    { numRuns: 40 },
  )
})
