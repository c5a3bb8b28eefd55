// A process of its own that dies: in a call of a run, once the call had its effect; or when it sends a decision.
import { DBOS } from '@dbos-inc/dbos-sdk'
import { dbosAgent } from '../../dist/index.js'
import { scriptedAgent } from './agents.mjs'

const { config, workflow, runId, answers, dieIn, ...setting } = JSON.parse(process.argv[2])
const die = () => process.kill(process.pid, 'SIGKILL')
const agent = dbosAgent(scriptedAgent({ ...setting, at: (name) => name === dieIn && die() }), { name: workflow })
DBOS.setConfig(config)
await DBOS.launch()
if (answers === undefined) await agent.start('Go.', { runId })
else {
  DBOS.send = die
  await agent.decide(runId, answers)
}
