import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, AgentError, approve, decide, type Journal, type ListedRun, type RunListOptions, Session } from '@capstan/core'
import { answersTo, replyingModel, shop } from '@capstan/test-kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { fileSessions } from './session/file-sessions.ts'
import { Connection, loadSqlite } from './sqlite/connection.ts'
import { sqliteJournal } from './sqlite/sqlite-journal.ts'
import { hasPostgres, journalsOf, localStores, newFolder, startServer, stores } from './testing/stores.ts'

const started = startServer()

/** All runs, page by page. */
async function all(journal: Journal, options: RunListOptions = {}): Promise<readonly ListedRun[]> {
  const runs: ListedRun[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await journal.list({ limit: 2, ...options, ...(cursor !== undefined && { cursor }) })
    runs.push(...page.runs)
    cursor = page.cursor
    if (cursor === undefined) return runs
  }
}

const idsOf = (runs: readonly ListedRun[]): readonly string[] => runs.map(({ runId }) => runId)

/** Runs of several kinds: paused, finished, broken by an error, at a limit, and left by a crash. */
async function addRuns(journal: () => Journal): Promise<void> {
  await shop({}, { name: 'payer' }).agent.generate('go', { journal: journal(), runId: 'paused', metadata: { user: 'u1', n: 1 } })
  await shop({ needsApproval: false }, { name: 'payer' }).agent.generate('go', { journal: journal(), runId: 'finished', metadata: { user: 'u2' } })
  const failing = new Agent({ name: 'failing', model: replyingModel([{ error: new AgentError('no', { code: 'auth-failed' }) }]) })
  await failing.generate('go', { journal: journal(), runId: 'failed', metadata: { user: 'u1' } }).catch(() => {})
  await shop({ needsApproval: false }, { limits: { tokens: 1 } }).agent.generate('go', { journal: journal(), runId: 'limit' })
  const { head } = await journal().read('paused')
  await (await journal().open('left', { ...head, runId: 'left' })).close()
}

