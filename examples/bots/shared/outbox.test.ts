import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Outbox, SendError, type Sender } from './outbox.ts'

async function newFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'capstan-')), 'sent.jsonl')
}

function sender(send: Sender['send']): Sender {
  return { split: (text) => text.split('|'), send }
}

test('a text is sent once under its key, by this process and the next', async () => {
  const [file, sent] = [await newFile(), [] as string[]]
  const parts = sender(async (channel, message, key) => void sent.push(`${channel} ${key} ${message}`))
  const first = await Outbox.open(file, parts)
  expect(await Promise.all([first.post('c', 'k', 'a|b'), first.post('c', 'k', 'a|b')])).toEqual([true, true])
  const second = await Outbox.open(file, parts)
  await second.post('c', 'k', 'a|b')
  expect(sent).toEqual(['c k#0 a', 'c k#1 b'])
})

test('a process that dies between two messages of a text, or while it writes, sends only the rest', async () => {
  const [file, sent] = [await newFile(), [] as string[]]
  const dying = await Outbox.open(
    file,
    sender(async (_, message) => {
      if (message === 'b') throw new SendError('the process dies here', undefined)
    }),
  )
  vi.spyOn(console, 'error').mockImplementationOnce(() => {})
  expect(await dying.post('c', 'k', 'a|b|c')).toBe(false)
  await appendFile(file, '{"at":1,"key":"k#1')
  const next = await Outbox.open(
    file,
    sender(async (_, message) => void sent.push(message)),
  )
  await next.post('c', 'k', 'a|b|c')
  expect(sent).toEqual(['b', 'c'])
  await next.mark('after the torn line')
  expect(
    (
      await Outbox.open(
        file,
        sender(async () => {}),
      )
    ).has('after the torn line'),
  ).toBe(true)
})

test('messages of a channel keep their order while one is tried again, and other channels do not wait', async () => {
  const sent: string[] = []
  let refusals = 2
  const outbox = await Outbox.open(
    await newFile(),
    sender(async (channel, message) => {
      if (message === 'slow' && refusals-- > 0) throw new SendError('wait', 20)
      sent.push(`${channel}: ${message}`)
    }),
  )
  await Promise.all([outbox.post('a', '1', 'slow'), outbox.post('a', '2', 'fast'), outbox.post('b', '3', 'other')])
  expect(sent).toEqual(['b: other', 'a: slow', 'a: fast'])
})

test('what is older than 60 days is forgotten', async () => {
  const file = await newFile()
  await appendFile(file, `{"at":${Date.now() - 61 * 86_400_000},"key":"old"}\n{"at":${Date.now()},"key":"new"}\n`)
  const outbox = await Outbox.open(
    file,
    sender(async () => {}),
  )
  expect([outbox.has('old'), outbox.has('new')]).toEqual([false, true])
  expect(await readFile(file, 'utf8')).not.toContain('old')
})

test('closing ends the waiting for another attempt, and the next process sends the message', async () => {
  const file = await newFile()
  const outbox = await Outbox.open(
    file,
    sender(async () => {
      throw new SendError('wait', 3_600_000)
    }),
  )
  const posting = outbox.post('c', 'k', 'a')
  await outbox.close()
  expect(await posting).toBe(false)
  const sent: string[] = []
  await (
    await Outbox.open(
      file,
      sender(async (_, message) => void sent.push(message)),
    )
  ).post('c', 'k', 'a')
  expect(sent).toEqual(['a'])
})
