import { type Simulator, startSimulator } from '@capstan/simulator'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Agent, type AgentError, openaiCompatible } from './index.ts'

// 200 runs spread over 30 s of status 503, over real sockets. Time is injected: delays before a retry end only when the clock is moved,
// and it is moved only when no request is in progress, so half a minute takes a second or two.

const runs = 200
const downMs = 30_000
const everyMs = downMs / runs
const recoveryMs = 5_000
/** Retries that an unavailable endpoint may get in addition to one tenth of the requests. */
const budget = 10

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Storm {
  /** Requests that the server counted while it was down. */
  readonly during: number
  readonly failures: readonly AgentError[]
  /** Milliseconds of the injected clock from the recovery to the last of 200 responses. */
  readonly recoveredMs: number
  /** Requests that the server counted after the recovery. */
  readonly after: number
}

/** @param keyOf - The key of each run: runs of one key share a budget. */
async function storm(keyOf: (run: number) => string): Promise<Storm> {
  let isDown = true
  await using simulator = await startSimulator({
    endpoint: 'deepseek',
    respond: () => (isDown ? { fault: { kind: 'status', status: 503 } } : { text: 'Up again.' }),
  })
  const start = (run: number): Promise<unknown> => {
    const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'deepseek-flash', apiKey: keyOf(run) })
    return new Agent({ model }).generate('Go.')
  }
  const failed: Promise<AgentError>[] = []
  for (let run = 0; run < runs; run++) {
    failed.push(start(run).then(unexpected, (error) => error as AgentError))
    await pass(everyMs, simulator)
  }
  // What still waits for a retry has it while the server is down.
  const failures = await settle(failed, simulator)
  const during = simulator.requests.length
  isDown = false
  let recoveredMs = 0
  const answered = Array.from({ length: runs }, (_, run) => start(run))
  await settle(answered, simulator, (ms) => {
    recoveredMs += ms
  })
  return { during, failures, recoveredMs, after: simulator.requests.length - during }
}

function unexpected(): never {
  throw new Error('A run finished although the server is down.')
}

/** Moves the clock in small steps. Before each step, waits until no request is in progress. */
async function pass(ms: number, simulator: Simulator): Promise<void> {
  const step = 50
  for (let passed = 0; passed < ms; passed += step) {
    await quiet(simulator)
    await vi.advanceTimersByTimeAsync(Math.min(step, ms - passed))
  }
  await quiet(simulator)
}

/** Waits until no request is in progress. It uses only turns of the event loop, because timers are faked. */
async function quiet(simulator: Simulator): Promise<void> {
  let calm = 0
  let known = -1
  // A run needs a few turns from its start, or from a response, to its next request.
  while (calm < 20) {
    await new Promise((resolve) => setImmediate(resolve))
    const open = simulator.requests.some(({ status }) => status === undefined)
    calm = open || simulator.requests.length !== known ? 0 : calm + 1
    known = simulator.requests.length
  }
}

async function settle<Value>(all: readonly Promise<Value>[], simulator: Simulator, onPass: (ms: number) => void = () => undefined): Promise<readonly Value[]> {
  let isOver = false
  const over = Promise.all(all).finally(() => {
    isOver = true
  })
  over.catch(() => undefined)
  await quiet(simulator)
  while (!isOver) {
    await pass(50, simulator)
    onPass(50)
  }
  return over
}

test('while an endpoint is down for 30 s, 200 runs send little more than one request each, and all of them succeed when it is back', async () => {
  const { during, failures, recoveredMs, after } = await storm(() => 'one-key')
  expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['provider-overloaded']))
  expect(during).toBeGreaterThanOrEqual(runs)
  expect(during).toBeLessThanOrEqual(runs * 1.1 + budget)
  // The requests that the errors report are those that the server counted.
  expect(failures.reduce((sum, { attempts }) => sum + (attempts ?? 0), 0)).toBe(during)
  expect([after, recoveredMs < recoveryMs]).toEqual([runs, true])
}, 30_000)

test('without a shared budget each run sends three requests, so the test above measures the budget', async () => {
  const { during } = await storm((run) => `key-${run}`)
  expect(during).toBe(runs * 3)
}, 30_000)
