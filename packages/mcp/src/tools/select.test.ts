import { expect, test } from 'vitest'
import { isSelected, unusedPatterns } from './select.ts'

test.each([
  ['read_file', ['read_*'], [], true],
  ['read_file', ['*'], ['read_file'], false],
  ['read_file', undefined, ['*_dir'], true],
  ['read_file', [], [], false],
  ['a_b_c', ['a*b*c'], [], true],
  ['a_c', ['a*b*c'], [], false],
  ['aa', ['aa*aa'], [], false],
  ['x.*', ['x.*'], [], true],
])('%s with allow %j and deny %j', (name, allow, deny, expected) => {
  expect(isSelected(name, { allow, deny })).toBe(expected)
})

test('a pattern of many stars takes linear time for each', () => {
  expect(isSelected('a'.repeat(10_000), { allow: [`${'*a'.repeat(1_000)}b`], deny: [] })).toBe(false)
})

test('patterns that fit nothing are found', () => {
  expect(unusedPatterns(['read', 'write'], { allow: ['raed', 'w*'], deny: ['delete*', '*'] })).toEqual(['raed', 'delete*'])
})
