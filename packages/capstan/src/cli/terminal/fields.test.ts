import type { Json } from '@capstan/core'
import { expect, test } from 'vitest'
import { fieldsOf, type Room, showFields } from './fields.ts'
import { ShownText } from './shown-text.ts'
import { widthOf } from './wrap.ts'

const all: Room = { columns: 80, lines: Number.POSITIVE_INFINITY }

function show(value: Json, room: Room = all): { readonly lines: readonly string[]; readonly isCut: boolean } {
  const { lines, isCut } = showFields(fieldsOf(value, ShownText.empty), room)
  return { lines: lines.map(String), isCut }
}

test('each field has a line, with the length of its text', () => {
  expect(show({ payee: 'Zoë', amount: 5, ok: true, none: null, list: [], deep: [{ a: 'x' }, 2] }).lines).toEqual([
    '  payee (3 characters): "Zoë"',
    '  amount: 5',
    '  ok: true',
    '  none: null',
    '  list: []',
    '  deep[0].a (1 character): "x"',
    '  deep[1]: 2',
  ])
})

test('a name cannot look like another field', () => {
  expect(show({ 'amount: 5\n  payee': 1, 'a.b': 2, '': 3, '\u202e': 4, deep: { 'amount: 5': 5 } }).lines).toEqual([
    '  "amount: 5\\n  payee": 1',
    '  "a.b": 2',
    '  "": 3',
    '  "\\u202e": 4',
    '  deep["amount: 5"]: 5',
  ])
})

test('a long value continues behind a bar, in lines that fit, also with wide characters and escapes', () => {
  for (const memo of ['x'.repeat(500), '漢'.repeat(200), '\u2800'.repeat(100), `${'y'.repeat(66)}  amount: 1`]) {
    const { lines } = show({ memo, amount: 5 })
    expect(lines.filter((line) => line.startsWith('  amount'))).toEqual(['  amount: 5'])
    for (const line of lines) expect(widthOf(line)).toBeLessThan(80)
    const joined = lines
      .filter((line) => !line.startsWith('  !'))
      .join('')
      .replaceAll('  | ', '')
    expect(joined).toContain(ShownText.strict(memo).toString())
  }
})

test('misleading characters are listed below their field', () => {
  expect(show({ payee: 'p\u0430yp\u0430l\u200b\u202e' }, { ...all, columns: 200 }).lines).toEqual([
    '  payee (8 characters): "p\\u0430yp\\u0430l\\u200b\\u202e"',
    '  ! payee has U+0430 ×2 (Cyrillic in a word with Latin letters), U+200B (invisible), U+202E (changes the direction of text)',
  ])
})

test('if there is too little room, long values are cut before fields, and each cut says how much is missing', () => {
  const { lines, isCut } = show({ memo: 'x'.repeat(5_000), amount: 5, payee: 'Ada' }, { columns: 80, lines: 12 })
  expect([isCut, lines.length <= 12]).toEqual([true, true])
  expect(lines.at(-1)).toBe('  payee (3 characters): "Ada"')
  const missing = Number(/… ([\d,]+) more characters/.exec(lines.join('\n'))?.[1]?.replace(',', ''))
  const shown = lines.join('').match(/x/g)?.length ?? 0
  expect(missing + shown).toBe(5_001)
})

test('more fields than lines are counted', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, index]))
  const { lines, isCut } = show(many, { columns: 80, lines: 10 })
  expect([isCut, lines.length <= 11, lines.at(-1)]).toEqual([true, true, expect.stringMatching(/^ {2}… 99\d more fields$/)])
})

test('without a limit, a megabyte is shown completely', () => {
  const memo = 'x'.repeat(1_000_000)
  expect(show({ memo }, { columns: Number.POSITIVE_INFINITY, lines: Number.POSITIVE_INFINITY }).lines).toEqual([`  memo (1,000,000 characters): "${memo}"`])
  expect(show({ memo }).lines.length).toBeGreaterThan(13_000)
})

test('deeply nested values are shown', () => {
  let value: Json = 'end'
  for (let depth = 0; depth < 200; depth++) value = { a: value }
  expect(show(value).lines.join('').replaceAll('  | ', '')).toContain('"end"')
})

test('a value inside of a field with a long name does not repeat the name', () => {
  const { lines } = show({ ['k'.repeat(200_000)]: Array.from({ length: 100_000 }, (_, index) => index), amount: 5 })
  const text = lines.join('').replaceAll('  | ', '')
  expect([text.split('k'.repeat(200_000)).length - 1, lines.at(-1)]).toEqual([1, '  amount: 5'])
  expect(text).toContain('99998,99999]')
  expect(text.length).toBeLessThan(1_000_000)
})

test('more lines than a function may have arguments are shown', () => {
  expect(show({ memo: 'x'.repeat(1_000_000) }, { columns: 10, lines: Number.POSITIVE_INFINITY }).lines.length).toBeGreaterThan(150_000)
})

test('a text of any kind of character is shown in time that grows only with its length', () => {
  // CPU time, because other processes must not count.
  const cpuMs = (length: number): number => {
    const before = process.cpuUsage()
    for (const unit of ['\u2800', 'a\u0430', 'p\u0430y ', 'a\u200d', '\u0301', '\n', '\u202e\u202d']) show({ memo: unit.repeat(length / unit.length) })
    return process.cpuUsage(before).user / 1_000
  }
  cpuMs(10_000)
  const small = cpuMs(10_000)
  expect(cpuMs(100_000)).toBeLessThan(small * 40 + 100)
})
