import { setImmediate as nextLoop } from 'node:timers/promises'
import { type ChatSettings, evolink } from '@capstan/adapters'
import { Agent, type AgentOptions, type Message, type Model, type Run, type RunEvent, type RunResult, type Tool } from '@capstan/core'
import type { SimulatedRequest } from '@capstan/simulator'
import { plantCanary } from './canary.ts'
import { brokenInvariants, type Trace } from './invariants.ts'
import { takeRejections, watchRejections } from './rejections.ts'
import { makeTools } from './tools.ts'

/** The server that a run talks to. */
export interface Server {
  readonly baseURL: string
  /** Requests that it saw; absent where it cannot count them. */
  readonly requests?: readonly Pick<SimulatedRequest, 'ended'>[]
}

/** How one run is made. */
export interface Setup {
  readonly server: Server
  /** `generate` repeats a broken reply, `stream` does not once text was shown. */
  readonly mode: 'generate' | 'stream'
  readonly model?: ModelName
  readonly settings?: ChatSettings
  /** Instead of a model of the server. */
  readonly use?: Model
  readonly agent?: Partial<AgentOptions>
  readonly tools?: readonly Tool[]
  readonly input?: string | readonly Message[]
  readonly signal?: AbortSignal
  /** Called with the run before it starts: to attach listeners, or to abort. */
  readonly attach?: (run: Run) => void
  /** Consumes the events; default: an iterator that reads all of them. */
  readonly consume?: (run: Run) => Promise<readonly RunEvent[]>
  readonly limitMs?: number
  /** True when the consumer stops reading or aborts. */
  readonly wasLeft?: boolean
}

export type ModelName = 'kimi-k2-thinking' | 'deepseek-chat'

/** One run with everything that was seen of it. */
export interface Observation extends Trace {
  /** Invariants that it broke. */
  readonly problems: readonly string[]
}

/** Clocks that run out in a fraction of a second. Those of connecting and of headers keep their default. */
export const shortClocks: NonNullable<ChatSettings['timeouts']> = { headersMs: 250, firstContentMs: 250, queuedMs: 400, gapMs: 250, bytesMs: 2_000 }

const defaultLimitMs = 10_000

/** Makes a run, waits for its end and for the requests it left, and judges it by the invariants. */
export async function observe(setup: Setup): Promise<Observation> {
  watchRejections()
  const { mode, agent: options, limitMs = defaultLimitMs, input = 'Pay 5, then tell me.' } = setup
  const executed: string[] = []
  const signal = setup.signal ?? new AbortController().signal
  const agent = new Agent({ model: setup.use ?? modelFor(setup), tools: setup.tools ?? makeTools(executed), ...options })
  const startedAt = performance.now()
  const run = agent.stream(input, { signal, retryAfterText: mode === 'generate' ? 'restart' : 'fail' })
  setup.attach?.(run)
  const settled = await within(limitMs, settle(run, setup.consume ?? readAll))
  const ms = performance.now() - startedAt
  const left = await leftOpen(setup.server)
  const trace: Trace = {
    events: settled?.events ?? [],
    result: settled?.result,
    error: settled?.error,
    ms,
    limitMs,
    requests: setup.server.requests?.length,
    executed,
    signal,
    unhandled: takeRejections(),
    wasLeft: setup.wasLeft === true,
  }
  return { ...trace, problems: [...brokenInvariants(trace), ...left] }
}

/** The model that a case runs on; its key comes from the environment. */
export function modelFor({ server, settings, model = 'kimi-k2-thinking' }: Pick<Setup, 'server' | 'settings' | 'model'>): Model {
  return evolink<string>(model, { baseURL: server.baseURL, apiKeyEnv: plantCanary(server), ...settings })
}

interface Settled {
  readonly events: readonly RunEvent[]
  readonly result?: RunResult
  readonly error?: unknown
}

async function settle(run: Run, consume: (run: Run) => Promise<readonly RunEvent[]>): Promise<Settled> {
  const reading = consume(run)
  const outcome = run.result.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  const events = await reading
  return { events, ...(await outcome) }
}

async function readAll(run: Run): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  try {
    for await (const event of run) events.push(event)
  } catch {
    // The error is that of `result`.
  }
  return events
}

/** The value of a promise that settles in time; `undefined` otherwise. */
export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Requests that are still under way a second after the run: their sockets were not closed. */
async function leftOpen({ requests = [] }: Server): Promise<readonly string[]> {
  await nextLoop()
  const ended = await within(
    1_000,
    Promise.all(requests.map((request) => request.ended)).then(() => true),
  )
  return ended === true ? [] : ['I7: a request is still under way']
}