describe.each(stores)('a list of runs (%s)', (store) => {
  test('has what a list of work needs, without reading the runs', async () => {
    const journal = journalsOf(store)
    await addRuns(journal)
    const runs = await all(journal())
    expect(idsOf(runs)).toEqual(['left', 'limit', 'failed', 'finished', 'paused'])
    const [left, limit, failed, finished, paused] = runs
    expect(paused).toMatchObject({ status: 'paused', stopReason: 'paused', agent: 'payer', metadata: { user: 'u1', n: 1 } })
    expect(paused?.questions).toEqual((await shop().agent.resume('paused', { journal: journal() }).result).pending)
    expect(finished).toMatchObject({ status: 'finished', stopReason: 'finished', agent: 'payer', questions: [] })
    expect(failed).toMatchObject({ status: 'unusable', stopReason: 'failed', agent: 'failing' })
    expect(limit).toMatchObject({ status: 'limit', stopReason: 'max-tokens', agent: 'agent' })
    expect(left).toMatchObject({ status: 'unfinished', agent: 'payer', questions: [] })
    expect([left?.stopReason, limit?.metadata]).toEqual([undefined, undefined])
    for (const { beganAt, changedAt } of runs) expect(changedAt).toBeGreaterThanOrEqual(beganAt - 1_000)
  })

  test.each<[RunListOptions, readonly string[]]>([
    [{ status: 'paused' }, ['paused']],
    [{ status: ['unfinished', 'limit'] }, ['left', 'limit']],
    [{ status: [] }, []],
    [{ agent: 'payer' }, ['left', 'finished', 'paused']],
    [{ agent: 'nobody' }, []],
    [{ metadata: { user: 'u1' } }, ['left', 'failed', 'paused']],
    [{ metadata: { user: 'u1', n: 1 }, status: ['paused', 'finished'] }, ['paused']],
    [{ metadata: { user: 'u1', n: '1' } }, []],
    [{ metadata: { n: undefined } as never }, ['left', 'limit', 'failed', 'finished', 'paused']],
    [{ changedBefore: 1 }, []],
    [{ changedBefore: Date.now() + 3_600_000, agent: 'failing' }, ['failed']],
  ])('has only the runs that are asked for: %j', async (options, expected) => {
    const journal = journalsOf(store)
    await addRuns(journal)
    expect(idsOf(await all(journal(), options))).toEqual(expected)
    expect(idsOf((await journal().list(options)).runs)).toEqual(expected)
  })

  test('a question that is decided is not listed, and the run changes its status when it continues', async () => {
    const journal = journalsOf(store)
    const { agent } = shop()
    await agent.generate('go', { journal: journal(), runId: 'r' })
    const answers = await answersTo(journal(), 'r', approve())
    expect((await journal().list()).runs).toMatchObject([{ status: 'paused', questions: [{ id: Object.keys(answers)[0] }] }])
    await decide(journal(), 'r', answers)
    expect((await journal().list()).runs).toMatchObject([{ status: 'paused', questions: [] }])
    await agent.resume('r', { journal: journal() }).result
    expect((await journal().list()).runs).toMatchObject([{ status: 'finished', questions: [] }])
  })

  test('a run that continues after its end is unfinished until it ends again', async () => {
    const journal = journalsOf(store)
    await shop().agent.generate('go', { journal: journal(), runId: 'r' })
    const run = await journal().open('r')
    await run.append([{ type: 'start', id: 'steps/1/tools/1', name: 'tool pay' }], true)
    expect((await journal().list()).runs).toMatchObject([{ status: 'unfinished' }])
    await run.append([{ type: 'end', id: 'end', status: 'paused', stopReason: 'stopped' }], true)
    expect((await journal().list({ status: 'paused' })).runs).toMatchObject([{ stopReason: 'stopped' }])
    await run.close()
  })

  test('runs that begin or are deleted between two pages move no other run', async () => {
    const journal = journalsOf(store)
    const { agent } = shop()
    const add = async (runId: string) => await agent.generate('go', { journal: journal(), runId })
    for (let n = 0; n < 6; n++) await add(`r${n}`)
    const first = await journal().list({ limit: 3 })
    await add('later')
    await journal().delete('r5')
    await journal().delete('r2')
    await agent.resume('r0', { journal: journal(), answers: await answersTo(journal(), 'r0', approve()) }).result
    const second = await journal().list({ limit: 3, ...(first.cursor !== undefined && { cursor: first.cursor }) })
    expect([idsOf(first.runs), idsOf(second.runs), second.cursor]).toEqual([['r5', 'r4', 'r3'], ['r1', 'r0'], undefined])
  })

  test.each([
    [{ limit: 0 }],
    [{ limit: 1_001 }],
    [{ limit: 1.5 }],
    [{ cursor: 'x' }],
    [{ cursor: '' }],
    [{ status: 'done' }],
    [{ status: ['paused', 'x'] }],
    [{ agent: 7 }],
    [{ metadata: 'user' }],
    [{ offset: 3 }],
  ])('refuses options that it does not have: %j', async (options) => {
    await expect(journalsOf(store)().list(options as never)).rejects.toMatchObject({ code: 'invalid-options' })
  })

  test('names and values of metadata and agents may hold any character and have any length', async () => {
    const journal = journalsOf(store)
    const odd = { '\u0000\ud800': ['\u0000', { b: 1, a: 'x'.repeat(10_000) }], ['n'.repeat(5_000)]: null }
    await shop({}, { name: '\u0000\ud800 agent' }).agent.generate('go', { journal: journal(), runId: 'r', metadata: odd })
    const same = { ...odd, '\u0000\ud800': ['\u0000', { a: 'x'.repeat(10_000), b: 1 }] }
    const { runs } = await journal().list({ metadata: same, agent: '\u0000\ud800 agent' })
    expect(runs.map(({ metadata, agent }) => ({ metadata, agent }))).toEqual([{ metadata: odd, agent: '\u0000\ud800 agent' }])
  })

  test('runs that crashed are resumed by ten lines, and those at work are not touched', async () => {
    const journal = journalsOf(store)
    const sessions = fileSessions(join(newFolder(), 'sessions'))
    const agent = new Agent({ name: 'clerk', model: replyingModel([{ text: 'Done.' }, { text: 'Done again.' }]) })
    const { head } = await (async () => {
      await agent.generate('go', { journal: journal(), runId: 'ended', session: await Session.open(sessions, 'ended') })
      return await journal().read('ended')
    })()
    const position = await sessions.append('crashed', undefined, { type: 'open', runId: 'crashed' })
    const crashed = { ...head, runId: 'crashed', session: { id: 'crashed', version: String(position) } }
    await (await journal().open('crashed', crashed)).close()
    const atWork = await journal().open('at work', { ...head, runId: 'at work', session: undefined as never })

    await resumeAll(journal())
    expect((await journal().list()).runs.map(({ runId, status }) => [runId, status])).toEqual([
      ['at work', 'unfinished'],
      ['crashed', 'finished'],
      ['ended', 'finished'],
    ])
    expect((await Session.open(sessions, 'crashed')).messages).toHaveLength(2)
    await atWork.close()

    async function resumeAll(journal: Journal): Promise<void> {
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const page = await journal.list({ status: 'unfinished', agent: 'clerk', ...(cursor !== undefined && { cursor }) })
        for (const { runId, session: id } of page.runs) {
          const session = id === undefined ? {} : { session: await Session.open(sessions, id) }
          await agent.resume(runId, { journal, ...session }).result.catch((error: AgentError) => {
            if (error.code !== 'run-locked') throw error
          })
        }
        cursor = page.cursor
      }
    }
  })
})

