import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShownText } from './shown-text.ts'
import { fitLine, LineWrapper, wrapText } from './wrap.ts'

const wrapped = (text: string, width: number, indent = ''): string => wrapText(ShownText.prose(text), width, indent).toString()

test('words move to the next line, which is indented', () => {
  expect(wrapped('one two three four', 9, '  ')).toBe('one two\n  three\n  four')
})

test('line feeds are kept, and a word that is too long is not broken', () => {
  expect(wrapped('a\n\nb 1234567890', 5)).toBe('a\n\nb\n1234567890')
})

test('without a width nothing is broken', () => {
  expect(wrapped('  leading and  double', Number.POSITIVE_INFINITY)).toBe('  leading and  double')
})

test('wide characters take two columns', () => {
  expect(wrapped('漢字 漢字', 8)).toBe('漢字\n漢字')
})

test('streamed text has the same lines however it is split into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab \n]{0,6}$/)), fc.integer({ min: 1, max: 12 }), (pieces, width) => {
      const wrapper = new LineWrapper(width, ' ')
      const streamed = pieces.map((piece) => wrapper.push(ShownText.prose(piece))).join('') + String(wrapper.end(ShownText.empty))
      expect(streamed).toBe(wrapped(pieces.join(''), width, ' '))
    }),
  )
})

test('a line that is cut says how much is missing and which option shows it', () => {
  const cut = fitLine(ShownText.line('x'.repeat(1_000)), 80).toString()
  expect(cut).toMatch(/^x+… \(\d+ more; --full\)$/)
  const [, kept = '', missing = ''] = /^(x+)… \((\d+) more/.exec(cut) ?? []
  expect([cut.length <= 80, kept.length + Number(missing)]).toEqual([true, 1_000])
  expect(fitLine(ShownText.line('short'), 80).toString()).toBe('short')
})
