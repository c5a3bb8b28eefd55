import { appendFileSync, cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { approve, type Journal, type RunState, Session, user } from '@capstan/core'
import { shop } from '@capstan/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { fileSessions } from './session/file-sessions.ts'
import { sqliteSessions } from './session/sqlite-sessions.ts'
import { sqliteJournal } from './sqlite/sqlite-journal.ts'
import { cases, type RecordedCase } from './testing/recorded/cases.ts'
import { loadDatabase } from './testing/recorded/database-text.ts'
import { type Played, play, readShown } from './testing/recorded/play.ts'
import { type LocalStoreName, localStores, newFolder } from './testing/stores.ts'

const fixtures = fileURLToPath(new URL('testing/fixtures/', import.meta.url))

/** What a release read of a run that it recorded, and what it did next itself. */
interface Continued {
  readonly read: Awaited<ReturnType<typeof readShown>>
  readonly played: readonly Played[]
}

// A folder is added with each release and never changed.
describe.each(readdirSync(fixtures))('release %s', (release) => {
  const folder = join(fixtures, release)
  const names = readdirSync(join(folder, 'continued')).map((file) => file.replace(/\.json$/, ''))

  test('a run that waits for a person continues', async () => {
    const { agent, look, pay, model } = shop()
    const answers = { 'steps/1/tools/1/approval': approve() }
    const result = await agent.resume('r', { journal: journalIn(folder, 'file'), answers }).result

    expect(result).toMatchObject({ status: 'finished', text: 'Paid.', warnings: [], usage: { totalTokens: 30, unknownAttempts: 0 } })
    expect([look.inputs.length, pay.inputs, model.requests]).toEqual([0, [{ amount: 5 }], 1])
  })

  describe.each(localStores)('in a journal (%s)', (store) => {
    test.each(names)('%s: everything that is recorded can be read', async (runId) => {
      const journal = journalIn(folder, store)
      expect((await journal.list()).runs.find((run) => run.runId === runId)).toMatchObject({ agent: 'unknown', beganAt: expect.any(Number) })
      expect(withoutTimes(await readShown(journal, runId))).toEqual(withoutTimes(continuedOf(folder, runId).read))
    })

    test.each(names)('%s: the run continues as the release continued it, and does nothing again', async (runId) => {
      // Release 0.1.0 waited as long as a server asked for; since then that is the least, and a random delay may be longer.
      using _ = vi.spyOn(Math, 'random').mockReturnValue(0)
      const journal = journalIn(folder, store)
      const recorded = caseOf(runId)
      for (const [index, expected] of continuedOf(folder, runId).played.entries()) {
        const { records, requests, effects, result } = await play(recorded, recorded.next[index] ?? {}, { journal, runId })
        expect(withoutTimes(records)).toEqual(withoutTimes(expected.records))
        expect({ requests, effects }).toEqual({ requests: expected.requests, effects: expected.effects })
        expect(result).toMatchObject(expected.result)
      }
      const again = await play(recorded, { isRestart: true }, { journal, runId })
      expect(again).toMatchObject({ records: [], requests: [], effects: [], result: continuedOf(folder, runId).played.at(-1)?.result })
    })

    test('sessions are read', async () => {
      const sessions = store === 'file' ? fileSessions(join(copyOf(folder), 'sessions')) : sqliteSessions(databaseOf(folder))
      expect(await sessions.list()).toEqual([{ sessionId: 'user/7', changedAt: expect.any(Number) }])
      const session = await Session.open(sessions, 'user/7')
      expect(session.messages.map(({ content }) => content)).toMatchObject(['Hello.', {}, 'And now?', {}])
      await session.append([user('Go on.')], { runId: 'r' })
      expect((await Session.open(sessions, 'user/7')).messages).toHaveLength(5)
    })
  })

  test.each(names)('%s: a finished run gives its recorded result', async (runId) => {
    const copy = copyOf(folder)
    const { played } = continuedOf(folder, runId)
    const lines = played.flatMap(({ records }) => records.map((record) => `${JSON.stringify(record)}\n`))
    appendFileSync(join(copy, 'files', runId, 'log.jsonl'), lines.join(''))
    const again = await play(caseOf(runId), { isRestart: true }, { journal: fileJournal(join(copy, 'files')), runId })
    expect(again).toMatchObject({ records: [], requests: [], effects: [], result: played.at(-1)?.result })
  })

  test.each(readdirSync(join(folder, 'states')))('%s: a run continues from its state', async (file) => {
    const runId = file.replace(/\.json$/, '')
    const recorded = caseOf(runId)
    let state: RunState | undefined = readJson<RunState>(join(folder, 'states', file))
    for (const [index, expected] of continuedOf(folder, runId).played.entries()) {
      const { requests, effects, result, state: next } = await play(recorded, recorded.next[index] ?? {}, { state, runId })
      expect({ requests, effects }).toEqual({ requests: expected.requests, effects: expected.effects })
      expect(result).toMatchObject(expected.result)
      state = next
    }
  })
})

function caseOf(name: string): RecordedCase {
  const found = cases[name]
  if (found === undefined) throw new Error(`There is no agent for the recorded case '${name}'.`)
  return found
}

function continuedOf(folder: string, runId: string): Continued {
  return readJson<Continued>(join(folder, 'continued', `${runId}.json`))
}

function copyOf(folder: string): string {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

function databaseOf(folder: string): string {
  const path = join(newFolder(), 'runs.db')
  loadDatabase(path, readFileSync(join(folder, 'database.sql'), 'utf8'))
  return path
}

function journalIn(folder: string, store: LocalStoreName): Journal {
  return store === 'file' ? fileJournal(join(copyOf(folder), 'files')) : sqliteJournal(databaseOf(folder))
}

function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(path, 'utf8')) as Value
}

/** The same value with every duration set to 0. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, item: unknown) => (key === 'ms' || key === 'waitedMs' ? 0 : item))
}