describe('the index of runs in files', () => {
  async function twoRuns() {
    const folder = newFolder()
    const { agent } = shop({}, { name: 'payer' })
    for (const runId of ['a', 'b/c']) await agent.generate('go', { journal: fileJournal(folder), runId, metadata: { runId } })
    return { folder, before: (await fileJournal(folder).list()).runs }
  }

  test('is read instead of the logs', async () => {
    const { folder, before } = await twoRuns()
    for (const name of ['a', 'b%2Fc']) {
      const log = join(folder, name, 'log.jsonl')
      writeFileSync(log, 'x'.repeat(statSync(log).size))
    }
    const strip = (runs: readonly ListedRun[]) => runs.map(({ changedAt: _, ...run }) => run)
    expect(strip((await fileJournal(folder).list()).runs)).toEqual(strip(before))
  })

  test.each([
    ['the summaries', (folder: string) => ['a', 'b%2Fc'].map((name) => rmSync(join(folder, name, 'summary.json')))],
    ['the order', (folder: string) => rmSync(join(folder, '.index'), { recursive: true })],
    ['the content of the summaries', (folder: string) => ['a', 'b%2Fc'].map((name) => writeFileSync(join(folder, name, 'summary.json'), ''))],
  ])('is made again when a power failure has lost %s', async (_, lose) => {
    const { folder, before } = await twoRuns()
    lose(folder)
    const byId = (runs: readonly ListedRun[]) => runs.map(({ beganAt: _, ...run }) => run).sort((left, right) => (left.runId < right.runId ? -1 : 1))
    for (let time = 0; time < 2; time++) expect(byId((await fileJournal(folder).list()).runs)).toEqual(byId(before))
    expect(readdirSync(join(folder, '.index'))).toHaveLength(2)
  })

  test('loses the mark of a deleted run, and ignores a file that is not a mark', async () => {
    const { folder } = await twoRuns()
    rmSync(join(folder, 'a'), { recursive: true })
    writeFileSync(join(folder, '.index', 'notes'), '')
    mkdirSync(join(folder, 'empty'))
    expect(idsOf((await fileJournal(folder).list()).runs)).toEqual(['b/c'])
    expect(readdirSync(join(folder, '.index')).filter((name) => /^\d/.test(name))).toHaveLength(1)
  })

  test('a run whose log was cut is listed as its log is now', async () => {
    const { folder } = await twoRuns()
    const log = join(folder, 'a', 'log.jsonl')
    writeFileSync(log, `${readFileSync(log, 'utf8').split('\n')[0]}\n`)
    expect((await fileJournal(folder).list()).runs.find(({ runId }) => runId === 'a')).toMatchObject({ status: 'unfinished', agent: 'payer', questions: [] })
  })
})

test.runIf(localStores.includes('sqlite'))('runs in SQLite that the index does not have are added, also with broken records', async () => {
  const path = join(newFolder(), 'runs.db')
  const { agent } = shop({}, { name: 'payer' })
  for (const runId of ['a', 'b', 'c']) await agent.generate('go', { journal: sqliteJournal(path), runId, metadata: { runId } })
  const before = (await sqliteJournal(path).list()).runs
  const rows = new Connection(loadSqlite(), path)
  for (const table of ['capstan_run_index', 'capstan_run_metadata']) rows.run(`DELETE FROM ${table}`)
  rows.run("UPDATE capstan_journal_records SET record = '{' WHERE run_id = 'b' AND seq = 1")
  const after = (await sqliteJournal(path).list()).runs
  const find = (runs: readonly ListedRun[], runId: string) => runs.find((run) => run.runId === runId)
  expect(find(after, 'a')).toEqual({ ...find(before, 'a'), beganAt: expect.any(Number) })
  expect(find(after, 'b')).toMatchObject({ status: 'broken', problem: expect.any(String) })
  expect(idsOf((await sqliteJournal(path).list({ metadata: { runId: 'c' } })).runs)).toEqual(['c'])
})

test.runIf(hasPostgres)('runs in PostgreSQL that the index does not have are added', async () => {
  const journal = journalsOf('postgres')
  await addRuns(journal)
  const before = await all(journal())
  const { pool } = started()
  const { rows } = await pool.query("SELECT schemaname FROM pg_tables WHERE tablename = 'capstan_run_index'")
  for (const { schemaname } of rows) for (const table of ['run_index', 'run_metadata']) await pool.query(`DELETE FROM "${schemaname}".capstan_${table}`)
  const after = await all(journal())
  const byId = (runs: readonly ListedRun[]) => runs.map(({ beganAt: _, ...run }) => run).sort((left, right) => (left.runId < right.runId ? -1 : 1))
  expect(byId(after)).toEqual(byId(before))
  expect(idsOf(await all(journal(), { metadata: { user: 'u2' } }))).toEqual(['finished'])
})

test('pages of any size give each run once', async () => {
  const folder = newFolder()
  const { agent } = shop()
  const ids = Array.from({ length: 12 }, (_, n) => `r${n}`)
  for (const runId of ids) await agent.generate('go', { journal: fileJournal(folder), runId })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 15 }), async (limit) => {
      expect(idsOf(await all(fileJournal(folder), { limit }))).toEqual([...ids].reverse())
    }),
    { numRuns: 15 },
  )
})
