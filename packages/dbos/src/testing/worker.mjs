// A process that kills itself: at a position of a run or of its store of sessions, or when it sends a decision.
import { folderSessions, witnessedAgent } from '@capstan/test-kit'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { dbosAgent } from '../../dist/index.js'

const { config, workflow, runId, answers, session, sessionsFolder, dieAt, ...setting } = JSON.parse(process.argv[2])
const die = () => process.kill(process.pid, 'SIGKILL')
const at = (position) => position === dieAt && die()
const sessions = sessionsFolder === undefined ? {} : { sessions: folderSessions(sessionsFolder, at) }
const agent = dbosAgent(witnessedAgent({ ...setting, at }), { name: workflow, ...sessions })
DBOS.setConfig(config)
await DBOS.launch()
if (answers === undefined) await agent.start('Go.', { runId, ...(session !== undefined && { session }) })
else {
  DBOS.send = die
  await agent.decide(runId, answers)
}
