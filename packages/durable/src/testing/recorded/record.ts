// Records the cases with the current code: `node packages/durable/src/testing/recorded/record.ts FOLDER`, with Node 24.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assistant, type Journal, type RunState, Session, user } from '@capstan/core'
import { fileJournal } from '../../file/file-journal.ts'
import { fileSessions } from '../../session/file-sessions.ts'
import { sqliteSessions } from '../../session/sqlite-sessions.ts'
import { sqliteJournal } from '../../sqlite/sqlite-journal.ts'
import { cases } from './cases.ts'
import { dumpDatabase } from './database-text.ts'
import { play, readShown } from './play.ts'

const [target = '', name, index, store] = process.argv.slice(2)
if (name === undefined) await recordAll(target)
else await recordStage(target)

async function recordAll(folder: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'capstan-record-'))
  for (const part of ['files', 'states', 'continued']) mkdirSync(join(folder, part), { recursive: true })
  for (const [runId, recorded] of Object.entries(cases)) {
    for (const [stage, { dies }] of recorded.begin.entries()) for (const kind of ['file', 'sqlite']) spawnStage([scratch, runId, String(stage), kind], dies)
    if (!recorded.begin.some(({ decides }) => decides !== undefined)) await recordState(folder, runId)
    cpSync(join(scratch, 'runs', runId), join(folder, 'files', runId), { recursive: true })
    // The owner of a run depends on the machine that recorded it.
    for (const file of readdirSync(join(folder, 'files', runId))) if (file.startsWith('owner.')) rmSync(join(folder, 'files', runId, file))
  }
  await recordSessions(scratch)
  cpSync(join(scratch, 'sessions'), join(folder, 'sessions'), { recursive: true })
  writeFileSync(join(folder, 'database.sql'), dumpDatabase(join(scratch, 'runs.db')))
  for (const runId of Object.keys(cases)) await recordContinuation(folder, scratch, runId)
  rmSync(scratch, { recursive: true })
}

function spawnStage(args: readonly string[], dies: string | undefined): void {
  const { status, signal } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' })
  if (signal !== (dies === undefined ? null : 'SIGKILL') || (dies === undefined && status !== 0))
    throw new Error(`${args.join(' ')} ended with ${signal ?? status}`)
}

async function recordStage(scratch: string): Promise<void> {
  const recorded = cases[name ?? '']
  const stage = recorded?.begin[Number(index)]
  if (recorded === undefined || stage === undefined) throw new Error(`There is no stage ${index} of '${name}'.`)
  await play(recorded, stage, { journal: journalOf(scratch), runId: name ?? '', kill: () => process.kill(process.pid, 'SIGKILL') })
}

function journalOf(scratch: string): Journal {
  return store === 'sqlite' ? sqliteJournal(join(scratch, 'runs.db')) : fileJournal(join(scratch, 'runs'))
}

async function recordState(folder: string, runId: string): Promise<void> {
  const recorded = cases[runId]
  let state: RunState | undefined
  for (const stage of recorded?.begin ?? []) if (recorded !== undefined) state = (await play(recorded, stage, { state, runId })).state
  if (state === undefined) throw new Error(`'${runId}' has no state.`)
  writeJson(join(folder, 'states', `${runId}.json`), state)
}

// Records how this release continues the runs, to compare other releases with it.
async function recordContinuation(folder: string, scratch: string, runId: string): Promise<void> {
  const recorded = cases[runId]
  if (recorded === undefined) return
  cpSync(join(folder, 'files', runId), join(scratch, 'continued', runId), { recursive: true })
  const journal = fileJournal(join(scratch, 'continued'))
  const read = await readShown(journal, runId)
  const played = []
  for (const stage of recorded.next) {
    const { state, ...rest } = await play(recorded, stage, { journal, runId })
    played.push(rest)
  }
  writeJson(join(folder, 'continued', `${runId}.json`), { read, played })
}

async function recordSessions(scratch: string): Promise<void> {
  for (const sessions of [fileSessions(join(scratch, 'sessions')), sqliteSessions(join(scratch, 'runs.db'))]) {
    const session = await Session.open(sessions, 'user/7')
    await session.append([user('Hello.'), assistant('Good morning.')])
    await session.append([user('And now?'), assistant('Good night.')])
  }
}

function writeJson(path: string, value: unknown): void {
  if (existsSync(path)) throw new Error(`${path} already exists.`)
  writeFileSync(path, `${JSON.stringify(value)}\n`)
}
