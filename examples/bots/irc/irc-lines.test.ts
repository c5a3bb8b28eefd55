import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ircLines, plainText } from './irc-lines.ts'

test('what a model wrote cannot become a command, a request to a client, or a colour', () => {
  expect(ircLines('fine\r\nQUIT :bye\r\n\r\nJOIN #evil')).toEqual(['fine', 'QUIT :bye', 'JOIN #evil'])
  expect(ircLines('\u0001ACTION waves\u0001\nPING\rPONG\u0000\u0085')).toEqual(['ACTION waves', 'PING', 'PONG'])
  expect(ircLines('\u00034,12red\u000f \u0002bold\u0002 \u0004ff0000hex \u00033')).toEqual(['red bold hex'])
})

test('no line has control characters or more than 350 bytes, whatever the text is', () => {
  const unit = fc.constantFrom('a', ' ', '\r', '\n', '\r\n', '\u0000', '\u0001', '\u0003', '4', ',', '\u001b', '\u2028', 'é', '漢', '👩‍👩‍👧‍👦', '\ud83d', ':')
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit, maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 400 })), (text) => {
      for (const line of ircLines(text)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no line may have.
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
        expect(line.trim()).not.toBe('')
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(350)
      }
    }),
    { numRuns: 40 },
  )
})

test('a long answer has twelve lines, and says how much is missing', () => {
  const lines = ircLines(Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join('\n'))
  expect([lines.length, lines[10], lines[11]]).toEqual([12, 'line 11', '(29 more lines are not shown. Ask for less.)'])
})

test('colours in the message of a person do not hide what it says', () => {
  expect(plainText('\u000304yes\u0003 1a\u0002\u00022b\u000f')).toBe('yes 1a2b')
})
