// One process of a crash test: goes on with a run, or decides a question, and says on stdout what came of it.
import { appendFileSync } from 'node:fs'
import { AgentError, decide, openQuestions } from '@capstan/core'
import { crashAgent } from './agent.mjs'
import { crashing, die, points, tearFile } from './points.mjs'
import { openStore, tearSqlite } from './stores.mjs'

const setting = JSON.parse(process.argv[2])
const { store, path, runId, task = 'run', answers } = setting
const point = points[setting.point] ?? {}
const journal = openStore(store, path, setting.options)
// Modules are loaded: what takes time from here on is the run.
process.stdout.write('ready\n')
// Processes that race start together.
if (setting.startAt !== undefined) await new Promise((resolve) => setTimeout(resolve, setting.startAt - Date.now()))
await tasks()[task]()

function tasks() {
  return {
    async run() {
      const tear = store === 'file' ? tearFile(path, runId) : tearSqlite(path, runId)
      const run = crashAgent({ ...setting, at: reach }).generate('Go.', { journal: crashing(journal, point, tear), runId })
      const summary = await run.then(summaryOf, refused)
      say({ ...summary, records: await recordIds() })
    },
    async decide() {
      const given = answers ?? Object.fromEntries(openQuestions(await journal.read(runId)).map(({ id }) => [id, { approve: true }]))
      say(await decide(journal, runId, given).then(() => ({ decided: Object.keys(given) }), refused))
    },
  }
}

async function reach(place) {
  if (point.at === place) die()
  // Under way until the kill comes.
  if (point.hold === place) await new Promise(() => setInterval(() => {}, 1_000))
  if (setting.stopAt === place) {
    appendFileSync(setting.oracle, 'stopped\n')
    process.kill(process.pid, 'SIGSTOP')
  }
  if (setting.slow) await new Promise((resolve) => setTimeout(resolve, 3))
}

/** The operations that are recorded as done: none may be there twice. */
async function recordIds() {
  const saved = await journal.read(runId).catch(() => ({ records: [] }))
  return saved.records.flatMap(({ type, id }) => (type === 'done' ? [id] : []))
}

function summaryOf({ stopReason, text, messages, pending, usage, cost, toolCalls }) {
  return { stopReason, text, messages, pending, usage, cost, toolCalls }
}

function refused(error) {
  if (!AgentError.is(error)) throw error
  return { error: error.code, message: error.message }
}

function say(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
