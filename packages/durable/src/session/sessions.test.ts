import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assistant, Session, type SessionEntry, type SessionStore, user } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { Connection, loadSqlite } from '../sqlite/connection.ts'
import { hasPostgres, localStores, newFolder, sessionsOf, startServer, stores } from '../testing/stores.ts'
import { fileSessions } from './file-sessions.ts'
import { postgresSessions } from './postgres-sessions.ts'
import { sqliteSessions } from './sqlite-sessions.ts'

const hello = [user('Hello.'), assistant('Good morning.')]
const more = [user('And now?'), assistant('Good night.')]

const started = startServer()

describe.each(stores)('sessions (%s)', (store) => {
  const openStore = (): (() => SessionStore) => sessionsOf(store)

  test('messages are read in the order in which they were appended', async () => {
    const open = openStore()
    const session = await Session.open(open(), 'user/7')
    await session.append(hello)
    await session.append(more)
    expect(session.messages).toEqual([...hello, ...more])
    expect((await Session.open(open(), 'user/7')).messages).toEqual([...hello, ...more])
  })

  test('a session without messages is empty and not listed', async () => {
    const open = openStore()
    const session = await Session.open(open(), 's')
    await session.append([])
    expect([session.messages, await open().list()]).toEqual([[], []])
  })

  test('of many appends at once one is kept, and the others are refused', async () => {
    const open = openStore()
    await (await Session.open(open(), 's')).append(hello)
    const writers = await Promise.all(Array.from({ length: 10 }, () => Session.open(open(), 's')))
    const results = await Promise.allSettled(writers.map((writer) => writer.append(more)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(open(), 's')).messages).toEqual([...hello, ...more])
  })

  test('of two processes that begin a session one succeeds', async () => {
    const open = openStore()
    const [first, second] = [await Session.open(open(), 's'), await Session.open(open(), 's')]
    await first.append(hello)
    await expect(second.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
  })

  test('a session that was deleted and begun again is another session', async () => {
    const open = openStore()
    const old = await Session.open(open(), 's')
    await old.append(hello)
    await open().delete('s')
    await expect(old.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
    await (await Session.open(open(), 's')).append(hello)
    await expect(old.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(open(), 's')).messages).toEqual(hello)
  })

  test('a fork and its original do not share later messages', async () => {
    const open = openStore()
    const session = await Session.open(open(), 's')
    await session.append(hello)
    const fork = await session.fork('t')
    await fork.append(more)
    expect((await Session.open(open(), 's')).messages).toEqual(hello)
    expect((await Session.open(open(), 't')).messages).toEqual([...hello, ...more])
    expect((await open().list()).map(({ sessionId }) => sessionId)).toEqual(['s', 't'])
  })

  test('a fork is refused when its id is taken, or when the original is not in the store', async () => {
    const open = openStore()
    const session = await Session.open(open(), 's')
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
    await session.append(hello)
    await (await Session.open(open(), 't')).append(more)
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
    expect((await Session.open(open(), 't')).messages).toEqual(more)
  })

  test('messages that could not be sent are not kept', async () => {
    const session = await Session.open(openStore()(), 's')
    const call = { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'look', inputText: '{}' }] } as const
    await expect(session.append([user('go'), call])).rejects.toMatchObject({ code: 'invalid-messages' })
    expect(session.messages).toEqual([])
  })

  test.each(['\u0000 \ud800', 'ü😀'])('a text is read unchanged: %j', async (text) => {
    const open = openStore()
    await (await Session.open(open(), 's')).append([user(text), assistant(text)])
    expect((await Session.open(open(), 's')).messages).toEqual([user(text), assistant(text)])
  })

  test('sessions that are deleted while others append to them are complete or gone', async () => {
    const open = openStore()
    for (let round = 0; round < 10; round++) {
      await (await Session.open(open(), 's')).append(hello)
      const session = await Session.open(open(), 's')
      await Promise.allSettled([session.append(more), open().delete('s')])
      expect([0, 2, 4]).toContain((await Session.open(open(), 's')).messages.length)
      await open().delete('s')
    }
  })

  test('every kind of entry is read as it was added, with its version', async () => {
    const open = openStore()
    const entries: readonly SessionEntry[] = [
      { type: 'messages', messages: hello },
      { type: 'open', runId: 'r\u0000\ud800', until: 1_800_000_000_000, takes: ['q'], from: 'v' },
      { type: 'queue', runId: 'q', messages: [user('wait')] },
      { type: 'messages', messages: more, runId: 'r', view: [user('short')], isBroken: true },
      { type: 'close', runId: 'r' },
    ]
    const versions: (string | undefined)[] = []
    for (const entry of entries) versions.push(await open().append('s', versions.at(-1), entry))
    expect(await open().read('s')).toEqual(entries.map((entry, index) => ({ version: versions[index], entry })))
    expect(new Set(versions).size).toBe(entries.length)
  })

  test('sessions are listed in pages, with the time of their last change', async () => {
    const open = openStore()
    const before = Date.now() - 5_000
    for (const id of ['b', 'ä', 'a', 'B']) await (await Session.open(open(), id)).append(hello)
    const first = await open().list({ limit: 2 })
    const rest = await open().list({ limit: 5, after: first.at(-1)?.sessionId ?? '' })
    expect([...first, ...rest].map(({ sessionId }) => sessionId)).toEqual(['B', 'a', 'b', 'ä'])
    for (const { changedAt } of [...first, ...rest]) expect(changedAt).toBeGreaterThan(before)
    await expect((async () => await open().list({ limit: 0 }))()).rejects.toMatchObject({ code: 'invalid-options' })
    await expect((async () => await open().list({ limits: 1 } as never))()).rejects.toMatchObject({ code: 'invalid-options' })
  })

  test('deleting a session that does not exist is not an error', async () => {
    await expect(openStore()().delete('s')).resolves.toBeUndefined()
  })
})

