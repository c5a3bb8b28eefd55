import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { calculator } from './index.ts'

async function calculate(expression: string): Promise<string> {
  const { status, text } = await callTool(calculator, { expression }, makeCall())
  return status === 'ok' ? text : `${status}: ${text}`
}

test.each([
  ['17% of 2,340', '397.8'],
  ['2,340 * 17%', '397.8'],
  ['0.1 + 0.2', '0.3'],
  ['1,234,567.89 * 2', '2469135.78'],
  ['(1 + 2) * 3 - 4 / 8', '8.5'],
  ['-2^2', '-4'],
  ['(-2)^2', '4'],
  ['2^3^2', '512'],
  ['2 ** 10', '1024'],
  ['2^-2', '0.25'],
  ['--5', '5'],
  ['2 * -3', '-6'],
  ['10 % 3', '1'],
  ['10 mod 3', '1'],
  ['-7 mod 3', '-1'],
  ['10% * 3', '0.3'],
  ['10% + 5%', '0.15'],
  ['5% of 10% of 1000', '5'],
  ['12.5%', '0.125'],
  ['sqrt(16)', '4'],
  ['4^0.5', '2'],
  ['abs(-3.5)', '3.5'],
  ['round(2.345, 2)', '2.35'],
  ['round(-2.5)', '-3'],
  ['floor(-2.5)', '-3'],
  ['ceil(2.1)', '3'],
  ['min(3, 1, 2)', '1'],
  ['max(3, 1.5, (2))', '3'],
  ['sum(1, 2, 3) / 4', '1.5'],
  ['max(2340,5)', '2340'],
  ['floor(1/3*3)', '1'],
  ['1.5e3', '1500'],
  ['.5 + 1.', '1.5'],
  ['3 × 4 ÷ 2 − 1', '5'],
  ['SQRT(4)', '2'],
  ['2^100', '1267650600228229401496703205376'],
  ['1/8', '0.125'],
  ['1/3*3', '1'],
  ['2 mod (2/3)', '0'],
  ['ceil(1 mod (1/3))', '0'],
  ['1/3 + 1/6', '0.5'],
  ['-1 mod (2/7)', '-0.14285714285714285714 (rounded to 20 significant digits)'],
  ['8^(1/3)', '2'],
  ['8^(2/3)', '4'],
  ['(4/9)^0.5', '0.66666666666666666667 (rounded to 20 significant digits)'],
  ['16^-0.25', '0.5'],
  ['0^0.5', '0'],
  ['round(sqrt(2), 3)', '1.414'],
  ['floor(10 * sqrt(2))', '14'],
  ['ceil(2^0.5 mod 1)', '1'],
  ['round(2/3, 4)', '0.6667'],
  ['round(-1/8, 2)', '-0.13'],
  ['max(sqrt(2), 1.5)', '1.5'],
  ['min(1/3, 0.33)', '0.33'],
  ['abs(1 - sqrt(2))', '0.4142135623730950488 (rounded to 20 significant digits)'],
  ['10^400 + 1 - 10^400', '1'],
])('%s is %s', async (expression, result) => {
  expect(await calculate(expression)).toBe(result)
})

test.each([
  ['1/3', '0.33333333333333333333 (rounded to 20 significant digits)'],
  ['sqrt(2)', '1.4142135623730950488 (rounded to 20 significant digits)'],
  ['2^0.1', '1.0717734625362931642 (rounded to 20 significant digits)'],
  ['1e999 + 1e-999', '1e+999 (rounded to 20 significant digits)'],
  ['(2^0.25)^4', '2 (rounded to 20 significant digits)'],
  ['round(10^460 / 7)', '1.4285714285714285714e+459 (rounded to 20 significant digits)'],
  ['sqrt(2)^2', '2 (rounded to 20 significant digits)'],
])('%s had to be rounded, and says so', async (expression, result) => {
  expect(await calculate(expression)).toBe(result)
})

