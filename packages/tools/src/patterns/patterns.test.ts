import { finishInTurns } from '@capstan/core/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TooMuchWork, Work } from '../interpreter/work.ts'
import { hasMatch } from './match.ts'
import { compilePattern } from './program.ts'
import { readPattern } from './syntax.ts'

/** Matches at once; a test for the slices is below. */
function matches(source: string, text: string, work = new Work()): boolean {
  const steps = hasMatch(compilePattern(readPattern(source)), text, work)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

function native(source: string, text: string): boolean {
  try {
    return new RegExp(source, 'u').test(text)
  } catch {
    return new RegExp(source).test(text)
  }
}

const texts = [
  '',
  'a',
  'ab',
  'aab',
  'b',
  'foobar',
  'barfoo',
  '#aabbcc',
  'https://x',
  'a.b',
  '10',
  'ä',
  '😀',
  'a😀b',
  'a\nb',
  'A',
  ' a ',
  '\\',
  '{',
  'a{1',
  ']',
  '-',
]

test.each([
  '',
  'a',
  '^a$',
  'a|b',
  '^(?:a|b)+$',
  '^\\#[0-9a-f]{6}$',
  '^https\\:\\/\\/',
  '^(?!foo)\\w+$',
  '^(?=.*a)(?=.*b).{2,}$',
  '(?<=a)b',
  '(?<!a)b',
  '(?<=(?<!b)a)\\w',
  '(?!(?=a)ab)a',
  '^.$',
  '^..$',
  '[^]',
  '[]',
  '\\bfoo\\b',
  'o\\Bo',
  '^\\p{L}+$',
  '\\u0061',
  '\\u{1F600}',
  '\\ud83d\\ude00',
  '[\\u{1F600}-\\u{1F64F}]',
  '\\x61\\cJ',
  '(?:a*)*b',
  '(a|a?)+$',
  '(?<name>a)b',
  'a{0}b',
  'a{1',
  '{',
  ']',
  '^a{1,2}?$',
  '[\\w.-]',
  '\\d{2,}',
  '\\_',
  '(?=a)*b',
  '[\\]]',
  '\\-',
])('/%s/ matches what JavaScript matches', (source) => {
  for (const text of texts) expect([text, matches(source, text)]).toEqual([text, native(source, text)])
})

const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', '.', '\\w', '\\W', '[ab]', '[^a]', '\\s', '😀', 'ä', '\\.') },
  { weight: 1, arbitrary: fc.constantFrom('^', '$', '\\b', '\\B') },
)
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,3}', '*?')
const pattern = fc.letrec<{ readonly choice: string; readonly sequence: string; readonly term: string }>((tie) => ({
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((options) => options.join('|')),
  sequence: fc.array(tie('term'), { maxLength: 3 }).map((parts) => parts.join('')),
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(part, quantifier).map(([one, times]) => (/^(?:[\^$]|\\[bB])$/.test(one) ? one : `${one}${times}`)),
    fc.tuple(fc.constantFrom('(', '(?:'), tie('choice'), quantifier).map(([open, body, times]) => `${open}${body})${times}`),
    fc.tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!'), tie('choice')).map(([open, body]) => `${open}${body})`),
  ),
})).choice

test('any pattern matches what JavaScript matches', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '.', '😀', 'ä', '\ud83d'), { maxLength: 8 }).map((characters) => characters.join(''))
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      // V8 also tries empty matches inside a surrogate pair, unlike the standard.
      fc.pre(!/\(\?[=!<]|\\b|[\^$]/i.test(source) || !/[\ud800-\udfff]/.test(given))
      expect(matches(source, given)).toBe(native(source, given))
    }),
    { numRuns: 3_000 },
  )
})

test.each<[string, string, boolean]>([
  ['(?i)abc', 'xABC', true],
  ['^(?i:a)b$', 'Ab', true],
  ['^(?i:a)b$', 'AB', false],
  ['(?P<first>a)b', 'ab', true],
  ['\\Aab\\z', 'ab', true],
  ['\\Aab\\z', 'xab', false],
  ['(?s)^a.b$', 'a\nb', true],
  ['(?m)^b$', 'a\nb', true],
  ['(?i)[a-c]\\$', 'B$', true],
])('%s of another language is read: %j is %s', (source, text, expected) => {
  expect(matches(source, text)).toBe(expected)
})

test.each([
  '(a)\\1',
  '(?<x>a)\\k<x>',
  '(?>a)',
  'a++',
  'a**',
  '(',
  '[',
  'a)',
  '(?P=x)',
  'x{2000}{2000}',
  '(?:x{2000}){2000}',
  '(?:){100000}',
  '('.repeat(300) + ')'.repeat(300),
])('%s is refused when it is read, not when it is matched', (source) => {
  expect(() => compilePattern(readPattern(source))).toThrow(expect.objectContaining({ name: 'PatternError' }))
})

test.each([
  ['(a+)+$', 'a', 'b'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a', ''],
  ['(x+x+)+y', 'x', ''],
  ['(.*)(.*)(.*)(.*)(.*)x', 'a', ''],
  ['^(?=(a+)+$)(?!.*(a|a)*c).*$', 'a', 'b'],
  ['(?:a?){20}a{20}$', 'a', 'b'],
])('the work of %s is linear in the text', (source, unit, end) => {
  const workOf = (length: number): number => {
    const work = new Work()
    matches(source, unit.repeat(length) + end, work)
    return work.done
  }
  const once = workOf(2_000)
  expect(workOf(4_000)).toBeLessThan(2.1 * once)
  expect(once).toBeLessThan(2_000 * 200)
})

test('a match pauses after each slice of its work, and throws when it takes too much work', async () => {
  const program = compilePattern(readPattern('(a+)+$'))
  let pauses = 0
  const steps = hasMatch(program, `${'a'.repeat(100_000)}b`, new Work())
  for (let step = steps.next(); step.done !== true; step = steps.next()) pauses++
  expect(pauses).toBeGreaterThan(5)
  const endless = finishInTurns(hasMatch(program, 'a'.repeat(10_000), new Work(100_000)))
  await expect(endless).rejects.toBeInstanceOf(TooMuchWork)
})