/** A session of three batches in files, and the folder that has them. */
async function sessionInFiles() {
  const root = newFolder()
  const session = await Session.open(fileSessions(root), 's')
  for (const messages of [hello, more, hello]) await session.append(messages)
  return { root, folder: join(root, 's'), open: async () => await Session.open(fileSessions(root), 's') }
}

async function listed(root: string): Promise<readonly string[]> {
  return (await fileSessions(root).list()).map(({ sessionId }) => sessionId)
}

describe('sessions in files', () => {
  test.each(['00000001.json', '00000002.json'])('missing messages are reported: %s', async (name) => {
    const { root, folder, open } = await sessionInFiles()
    rmSync(join(folder, name))
    await expect(open()).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining(name) })
    expect(await listed(root)).toEqual(['s'])
  })

  test('messages that do not follow those before them are reported', async () => {
    const { folder, open } = await sessionInFiles()
    const path = join(folder, '00000003.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), after: '2.other' }))
    await expect(open()).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining(path) })
  })

  test('a session without its first messages is not begun again', async () => {
    const { root, folder } = await sessionInFiles()
    rmSync(join(folder, '00000001.json'))
    expect(await fileSessions(root).append('s', undefined, { type: 'messages', messages: hello })).toBeUndefined()
  })

  test('an append that follows a deleted session adds nothing to the one that has its id now', async () => {
    const { root, open } = await sessionInFiles()
    const old = await open()
    await fileSessions(root).delete('s')
    const begun = await Session.open(fileSessions(root), 's')
    for (const messages of [hello, more, hello]) await begun.append(messages)
    await expect(old.append(more)).rejects.toMatchObject({ code: 'session-conflict' })
    expect((await open()).messages).toEqual([...hello, ...more, ...hello])
  })

  test('folders that do not belong to a session are not listed', async () => {
    const { root } = await sessionInFiles()
    for (const name of ['x'.repeat(250), '%41', 'empty']) mkdirSync(join(root, name))
    writeFileSync(join(root, 'x'.repeat(250), '00000001.json'), '{}')
    expect(await listed(root)).toEqual(['s'])
  })

  test('a damaged session is listed, and so are the others', async () => {
    const { root, folder } = await sessionInFiles()
    await (await Session.open(fileSessions(root), 't')).append(hello)
    writeFileSync(join(folder, '00000001.json'), '{')
    expect(await listed(root)).toEqual(['s', 't'])
  })

  test('folders and files can be read by their owner only', async () => {
    const before = process.umask(0o022)
    const { root, folder } = await sessionInFiles()
    process.umask(before)
    const modes = [folder, ...readdirSync(folder).map((name) => join(folder, name))].map((path) => statSync(path).mode & 0o777)
    expect([readdirSync(root), modes]).toEqual([['s'], [0o700, 0o600, 0o600, 0o600]])
  })

  test('drafts that killed processes left are removed, and those of living processes stay', async () => {
    const { folder, open } = await sessionInFiles()
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    for (const name of [`.draft-${pid}.a`, `.draft-${process.pid}.b`, '.draft-old']) writeFileSync(join(folder, name), '')
    utimesSync(join(folder, '.draft-old'), 0, 0)
    await open()
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([`.draft-${process.pid}.b`])
  })
})

test.runIf(localStores.includes('sqlite'))('missing messages in a database are reported', async () => {
  const path = join(newFolder(), 'sessions.db')
  const session = await Session.open(sqliteSessions(path), 's')
  for (const messages of [hello, more, hello]) await session.append(messages)
  new Connection(loadSqlite(), path).run('DELETE FROM capstan_sessions WHERE seq = 2')
  await expect(Session.open(sqliteSessions(path), 's')).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining("'s'") })
})

test.runIf(hasPostgres)('missing messages in PostgreSQL are reported', async () => {
  const { pool } = started()
  const sessions = postgresSessions(pool, { schema: 'missing' })
  const session = await Session.open(sessions, 's')
  for (const messages of [hello, more, hello]) await session.append(messages)
  await pool.query('DELETE FROM missing.capstan_session_parts WHERE seq = 3')
  await expect(sessions.read('s')).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining("'s'") })
  await pool.query('DELETE FROM missing.capstan_session_parts')
  await expect(sessions.read('s')).rejects.toMatchObject({ code: 'journal-failed' })
})

test.each([
  ['', {}],
  [undefined as never, {}],
  ['postgres://localhost/x', { shema: 'x' } as never],
  ['postgres://localhost/x', { schema: 'pg_x' }],
])('sessions in PostgreSQL need a database and known options: %j', (database, options) => {
  expect(() => postgresSessions(database, options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
