// One process of a crash test on a journal: continues a run, or decides its questions, and prints the outcome as JSON in its last line.

import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentError, approve, decide, openQuestions, type RunResult, Session } from '@capstan/core'
import { crashAgent } from './agent.ts'
import { runOverflowIn } from './overflow-run.ts'
import { die, pointOf } from './points.ts'
import type { ChildReport, ChildSetting } from './processes.ts'
import { dyingJournal, dyingSessions, openSessions, openStore, type StoreSetting, tearWrite } from './stores.ts'
import { countingJournal, teamAgent } from './team.ts'

const setting = JSON.parse(process.argv[2] ?? '') as ChildSetting
const { runId } = setting
const point = pointOf(setting.point)
const journal = openStore(setting)
// The modules are loaded: from here on, time is that of the run.
process.stdout.write('ready\n')
// Processes that race start together.
if (setting.startAt !== undefined) await sleep(setting.startAt - Date.now())
console.log(JSON.stringify(await (setting.decides === undefined ? run() : decideAll()).catch(refused)))

async function run(): Promise<ChildReport> {
  if (setting.team !== undefined) {
    const ended = await teamAgent(setting.witness).generate('Go.', { journal: countingJournal(journal, setting.team), runId })
    return { ...reportOf(ended), records: await recordedIds() }
  }
  if (setting.overflow !== undefined) return { result: await runOverflowIn(journal, setting), records: await recordedIds() }
  const dying = dyingJournal(journal, point, tearWrite(setting, runId))
  const session = setting.session && (await Session.open(dyingSessions(openSessions(setting), setting.session.death), 's'))
  const options = { ...setting.options, ...(session && { session }), journal: dying, runId, retryAfterText: 'restart' } as const
  const run = crashAgent(setting, reach).stream('Go.', options)
  const { by, graceMs } = setting.term ?? {}
  if (by === 'stop') process.once('SIGTERM', () => run.stop(graceMs === undefined ? {} : { graceMs }))
  if (by === 'abort') process.once('SIGTERM', () => run.abort())
  const report = await run.result.then(reportOf, refused)
  return { ...report, records: await recordedIds(), ...(session && { session: await contentOf(setting) }) }
}

async function contentOf(store: StoreSetting): Promise<NonNullable<ChildReport['session']>> {
  const { allMessages: messages, openRun } = await Session.open(openSessions(store), 's')
  return { messages, openRun }
}

async function decideAll(): Promise<ChildReport> {
  const questions = openQuestions(await journal.read(runId))
  const answers = setting.decides === 'all' ? Object.fromEntries(questions.map(({ id }) => [id, approve()])) : (setting.decides ?? {})
  await decide(journal, runId, answers)
  return { decided: Object.keys(answers) }
}

async function reach(position: string): Promise<void> {
  if (point.at === position) die()
  // Waits for the kill.
  if (point.hold === position) await new Promise(() => setInterval(() => {}, 1_000))
  if (setting.hold?.at === position) {
    appendFileSync(setting.witness, 'held\n')
    await sleep(setting.hold.ms)
  }
  if (setting.stopAt === position) {
    appendFileSync(setting.witness, 'stopped\n')
    process.kill(process.pid, 'SIGSTOP')
  }
  if (setting.term?.at === position) {
    // On a busy machine the signal may arrive after the work, which then does not end during a stop.
    const arrived = once(process, 'SIGTERM')
    process.kill(process.pid, 'SIGTERM')
    await arrived
    await sleep(setting.term.workMs)
  }
  if (setting.slow === true) await sleep(3)
}

/** Ids of the operations that are recorded as done: none may be there twice. */
async function recordedIds(): Promise<readonly string[]> {
  const { records } = await journal.read(runId).catch(() => ({ records: [] }))
  return records.flatMap(({ type, id }) => (type === 'done' ? [id] : []))
}

function reportOf({ stopReason, text, messages, pending, toolCalls }: RunResult): ChildReport {
  return { stopReason, result: { text, messages, toolCalls }, pending }
}

function refused(error: unknown): ChildReport {
  if (!AgentError.is(error)) throw error
  return { error: error.code, message: error.message }
}
