// One process of a crash test: goes on with a run, or decides a question, and says on stdout what came of it.
import { AgentError, decide, openQuestions } from '@capstan/core'
import { crashAgent } from './agent.mjs'
import { crashing, die, points, tearFile } from './points.mjs'
import { openStore, tearSqlite } from './stores.mjs'

const { store, path, runId, effect, oracle, point: pointName, task = 'run', answers, dieAfterMs } = JSON.parse(process.argv[2])
const point = points[pointName] ?? {}
const journal = openStore(store, path)
if (dieAfterMs !== undefined) setTimeout(die, dieAfterMs)

if (task === 'decide') {
  const given = answers ?? Object.fromEntries(openQuestions(await journal.read(runId)).map(({ id }) => [id, { approve: true }]))
  say(await decide(journal, runId, given).then(() => ({ decided: Object.keys(given) }), refused))
} else {
  const agent = crashAgent({ oracle, effect, at: reach })
  const tear = store === 'file' ? tearFile(path, runId) : tearSqlite(path, runId)
  say(await agent.generate('Go.', { journal: crashing(journal, point, tear), runId }).then(summaryOf, refused))
}

async function reach(place) {
  if (point.at === place) die()
  // Under way until the kill comes.
  if (point.hold === place) await new Promise(() => setInterval(() => {}, 1_000))
}

function summaryOf({ stopReason, text, messages, pending, usage, cost, toolCalls }) {
  return { stopReason, text, messages, pending, usage, cost, toolCalls }
}

function refused(error) {
  if (!AgentError.is(error)) throw error
  return { error: error.code, message: error.message }
}

function say(result) {
  console.log(JSON.stringify(result))
}
