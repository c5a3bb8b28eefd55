// One process of a crash test on DBOS: runs or continues the workflow, and decides the questions that it gets from the test.
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentError, type RunResult } from '@capstan/core'
import { type AgentReply, dbosAgent } from '@capstan/dbos'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { artifactsFor, crashAgent } from '../agent.ts'
import { die, type Point, pointOf } from '../points.ts'
import type { WorkerMessage, WorkerOrder, WorkerSetting } from './dbos-crew.ts'
import { countedAgent, dyingAgent, splitOnce } from './dying.ts'

const setting = JSON.parse(process.argv[2] ?? '') as WorkerSetting
const { runId, config, holdAt, maxRecoveryAttempts, steps } = setting
const point = pointOf(setting.point)
const isAnswer = point.before?.({ type: 'answer' }) === true
if (point.torn !== undefined || isAnswer) dieInTransaction(isAnswer ? /UPDATE .*notifications/ : /INSERT INTO .*operation_outputs/, point.torn)
pollOften()

// A process that dies in a transaction dies at no other position.
const dying = point.torn !== undefined || isAnswer ? { steps } : { steps, point: setting.point }
const options = { name: 'crash', artifacts: artifactsFor(setting), ...(maxRecoveryAttempts !== undefined && { maxRecoveryAttempts }) }
const agent = dbosAgent(countedAgent(setting) ?? dyingAgent(crashAgent(setting, reach), dying), options)
const silent = { debug() {}, info() {}, warn() {}, error() {} }
DBOS.setConfig({ ...config, logger: silent })
process.on('message', ({ answers }: WorkerOrder) => void agent.decide(runId, answers).then(report, report))
say({ type: 'ready' })
if (point.open === 'before') die()
await DBOS.launch()
say({ type: 'launched' })
if (setting.isIdle !== true) await work()

function say(message: WorkerMessage): void {
  process.send?.(message)
}

async function work(): Promise<void> {
  await agent.start('Go.', { runId })
  const ending = endOf()
  let isOver = false
  void ending.then(() => {
    isOver = true
  })
  for (await report(); !isOver; await report()) await sleep(25)
  if (point.after?.({ type: 'end', stopReason: 'finished' }) === true) die()
  say(await ending)
}

/** Asks again while the database is down. */
async function endOf(): Promise<WorkerMessage> {
  try {
    const { text, messages, toolCalls }: AgentReply | RunResult = await agent.result(runId, { pollingIntervalMs: 20 })
    return { type: 'end', result: { text, messages, toolCalls } }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    if (!error.retryable) return { type: 'end', error: `${error.code}: ${error.message}` }
    await sleep(50)
    return await endOf()
  }
}

async function report(): Promise<void> {
  const questions = await agent.pending(runId).catch(() => [])
  if (questions.length === 0) return
  if (point.after?.({ type: 'question' }) === true) die()
  say({ type: 'pending', questions })
}

async function reach(position: string): Promise<void> {
  if (point.at === position) die()
  if (point.hold === position) await new Promise(() => setInterval(() => {}, 1_000))
  if (holdAt === position) {
    say({ type: 'held' })
    await sleep(setting.holdMs ?? 60_000)
  }
  if (setting.slow === true) await sleep(40)
}

/** The part of `pg` that is needed to stop a transaction before it is committed. */
interface PgClient {
  query(this: object, text: unknown, values?: readonly unknown[], ...rest: unknown[]): unknown
}

/** Dies when a transaction that made such a change is about to be committed: the server has made the change, and no other process sees it. */
function dieInTransaction(change: RegExp, record: Point['torn']): void {
  const requireOfSdk = createRequire(createRequire(import.meta.url).resolve('@dbos-inc/dbos-sdk'))
  const { Client } = requireOfSdk('pg') as { readonly Client: { readonly prototype: PgClient } }
  const { query } = Client.prototype
  const changed = new WeakSet()
  Client.prototype.query = function (text, values, ...rest) {
    const names = (values ?? []).filter((value) => typeof value === 'string')
    if (change.test(String(text)) && (record === undefined || names.some((name) => record(stepOf(name))))) changed.add(this)
    if (text === 'COMMIT' && changed.has(this)) die()
    return query.call(this, text, values, ...rest)
  }
}

function stepOf(step: string): { readonly type: string; readonly id: string; readonly name: string } {
  const [id, name] = splitOnce(step)
  return { type: 'done', id, name }
}

/** DBOS looks once a second for runs to continue, which is most of what a row of the matrix would take. */
function pollOften(): void {
  const require = createRequire(import.meta.url)
  const { registerInternalQueue } = require('@dbos-inc/dbos-sdk/internal/wfqueue') as { registerInternalQueue(name: string, options: object): void }
  const { INTERNAL_QUEUE_NAME } = require('@dbos-inc/dbos-sdk/internal/utils') as { readonly INTERNAL_QUEUE_NAME: string }
  registerInternalQueue(INTERNAL_QUEUE_NAME, { minPollingIntervalMs: 50 })
}
