import { Agent } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { modelFor } from '../lab/observe.ts'
import { type Case, type Check, holds } from './case.ts'

const runs = 200
/** Tokens of the budget: retries that an endpoint in trouble may get beyond a tenth. */
const budget = 10
const recoveryMs = 5_000

/** Many runs at once against a server that is down, and then is not. T82. */
export const storms: readonly Case[] = [{ id: 'T82 200 runs at once, all refused with 503: requests stay near one for each run', slow: true, run: storm }]

async function storm(): Promise<readonly Check[]> {
  let isDown = true
  await using simulator = await startSimulator({ respond: () => (isDown ? { fault: { kind: 'status', status: 503 } } : { text: 'Up again.' }) })
  const agent = new Agent({ model: modelFor({ server: simulator }) })
  const wave = (): Promise<readonly PromiseSettledResult<unknown>[]> => Promise.allSettled(Array.from({ length: runs }, () => agent.generate('Go.')))
  const down = await wave()
  const during = simulator.requests.length
  isDown = false
  const startedAt = performance.now()
  const up = await wave()
  const ms = performance.now() - startedAt
  const limit = runs * 1.1 + budget
  return [
    holds(
      'all runs settle as errors while it is down',
      down.every(({ status }) => status === 'rejected'),
      down.filter(({ status }) => status !== 'rejected').length,
    ),
    holds(`at most ${limit} requests while it is down`, during <= limit, `${during} requests`),
    holds(
      'all runs finish when it is up',
      up.every(({ status }) => status === 'fulfilled'),
      up.filter(({ status }) => status !== 'fulfilled').length,
    ),
    holds(`within ${recoveryMs} ms`, ms <= recoveryMs, `${Math.round(ms)} ms`),
    holds('one request for each then', simulator.requests.length - during === runs, simulator.requests.length - during),
  ]
}
