import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineWrapper, wrapText } from './wrap.ts'

test('words move to the next line, which is indented', () => {
  expect(wrapText('one two three four', 9, '  ')).toBe('one two\n  three\n  four')
})

test('line feeds stay and a word that is too long is not cut', () => {
  expect(wrapText('a\n\nb 1234567890', 5)).toBe('a\n\nb\n1234567890')
})

test('without a width nothing is broken', () => {
  expect(wrapText('  leading and  double', Number.POSITIVE_INFINITY)).toBe('  leading and  double')
})

test('text streams to the same lines however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab \n]{0,6}$/)), fc.integer({ min: 1, max: 12 }), (pieces, width) => {
      const wrapper = new LineWrapper(width, ' ')
      const streamed = pieces.map((piece) => wrapper.push(piece)).join('') + wrapper.end()
      expect(streamed).toBe(wrapText(pieces.join(''), width, ' '))
    }),
  )
})
