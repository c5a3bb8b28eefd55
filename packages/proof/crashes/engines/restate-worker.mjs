// One worker of a crash test on Restate: serves the agent until it dies.
import { appendFileSync, openSync } from 'node:fs'
import { createServer } from 'node:http2'
import { agentWorkflow, createEndpointHandler } from '@capstan/restate'
import { crashAgent } from '../agent.mjs'
import { die, points } from '../points.mjs'
import { dyingAgent } from './dying.mjs'

const setting = JSON.parse(process.argv[2])
const point = points[setting.point] ?? {}
const retryPolicy = { initialInterval: 50, exponentiationFactor: 1.5, maxInterval: 300, maxAttempts: 100, onMaxAttempts: 'kill' }
const agent = dyingAgent(crashAgent({ ...setting, at: reach }), { ...setting, tear })
const handle = createEndpointHandler({ services: [agentWorkflow(agent, { name: setting.name, workflow: { retryPolicy } })] })

createServer((request, response) => {
  if (point.before?.({ type: 'answer' }) && request.url.endsWith('/decide')) die()
  handle(request, response)
}).listen(setting.port, '127.0.0.1', () => process.stdout.write('ready\n'))

async function reach(place) {
  if (point.at === place) die()
  if (point.hold === place) await new Promise(() => {})
  if (setting.holdAt === place && isFirst()) {
    appendFileSync(setting.held, `${process.pid}\n`)
    await new Promise((resolve) => setTimeout(resolve, setting.holdMs))
  }
  if (setting.slow) await new Promise((resolve) => setTimeout(resolve, 15))
}

/** One call is held, in whichever worker. */
function isFirst() {
  try {
    openSync(`${setting.held}.first`, 'wx')
    return true
  } catch {
    return false
  }
}

/** The server dies while it writes what this worker hands it now; where in the write differs. */
function tear() {
  const delayMs = ['read', 'idempotent', 'once'].indexOf(setting.effect)
  setTimeout(() => {
    process.kill(setting.serverPid, 'SIGKILL')
    die()
  }, delayMs)
}
