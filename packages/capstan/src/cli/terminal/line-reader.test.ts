import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Host } from '../host.ts'
import { LineReader } from './line-reader.ts'
import { say } from './shown-text.ts'

interface Keyboard {
  readonly reader: LineReader
  readonly type: (text: string) => void
  readonly screen: () => string
}

/** A reader with a keyboard, where terminals and pipes look the same to the reader but for `isTTY`. */
function start(isTTY: boolean): Keyboard {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin })
  let screen = ''
  const output = { write: (text: unknown) => (screen += String(text)) }
  const host: Host = { stdin, stdout: output, stderr: output, env: {}, onStop: () => () => undefined }
  return { reader: new LineReader(host, () => undefined), type: (text) => stdin.write(text), screen: () => screen }
}

test('waiting lines are returned in order, one to each call of next', async () => {
  const { reader, type } = start(true)
  type('one\rtwo\r')
  expect([await reader.next(say`> `), await reader.next(say`> `)]).toEqual(['one', 'two'])
  reader.close()
})

test('discard drops the waiting lines, the incomplete line, and what still arrives', async () => {
  const { reader, type, screen } = start(true)
  type('yes\rye')
  await wait(20)
  const discarded = reader.discard()
  for (const piece of ['s\ry', 'es\r', 'yes\r']) {
    await wait(40)
    type(piece)
  }
  expect(await discarded).toBe(true)
  // Nothing of it is shown either.
  expect(screen()).toBe('')
  const next = reader.next(say`> `)
  type('no\r')
  expect(await next).toBe('no')
  expect(screen()).toContain('> ')
  expect(await reader.discard()).toBe(false)
  reader.close()
})

test('drop drops what has arrived, without waiting', async () => {
  const { reader, type } = start(true)
  type('yes\ryes')
  await wait(20)
  expect([reader.drop(), reader.drop()]).toEqual([true, false])
  reader.close()
})

test('at the end of the input next returns undefined, and so does a closed reader', async () => {
  const { reader } = start(true)
  const next = reader.next(say`> `)
  reader.close()
  expect([await next, await reader.next(say`> `), await reader.discard()]).toEqual([undefined, undefined, false])
})

test('a pipe of many lines is read only as needed, and shows no prompt', async () => {
  const { reader, type, screen } = start(false)
  type(Array.from({ length: 1_000 }, (_, index) => `${index}\n`).join(''))
  const read: (string | undefined)[] = []
  for (let index = 0; index < 1_000; index++) read.push(await reader.next(say`> `))
  expect([read[0], read.at(-1), screen()]).toEqual(['0', '999', ''])
  reader.close()
})
