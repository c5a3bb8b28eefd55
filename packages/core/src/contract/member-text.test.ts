import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberText } from './member-text.ts'

test.each([
  ['{"name":"a","input":{"x":12345678901234567890}}', '{"x":12345678901234567890}'],
  [' { "input" : [1, {"input": 2}] , "name": "a"} ', '[1, {"input": 2}]'],
  ['{"input":1,"input":  1.50  }', '1.50'],
  ['{"a":{"input":1}}', undefined],
  ['{"a":"\\"input\\":1","in\\u0070ut":"}\\\\"}', '"}\\\\"'],
  ['[{"input":1}]', undefined],
  ['"input"', undefined],
  ['{}', undefined],
  ['{"input":null}', 'null'],
])('of %s it is %s', (text, expected) => {
  expect(memberText(text, 'input')).toBe(expected)
})

test('a member parses to what JSON.parse reads there, whatever surrounds it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (others, value, indent) => {
      const whole = { ...others, input: value }
      const text = memberText(JSON.stringify(whole, null, indent), 'input')
      expect(JSON.parse(text ?? 'undefined')).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
