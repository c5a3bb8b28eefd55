// A process that kills itself: at a position of a run, or when it sends a decision.
import { witnessedAgent } from '@capstan/test-kit'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { dbosAgent } from '../../dist/index.js'

const { config, workflow, runId, answers, dieAt, ...setting } = JSON.parse(process.argv[2])
const die = () => process.kill(process.pid, 'SIGKILL')
const agent = dbosAgent(witnessedAgent({ ...setting, at: (position) => position === dieAt && die() }), { name: workflow })
DBOS.setConfig(config)
await DBOS.launch()
if (answers === undefined) await agent.start('Go.', { runId })
else {
  DBOS.send = die
  await agent.decide(runId, answers)
}
