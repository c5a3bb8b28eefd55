import fc from 'fast-check'
import { expect, test } from 'vitest'
import { finishAtOnce } from '../contract/turns.ts'
import { type ReadRange, readText } from './read-text.ts'

function read(text: string, range: ReadRange = {}): string {
  return finishAtOnce(readText('r1.0 of search', text, range))
}

function rowsOf(output: string): readonly string[] {
  return output.split('\n').slice(1)
}

const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}${index % 100 === 41 ? ' Needle' : ''}`)
const text = lines.join('\n')

test('without a range the first lines are shown, with what is there in all and where to continue', () => {
  const output = read(text)
  const shown = rowsOf(output)
  expect(shown).toEqual(lines.slice(0, shown.length))
  expect(output.split('\n')[0]).toBe(
    `r1.0 of search: lines 1 to ${shown.length}, 5,000 lines and ${text.length.toLocaleString('en-US')} characters in all; continue with offset ${shown.length + 1}:`,
  )
  expect(Buffer.byteLength(output)).toBeLessThanOrEqual(8_000)
  expect(Buffer.byteLength(output)).toBeGreaterThan(7_000)
})

test('offset and limit choose lines', () => {
  expect(read(text, { offset: 4_999 })).toMatch(/^r1\.0 of search: lines 4999 to 5000, .* in all; no more follow:\nline 4999\nline 5000$/)
  expect(read(text, { offset: 7, limit: 2 })).toMatch(/continue with offset 9:\nline 7\nline 8$/)
  expect(read(text, { offset: 5_001 })).toMatch(/^r1\.0 of search: there is nothing from line 5,001 on; 5,000 lines and/)
  expect(read('one\r\n\r\nthree\r\n')).toMatch(/lines 1 to 3, 3 lines and 14 characters in all; no more follow:\none\n\nthree$/)
})

test('a text without line ends is read in lines of 1,000 characters', () => {
  const json = JSON.stringify(Array.from({ length: 4_000 }, (_, index) => ({ id: index, name: `näme ${index}` })))
  const rows: string[] = []
  for (let offset = 1, isRest = true; isRest; ) {
    const output = read(json, { offset })
    rows.push(...rowsOf(output))
    const next = /continue with offset (\d+):/.exec(output)?.[1]
    isRest = next !== undefined
    offset = Number(next)
  }
  expect(rows.join('')).toBe(json)
  expect(rows.slice(0, -1).every(({ length }) => length === 1_000)).toBe(true)
})

test('matches are shown with their numbers and the lines around them, whatever the letter case', () => {
  const output = read(text, { find: 'nEEDLE', limit: 2 })
  expect(rowsOf(output)).toEqual(['41: line 41', '42: line 42 Needle', '43: line 43', '…', '141: line 141', '142: line 142 Needle', '143: line 143'])
  expect(output.split('\n')[0]).toMatch(/^r1\.0 of search: 2 lines with "nEEDLE", lines 41 to 143, 5,000 lines .*; continue with offset 242:$/)
  expect(rowsOf(read(text, { find: 'needle', offset: 4_942 }))).toEqual(['4942: line 4942 Needle', '4943: line 4943'])
  expect(read(text, { find: 'nowhere', offset: 3 })).toMatch(/^r1\.0 of search: there is nothing with "nowhere" from line 3 on; 5,000 lines/)
})

test('what looks like a pattern is found as it is, also across the end of a line', () => {
  expect(rowsOf(read('a.c\nabc', { find: 'a.c' }))).toEqual(['1: a.c', '2: abc'])
  expect(rowsOf(read('x (a|b)*[c-d]{2}^$\\/?+ y', { find: '(a|b)*[c-d]{2}^$\\/?+' }))).toHaveLength(1)
  expect(rowsOf(read('first\nsecond\nthird\nfourth', { find: 'nd\nth' }))).toEqual(['1: first', '2: second', '3: third', '4: fourth'])
  expect(rowsOf(read(`${'x'.repeat(995)}border${'y'.repeat(995)}`, { find: 'border' })).map((row) => row.slice(0, 2))).toEqual(['1:', '2:'])
})

test('every range of every text: at most 8,000 bytes, no divided character, and each line can be reached', () => {
  const piece = fc.constantFrom('\n', '\r\n', '\r', 'a', 'ü', '😀', ' word', 'x'.repeat(999), '😀'.repeat(700), 'needle', '\u2028')
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.record(
        { offset: fc.integer({ min: 1, max: 40 }), limit: fc.integer({ min: 1, max: 40 }), find: fc.constantFrom('needle', 'a', '😀', '\n') },
        { requiredKeys: [] },
      ),
      (pieces, range) => {
        const whole = pieces.join('')
        const output = read(whole, range)
        expect(Buffer.byteLength(output)).toBeLessThanOrEqual(8_000)
        expect(output.isWellFormed()).toBe(true)
        const next = /continue with offset (\d+):/.exec(output)?.[1]
        // Always further, so reading ends.
        if (next !== undefined) expect(Number(next)).toBeGreaterThan(range.offset ?? 1)
        if (range.find === undefined && range.limit === undefined && range.offset === undefined && next === undefined && whole !== '') {
          expect(rowsOf(output).join('')).toBe(whole.replace(/\r\n|\n/g, ''))
        }
      },
    ),
  )
})

test('a text of a million line ends gives other work its turns', () => {
  const work = readText('r1.0', '\n'.repeat(1_000_000), {})
  let turns = 0
  for (let step = work.next(); step.done !== true; step = work.next()) turns++
  expect(turns).toBeGreaterThan(50)
})
