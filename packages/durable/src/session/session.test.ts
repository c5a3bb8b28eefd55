import { join } from 'node:path'
import { assistant, user } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { newFolder, stores } from '../testing/stores.ts'
import { fileSessions } from './file-sessions.ts'
import { Session } from './session.ts'
import type { SessionStore } from './session-store.ts'
import { sqliteSessions } from './sqlite-sessions.ts'

const hello = [user('Hello.'), assistant('Good morning.')]
const more = [user('And now?'), assistant('Good night.')]

describe.each(stores)('sessions (%s)', (store) => {
  /** Each call opens the same place anew, as another process would. */
  const openStore = (): (() => SessionStore) => {
    const folder = newFolder()
    return () => (store === 'file' ? fileSessions(join(folder, 'sessions')) : sqliteSessions(join(folder, 'sessions.db')))
  }

  test('what was appended is read again, in order', async () => {
    const place = openStore()
    const session = await Session.open(place(), 'user/7')
    await session.append(hello)
    await session.append(more)
    expect(session.messages).toEqual([...hello, ...more])
    expect((await Session.open(place(), 'user/7')).messages).toEqual([...hello, ...more])
  })

  test('a session that nobody wrote is empty, and not listed', async () => {
    const place = openStore()
    const session = await Session.open(place(), 's')
    await session.append([])
    expect([session.messages, await place().list()]).toEqual([[], []])
  })

  test('of many that append at once one is heard, and the others are told', async () => {
    const place = openStore()
    await (await Session.open(place(), 's')).append(hello)
    const writers = await Promise.all(Array.from({ length: 10 }, () => Session.open(place(), 's')))
    const results = await Promise.allSettled(writers.map((writer) => writer.append(more)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(place(), 's')).messages).toEqual([...hello, ...more])
  })

  test('of two that begin a session one is heard', async () => {
    const place = openStore()
    const [first, second] = [await Session.open(place(), 's'), await Session.open(place(), 's')]
    await first.append(hello)
    await expect(second.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
  })

  test('a session that was deleted and begun anew is another one', async () => {
    const place = openStore()
    const old = await Session.open(place(), 's')
    await old.append(hello)
    await place().delete('s')
    await expect(old.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
    await (await Session.open(place(), 's')).append(hello)
    await expect(old.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(place(), 's')).messages).toEqual(hello)
  })

  test('a fork goes its own way', async () => {
    const place = openStore()
    const session = await Session.open(place(), 's')
    await session.append(hello)
    const fork = await session.fork('t')
    await fork.append(more)
    expect((await Session.open(place(), 's')).messages).toEqual(hello)
    expect((await Session.open(place(), 't')).messages).toEqual([...hello, ...more])
    expect(await place().list()).toEqual(['s', 't'])
  })

  test('a fork takes no id that is taken, and nothing comes of a session that is not there', async () => {
    const place = openStore()
    const session = await Session.open(place(), 's')
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
    await session.append(hello)
    await (await Session.open(place(), 't')).append(more)
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(place(), 't')).messages).toEqual(more)
  })

  test('what could not be sent is not kept', async () => {
    const session = await Session.open(openStore()(), 's')
    const call = { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'look', inputText: '{}' }] } as const
    await expect(session.append([user('go'), call])).rejects.toMatchObject({ code: 'invalid-messages' })
    expect(session.messages).toEqual([])
  })

  test('deleting what is not there is no error', async () => {
    await expect(openStore()().delete('s')).resolves.toBeUndefined()
  })
})
