import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { type RunHead, Session, user } from '@capstan/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { postgresSessions } from '../session/postgres-sessions.ts'
import { hasPostgres, startServer } from '../testing/stores.ts'
import { postgresJournal } from './postgres-journal.ts'

const started = startServer()
const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const
const newSchema = (): string => `s${randomUUID()}`
const urlOf = (database = 'postgres'): string => started().server.urlOf(database)

async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  return (await started().pool.query(text)).rows
}

/** A database of its own, with an own owner. */
async function newDatabase(options = ''): Promise<string> {
  const name = `d${randomUUID().replaceAll('-', '')}`
  await sql(`CREATE DATABASE ${name} ${options}`)
  return name
}

function journalAt(url: string, schema = newSchema()) {
  const journal = postgresJournal(url, { schema })
  onTestFinished(() => journal.close())
  return journal
}

describe.runIf(hasPostgres)('tables', () => {
  test('any number of processes may create them at once', async () => {
    const schema = 'odd "name" ü'
    const journals = Array.from({ length: 15 }, () => journalAt(urlOf(), schema))
    await expect(Promise.all(journals.map((journal) => journal.list()))).resolves.toHaveLength(15)
    expect(await sql('SELECT version FROM "odd ""name"" ü".capstan_migrations ORDER BY version')).toEqual([1, 2, 3, 4].map((version) => ({ version })))
  })

  test('tables of an older version get what is missing, once, and keep their runs', async () => {
    const schema = newSchema()
    await (await journalAt(urlOf(), schema).open('r', head)).close()
    await sql(
      `DROP TABLE "${schema}".capstan_run_index, "${schema}".capstan_run_metadata, "${schema}".capstan_artifacts, "${schema}".capstan_session_parts, "${schema}".capstan_sessions; DELETE FROM "${schema}".capstan_migrations WHERE version > 1`,
    )
    const journals = Array.from({ length: 5 }, () => journalAt(urlOf(), schema))
    await Promise.all(journals.map((journal, index) => journal.artifacts.put('r', String(index), 'text')))
    expect((await journals[0]?.list())?.runs).toHaveLength(1)
    expect(await sql(`SELECT version FROM "${schema}".capstan_migrations ORDER BY version`)).toEqual([1, 2, 3, 4].map((version) => ({ version })))
  })

  test('tables of a newer version are refused, with what to do', async () => {
    const schema = newSchema()
    await journalAt(urlOf(), schema).list()
    await sql(`INSERT INTO "${schema}".capstan_migrations (version) VALUES (99)`)
    await expect(journalAt(urlOf(), schema).list()).rejects.toMatchObject({
      code: 'journal-failed',
      message: expect.stringMatching(/have version 99.*Use the version of Capstan that made them/),
    })
  })

  test('a role that may not create anything can use tables that are there, and is told when they are not', async () => {
    const schema = newSchema()
    await journalAt(urlOf(), schema).list()
    await sql(`CREATE ROLE worker LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO worker; GRANT ALL ON ALL TABLES IN SCHEMA "${schema}" TO worker`)
    const url = urlOf().replace('capstan@', 'worker@')
    await (await journalAt(url, schema).open('r', head)).close()
    await expect(journalAt(url).list()).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('permission denied for database') })
  })

  test('a database that cannot hold every text is refused', async () => {
    const name = await newDatabase("ENCODING 'LATIN1' TEMPLATE template0")
    await expect(journalAt(urlOf(name)).list()).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining("ENCODING 'UTF8'") })
  })

  test('a failed start is tried again by the next use', async () => {
    const name = await newDatabase()
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    const journal = journalAt(urlOf(name))
    await expect(journal.list()).rejects.toMatchObject({ code: 'journal-failed' })
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    await expect(journal.list()).resolves.toEqual({ runs: [] })
  })

  test('transactions that are serializable by default do not disturb', async () => {
    const name = await newDatabase()
    await sql(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`)
    const journal = journalAt(urlOf(name))
    const run = await journal.open('r', head)
    const answers = Array.from({ length: 20 }, (_, answer) => journal.decide('r', { id: String(answer), about: 'hash', answer }))
    await Promise.all([...answers, run.append([question], true)])
    await run.close()
    expect(await journal.read('r')).toMatchObject({ records: [question], decisions: { length: 20 } })
  })
})

interface Cutter {
  readonly url: string
  /** From now on, the next answer of the server to a statement with this text is not delivered: the connection breaks. */
  cutAnswerTo(text: string): void
}

/** A connection to the server that can break after a statement was delivered. */
async function startCutter(): Promise<Cutter> {
  let wanted: string | undefined
  const target = new URL(urlOf())
  const relay = (client: Socket): void => {
    const server = connect(Number(target.port), target.hostname)
    let isCut = false
    client.on('data', (bytes) => {
      isCut ||= wanted !== undefined && bytes.includes(wanted)
      if (isCut) wanted = undefined
      server.write(bytes)
    })
    server.on('data', (bytes) => (isCut ? client.destroy() : client.write(bytes)))
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const)
      socket.on('error', () => {}).on('close', () => other.destroy())
  }
  const proxy = createServer(relay).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  const url = new URL(target)
  url.port = String((proxy.address() as AddressInfo).port) // A TCP server that listens has a port.
  const cutAnswerTo = (text: string): void => {
    wanted = text
  }
  return { url: url.href, cutAnswerTo }
}

describe.runIf(hasPostgres)('connections that break', () => {
  test('records whose commit was not confirmed are looked up, and are there once', async () => {
    const cutter = await startCutter()
    const journal = journalAt(cutter.url)
    const run = await journal.open('r', head)
    cutter.cutAnswerTo('INSERT INTO')
    await run.append([question, { ...question, id: 'p' }], true)
    cutter.cutAnswerTo('INSERT INTO')
    await run.append([{ ...question, id: 'o' }], true)
    await run.close()
    expect((await journal.read('r')).records.map(({ id }) => id)).toEqual(['q', 'p', 'o'])
  })

  test('a run whose owner was not confirmed is opened by the process that took it', async () => {
    const cutter = await startCutter()
    const journal = journalAt(cutter.url)
    await (await journal.open('r', head)).close()
    cutter.cutAnswerTo('SET fence')
    const run = await journal.open('r')
    await run.append([question], true)
    await run.close()
    expect((await journal.read('r')).records).toEqual([question])
  })

  test.each(['ON CONFLICT DO NOTHING', 'COMMIT'])('a first start whose answer is lost succeeds: %s', async (text) => {
    const cutter = await startCutter()
    const journal = journalAt(cutter.url)
    cutter.cutAnswerTo(text)
    await (await journal.open('r', head)).close()
    expect((await journal.list()).runs).toHaveLength(1)
  })

  test('decisions and deletions whose answer is lost happen once', async () => {
    const cutter = await startCutter()
    const journal = journalAt(cutter.url)
    await (await journal.open('r', head)).close()
    cutter.cutAnswerTo('INSERT INTO')
    await expect(journal.decide('r', { id: 'q', about: 'hash', answer: 1 })).resolves.toMatchObject({ answer: 1 })
    cutter.cutAnswerTo('DELETE FROM')
    await journal.delete('r')
    expect((await journal.list()).runs).toEqual([])
  })

  test('messages whose answer is lost are added once, and a session is forked once', async () => {
    const cutter = await startCutter()
    const sessions = postgresSessions(cutter.url, { schema: newSchema() })
    onTestFinished(() => sessions.close())
    await sessions.list()
    cutter.cutAnswerTo('INSERT INTO')
    const session = await Session.open(sessions, 's')
    await session.append([user('a')])
    cutter.cutAnswerTo('UPDATE')
    await session.append([user('b')])
    cutter.cutAnswerTo('INSERT INTO')
    const fork = await session.fork('t')
    await fork.append([user('c')])
    const messagesIn = async (id: string) => (await Session.open(sessions, id)).allMessages
    expect([await messagesIn('s'), await messagesIn('t')]).toEqual([
      [user('a'), user('b')],
      [user('a'), user('b'), user('c')],
    ])
  })

  test('a server that crashes under a run loses nothing that was confirmed, even if it is set to do so', async () => {
    const schema = newSchema()
    for (const text of ["ALTER ROLE capstan SET synchronous_commit = 'off'", "ALTER SYSTEM SET wal_writer_delay = '10s'", 'SELECT pg_reload_conf()'])
      await sql(text)
    const journal = journalAt(urlOf(), schema)
    const run = await journal.open('r', head)
    await run.append([question], true)
    await journal.decide('r', { id: 'q', about: 'hash', answer: 1 })
    await started().server.crash()
    await run.append([{ ...question, id: 'p' }], true)
    await run.close()
    expect(await journal.read('r')).toMatchObject({ records: [question, { id: 'p' }], decisions: [{ answer: 1 }] })
    await sql('ALTER ROLE capstan RESET synchronous_commit')
  })

  test('appends continue while a server crashes and starts again', async () => {
    const journal = journalAt(urlOf())
    const run = await journal.open('r', head)
    const crashed = started().server.crash()
    const ids = Array.from({ length: 40 }, (_, index) => String(index))
    for (const id of ids) await run.append([{ ...question, id }], true)
    await crashed
    await run.close()
    expect((await journal.read('r')).records.map(({ id }) => id)).toEqual(ids)
  })
})

/** A server that answers each connection with an error whose text holds a password. */
async function startRefusing(text: string): Promise<number> {
  const fields = `SFATAL\0VFATAL\0C28000\0M${text}\0\0`
  const server = createServer((socket) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(fields.length + 4)
    socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)])))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // A TCP server that listens has a port.
}

describe('secrets', () => {
  test('a password is in no error, whoever says it', async () => {
    const port = await startRefusing('no entry for host, user shop, password hunter/2, options none')
    const journal = postgresJournal(`postgresql://shop:hunter%2F2@127.0.0.1:${port}/shop`)
    const error = await journal.list().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'journal-failed', message: expect.stringContaining('password ***, options none') })
    expect(inspect([error, journal], { depth: 20, showHidden: true })).not.toContain('hunter')
  })

  test('a server that cannot be reached is reported at once, without the password', async () => {
    const journal = postgresJournal('postgresql://shop:hunter2@127.0.0.1:1/shop')
    const startedAt = performance.now()
    const error = await journal.list().catch((thrown: unknown) => thrown)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(error).toMatchObject({ code: 'journal-failed', message: expect.stringContaining('ECONNREFUSED') })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter2')
  })

  test.each([
    'postgres://shop:hunter2/x@localhost/shop',
    'postgres://shop:12/hunter2@localhost/shop',
    'postgres://shop:hunter2#1@localhost/shop',
    'postgres://shop:hunter2@localhost:port/shop',
    'postgres://shop:hunter2@local host/shop',
    'postgres://shop:hunter%zz@[::1/shop',
    'mysql://shop:hunter2@localhost/shop',
    'shop:hunter2@localhost/shop',
  ])('a connection string that cannot be read is not repeated: %s', async (url) => {
    const error = await postgresJournal(url)
      .list()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('percent-encoded') })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter')
  })
})
