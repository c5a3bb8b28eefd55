// One process of a run that needs two: it kills itself in the call of `look` that it is told, and the next process finishes the run. It knows
// nothing of traces: those come with `--import @capstan/trace/register`.
import { createServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { openaiCompatible } from '@capstan/adapters'
import { Agent, approve } from '@capstan/core'
import { jsonSchema, tool } from '@capstan/tools'

const { host, place, dies, port = 0 } = JSON.parse(process.argv[2])

const look = tool({
  name: 'look',
  description: 'Looks.',
  inputSchema: jsonSchema({ type: 'object' }),
  effect: 'read',
  async execute({ q }) {
    if (!dies || q !== 1) return `seen ${q}`
    // What waits to be written has been written by then.
    await sleep(200)
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
  },
})
const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: jsonSchema({ type: 'object' }), needsApproval: true, execute: () => 'paid' })
const model = openaiCompatible({ baseURL: process.env.BASE_URL, model: 'deepseek-chat', apiKey: 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8' })
const agent = new Agent({ name: 'walker', model, tools: [look, pay] })

const hosts = {
  async journal() {
    const { fileJournal } = await import('@capstan/durable')
    const journal = fileJournal(place, { leaseMs: 1_000 })
    if (dies) await agent.generate('go', { runId: 'r1', journal })
    const paused = await agent.resume('r1', { journal }).result
    const answers = Object.fromEntries(paused.pending.map(({ id }) => [id, approve()]))
    await agent.resume('r1', { journal, answers }).result
  },
  async dbos() {
    const [{ dbosAgent }, { DBOS }] = await Promise.all([import('@capstan/dbos'), import('@dbos-inc/dbos-sdk')])
    const runs = dbosAgent(agent, { name: 'walker' })
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    DBOS.setConfig({ name: 'walks', applicationVersion: '1', executorID: 'walker', systemDatabaseUrl: place, logger })
    await DBOS.launch()
    if (dies) await runs.start('go', { runId: 'r1' })
    for (let asked = []; asked.length === 0; await sleep(20)) {
      asked = await runs.pending('r1')
      for (const { id } of asked) await runs.decide('r1', { [id]: approve() })
    }
    await runs.result('r1', { pollingIntervalMs: 20 })
    await DBOS.shutdown()
  },
  async restate() {
    const { agentWorkflow, createEndpointHandler } = await import('@capstan/restate')
    // An execution that waits is ended soon, so that the decision begins another one in the same process.
    const services = [agentWorkflow(agent, { name: 'walker', workflow: { inactivityTimeout: 200, abortTimeout: 200 } })]
    const server = createServer(createEndpointHandler({ services, logger: () => {} }))
    server.listen(port, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
  },
}

await hosts[host]()