test.each([
  ['', 'empty'],
  ['2 +', 'At position 4, expected a number'],
  ['(1 + 2', 'At position 7, expected ")"'],
  ['1 + 2)', 'At position 6'],
  ['2(3)', 'At position 2, expected an operator, such as *'],
  ['(2)(3)', 'At position 4, expected an operator'],
  ['1..2', 'At position 3'],
  ['foo(2)', 'Unknown name "foo" at position 1'],
  ['3 km', 'At position 3'],
  ['$5', 'Unexpected "$" at position 1'],
  ['5!', 'Unexpected "!" at position 2'],
  ['1/0', 'At "/", position 2: Division by zero'],
  ['5 mod 0', 'At "mod", position 3'],
  ['0^-1', 'division by zero'],
  ['sqrt(-1)', 'At "sqrt", position 1'],
  ['(-8)^0.5', 'no real result'],
  ['sqrt(1, 2)', 'takes one argument'],
  ['round(1, 2, 3)', 'at most 2'],
  ['round(1, -1)', 'decimal places'],
  ['sqrt', 'expected "(" after sqrt'],
  ['1,23', 'does not separate thousands'],
  ['12,34,567', 'does not separate thousands'],
  ['max(2,340, 5)', 'can mean one number or several'],
  ['sum(100,200)', 'can mean one number or several'],
  ['200 + 10%', 'can mean two things'],
  ['floor((2^0.25)^4)', 'At "floor", position 1: The number 2 is not known exactly, and the result depends on digits that are not known'],
  ['floor(10^2.5*10^.5)', 'not known exactly'],
  ['round(sqrt(2)^2 / 4, 0)', 'not known exactly'],
  ['sqrt(2)^2 mod 1', 'not known exactly'],
  ['1 / (sqrt(2)^2 - 2)', 'may be zero'],
  ['(sqrt(2)^2 - 2)^0.5', 'no real result'],
  ['0^-0.5', 'division by zero'],
  ['9^9^9', 'too large'],
  ['10^5000', 'too large'],
  ['1e2000', 'too large'],
  ['1e-2000', 'too small'],
  ['9'.repeat(101), 'more than 100 digits'],
  [`${'1+'.repeat(500)}1`, '1001 characters'],
  [`${'('.repeat(60)}1${')'.repeat(60)}`, 'nested deeper than 50'],
  ['-'.repeat(900), 'nested deeper than 50'],
  [`2${'^2'.repeat(200)}`, 'nested deeper than 50'],
])('%s is an error that says where and what helps', async (expression, message) => {
  const text = await calculate(expression)
  expect(text).toMatch(/^error: /)
  expect(text).toContain(message)
})

test('thousands separators are allowed in parentheses that are not the arguments of a function', async () => {
  expect(await calculate('(2,340 + 1,000) * 2')).toBe('6680')
})

test('sums and products of integers are those of BigInt', async () => {
  const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  await fc.assert(
    fc.asyncProperty(integer, integer, integer, async (a, b, c) => {
      expect(await calculate(`(${a}) * (${b}) + (${c})`)).toBe(String(a * b + c))
    }),
  )
})

test('sums, quotients and remainders of fractions are exact', async () => {
  const integer = fc.integer({ min: -999, max: 999 })
  const positive = fc.integer({ min: 1, max: 999 })
  await fc.assert(
    fc.asyncProperty(integer, positive, integer, positive, async (a, b, c, d) => {
      expect(await calculate(`((${a}) / ${b} + (${c}) / ${d}) * ${b} * ${d}`)).toBe(String(a * d + c * b))
      if (c !== 0) expect(await calculate(`((${a}) / ${b} mod ((${c}) / ${d})) * ${b} * ${d}`)).toBe(String(((a * d) % (c * b)) + 0))
      expect(await calculate(`floor((${a}) / ${b})`)).toBe(String(Math.floor(a / b) + 0))
    }),
  )
})

test('any text gives a result or an error, quickly', async () => {
  const piece = fc.constantFrom(
    '1',
    '9.99',
    '2,340',
    '+',
    '-',
    '*',
    '/',
    '%',
    '^',
    '**',
    '(',
    ')',
    ',',
    ' ',
    ' of ',
    'sqrt(',
    'max(',
    'round(',
    'x',
    '1e99',
    '0.5',
    '\u0000',
    'é',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      const before = performance.now()
      const { status } = await callTool(calculator, { expression: pieces.join('') }, makeCall())
      expect(['ok', 'error']).toContain(status)
      expect(performance.now() - before).toBeLessThan(1_000)
    }),
    { numRuns: 500 },
  )
})
