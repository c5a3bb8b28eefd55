// One process of a crash test on DBOS: runs the workflow, or goes on with it, and decides what it is told to.
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { dbosAgent } from '@capstan/dbos'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { crashAgent } from '../agent.mjs'
import { die, points } from '../points.mjs'
import { dyingAgent } from './dying.mjs'

const setting = JSON.parse(process.argv[2])
const { runId, config, holdAt, slow, maxRecoveryAttempts } = setting
const point = points[setting.point] ?? {}
const isAnswer = point.before?.({ type: 'answer' }) === true
if (point.torn || isAnswer) dieInTransaction(isAnswer ? /UPDATE .*notifications/ : /INSERT INTO .*operation_outputs/, point.torn)
pollOften()

// What dies in a transaction dies nowhere else.
const dying = point.torn || isAnswer ? { steps: setting.steps } : { point: setting.point, steps: setting.steps }
const agent = dbosAgent(dyingAgent(crashAgent({ ...setting, at: reach }), dying), { name: 'crash', ...(maxRecoveryAttempts && { maxRecoveryAttempts }) })
const silent = { debug() {}, info() {}, warn() {}, error() {} }
DBOS.setConfig({ ...config, logger: silent })
process.on('message', ({ answers }) => agent.decide(runId, answers).then(report, report))
process.send({ type: 'ready' })
if (point.open === 'before') die()
await DBOS.launch()
process.send({ type: 'launched' })
if (setting.isIdle !== true) await work()

async function work() {
  await agent.start('Go.', { runId })
  let end
  void resultOf().then((outcome) => {
    end = outcome
  })
  await report()
  while (end === undefined) {
    await sleep(25)
    await report()
  }
  if (point.after?.({ type: 'end', stopReason: 'finished' })) die()
  process.send({ type: 'end', ...end })
}

/** Asks again while the database is down. */
async function resultOf() {
  try {
    return { result: await agent.result(runId, { pollingIntervalMs: 20 }) }
  } catch ({ code, message, retryable }) {
    if (!retryable) return { error: `${code}: ${message}` }
    await sleep(50)
    return await resultOf()
  }
}

async function report() {
  const questions = await agent.pending(runId).catch(() => [])
  if (questions.length === 0) return
  if (point.after?.({ type: 'question' }) === true && setting.point.startsWith('P9')) die()
  process.send({ type: 'pending', questions })
}

async function reach(place) {
  if (point.at === place) die()
  if (point.hold === place) await new Promise(() => setInterval(() => {}, 1_000))
  if (holdAt === place) {
    process.send({ type: 'held' })
    await sleep(setting.holdMs ?? 60_000)
  }
  if (slow) await sleep(40)
}

/** Dies when a transaction that made such a change is about to be committed: the server has done all of it, and nobody may see it. */
function dieInTransaction(change, record) {
  const requireOfSdk = createRequire(createRequire(import.meta.url).resolve('@dbos-inc/dbos-sdk'))
  const { Client } = requireOfSdk('pg')
  const { query } = Client.prototype
  const changed = new WeakSet()
  Client.prototype.query = function (text, values, ...rest) {
    const names = (values ?? []).filter((value) => typeof value === 'string')
    if (change.test(text) && (record === undefined || names.some((name) => isOf(name, record)))) changed.add(this)
    if (text === 'COMMIT' && changed.has(this)) die()
    return query.call(this, text, values, ...rest)
  }
}

function isOf(step, record) {
  const [, id, name] = /^(\S+) (.*)$/.exec(step) ?? []
  return record({ type: 'done', id, name })
}

/** DBOS asks once a second for runs to take up, which is most of what a row of the matrix would take. */
function pollOften() {
  const require = createRequire(import.meta.url)
  const { registerInternalQueue } = require('@dbos-inc/dbos-sdk/internal/wfqueue')
  const { INTERNAL_QUEUE_NAME } = require('@dbos-inc/dbos-sdk/internal/utils')
  registerInternalQueue(INTERNAL_QUEUE_NAME, { minPollingIntervalMs: 50 })
}
