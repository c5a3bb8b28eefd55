import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../testing/stores.ts'
import { type Line, readLines } from './lines.ts'

async function linesOf(content: string | Buffer, maxBytes: number): Promise<readonly Line[]> {
  const path = join(newFolder(), 'lines')
  writeFileSync(path, content)
  await using file = await open(path)
  const all: Line[] = []
  for await (const lines of readLines(file, maxBytes)) all.push(...lines)
  return all
}

test('lines have their text and the position after them in bytes', async () => {
  expect(await linesOf('a\n\nüü\nrest', 10)).toEqual([
    { text: 'a', end: 2 },
    { text: '', end: 3 },
    { text: 'üü', end: 8 },
  ])
})

test('an empty file has no lines', async () => {
  expect(await linesOf('', 10)).toEqual([])
})

test.each([1, 7, 1_000, 32_767, 32_768, 65_535, 65_536, 65_537, 200_000])('lines of about %i bytes are read whatever chunk they begin in', async (length) => {
  const texts = Array.from({ length: Math.min(30_000, Math.ceil(600_000 / length)) }, (_, index) => `${index}${'ü'.repeat((length + (index % 5)) / 2)}`)
  const read = await linesOf(texts.map((text) => `${text}\n`).join(''), 1_000_000)
  expect(read.map(({ text }) => text)).toEqual(texts)
  expect(read.at(-1)?.end).toBe(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 1, 0))
})

test.each([11, 70_000, 300_000])('a line of %i bytes that is longer than allowed has no text, and those after it are read', async (length) => {
  const read = await linesOf(`before\n${'x'.repeat(length)}\nafter\n`, 10)
  expect(read).toEqual([
    { text: 'before', end: 7 },
    { text: undefined, end: length + 8 },
    { text: 'after', end: length + 14 },
  ])
})
