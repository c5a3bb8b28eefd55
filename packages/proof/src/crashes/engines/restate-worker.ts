// One worker of a crash test on Restate: serves the agent until it dies.
import { appendFileSync, openSync } from 'node:fs'
import { createServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentWorkflow, createEndpointHandler } from '@capstan/restate'
import { artifactsFor, crashAgent } from '../agent.ts'
import { effects } from '../matrix.ts'
import { die, pointOf } from '../points.ts'
import { countedAgent, dyingAgent } from './dying.ts'
import type { WorkerSetting } from './restate-crew.ts'

const setting = JSON.parse(process.argv[2] ?? '') as WorkerSetting
const point = pointOf(setting.point)
const retryPolicy = { initialInterval: 50, exponentiationFactor: 1.5, maxInterval: 300, maxAttempts: 100, onMaxAttempts: 'kill' } as const
const agent = countedAgent(setting) ?? dyingAgent(crashAgent(setting, reach), { ...setting, tear })
const handle = createEndpointHandler({ services: [agentWorkflow(agent, { name: setting.name, artifacts: artifactsFor(setting), workflow: { retryPolicy } })] })

createServer((request, response) => {
  if (point.before?.({ type: 'answer' }) === true && request.url.endsWith('/decide')) die()
  handle(request, response)
}).listen(setting.port, '127.0.0.1', () => process.stdout.write('ready\n'))

async function reach(position: string): Promise<void> {
  if (point.at === position) die()
  if (point.hold === position) await new Promise(() => {})
  if (setting.holdAt === position && isFirst()) {
    appendFileSync(setting.held, `${process.pid}\n`)
    await sleep(setting.holdMs)
  }
  if (setting.slow) await sleep(15)
}

/** True for the first call of all workers. */
function isFirst(): boolean {
  try {
    openSync(`${setting.held}.first`, 'wx')
    return true
  } catch {
    return false
  }
}

/** Kills the server while it writes what this worker sends now; the moment depends on the effect. */
function tear(): void {
  setTimeout(() => {
    process.kill(setting.serverPid ?? 0, 'SIGKILL')
    die()
  }, effects.indexOf(setting.effect))
}
