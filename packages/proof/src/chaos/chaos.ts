import { setImmediate as nextLoop } from 'node:timers/promises'
import { evolink } from '@capstan/adapters'
import { Agent, AgentError, type Run, type RunEvent, type Tool, user } from '@capstan/core'
import { type SimulatedRequest, type Simulator, startSimulator } from '@capstan/simulator'
import { tool } from '@capstan/tools'
import { canaryKey } from '../lab/canary.ts'
import { brokenInvariants, messagesOf, type Trace } from '../lab/invariants.ts'
import { within } from '../lab/observe.ts'
import { createRandom } from '../lab/random.ts'
import { takeRejections, watchRejections } from '../lab/rejections.ts'
import { makeTools } from '../lab/tools.ts'
import { makePlan, type Plan } from './plan.ts'

/** Runs on one simulator; its log keeps every request. */
const batchSize = 250
const atOnce = 16
const limitMs = 20_000
/** Every so many runs the history is sent again. */
const resendEvery = 10
const clocks = { headersMs: 400, firstContentMs: 400, queuedMs: 500, gapMs: 400, bytesMs: 400 }

/** The outcome of all runs. */
export interface ChaosReport {
  readonly runs: number
  /** How the runs ended: stop reasons and codes with their counts. */
  readonly ends: Readonly<Record<string, number>>
  /** Broken invariants, each with the seed of its run. */
  readonly problems: readonly string[]
}

/** Seeded runs of random faults, tools and aborts, judged only by the invariants. */
export async function runChaos(count: number, seed: number): Promise<ChaosReport> {
  watchRejections()
  const ends: Record<string, number> = {}
  const problems: string[] = []
  for (let first = 0; first < count; first += batchSize) {
    const seeds = Array.from({ length: Math.min(batchSize, count - first) }, (_, index) => seed + first + index)
    for (const { end, broken, runSeed } of await runBatch(seeds)) {
      ends[end] = (ends[end] ?? 0) + 1
      problems.push(...broken.map((problem) => `seed ${runSeed}: ${problem}`))
    }
  }
  return { runs: count, ends, problems }
}

interface RunReport {
  readonly runSeed: number
  readonly end: string
  readonly broken: readonly string[]
}

async function runBatch(seeds: readonly number[]): Promise<readonly RunReport[]> {
  const plans = new Map(seeds.map((seed) => [seed, { plan: makePlan(createRandom(seed)), used: 0 }]))
  await using simulator = await startSimulator({ respond: (request) => replyOf(plans, request), strict: { toolSchemas: true } })
  const waiting = plans.entries()
  const runs: { readonly runSeed: number; readonly trace: Trace; readonly resend: readonly string[] }[] = []
  const work = async (): Promise<void> => {
    for (const [runSeed, { plan }] of waiting) {
      const trace = await runOne(simulator, runSeed, plan)
      runs.push({ runSeed, trace, resend: runSeed % resendEvery === 0 ? await resendProblems(simulator, plan, trace) : [] })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  await nextLoop()
  const ended = await within(2_000, Promise.all(simulator.requests.map((request) => request.ended)))
  const left = ended === undefined ? ['I7: requests are still under way'] : []
  const unhandled = takeRejections().map((reason) => `I7: unhandled rejection: ${String(reason)}`)
  const counts = countRequests(simulator)
  const reports = runs.map(({ runSeed, trace, resend }) => ({
    runSeed,
    end: endOf(trace),
    broken: [...brokenInvariants({ ...trace, requests: counts.get(runSeed) ?? 0 }), ...resend],
  }))
  return [...reports, { runSeed: seeds[0] ?? 0, end: 'batches', broken: [...left, ...unhandled] }]
}

// The key of a request identifies its run: prompts may be anything.
function seedOf({ headers }: SimulatedRequest): number {
  return Number(/-(\d+)$/.exec(headers['authorization'] ?? '')?.[1])
}

function countRequests({ requests }: Simulator): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const seed of requests.map(seedOf)) counts.set(seed, (counts.get(seed) ?? 0) + 1)
  return counts
}

interface Entry {
  readonly plan: Plan
  /** Requests that were answered from the plan. */
  used: number
}

function replyOf(plans: ReadonlyMap<number, Entry>, request: SimulatedRequest): Plan['replies'][number] {
  const known = plans.get(seedOf(request))
  if (known === undefined) return { text: 'Fine.' }
  return known.plan.replies[known.used++] ?? { text: 'At last.' }
}

async function runOne(simulator: Simulator, runSeed: number, plan: Plan): Promise<Trace> {
  const executed: string[] = []
  const model = evolink<string>(plan.model, { baseURL: simulator.baseURL, apiKey: canaryKey(runSeed), timeouts: clocks })
  const agent = new Agent({ model, tools: chaosTools(executed), limits: { steps: 6 } })
  const controller = new AbortController()
  const startedAt = performance.now()
  const run = agent.stream('Pay 5, then tell me.', { signal: controller.signal, retryAfterText: plan.mode === 'generate' ? 'restart' : 'fail' })
  const events: RunEvent[] = []
  abortAsPlanned(run, plan, controller)
  const settled = await within(limitMs, Promise.allSettled([run.result, consume(run, plan, events)]))
  const [outcome] = settled ?? []
  const result = outcome?.status === 'fulfilled' ? outcome.value : undefined
  const error: unknown = outcome?.status === 'rejected' ? outcome.reason : undefined
  return {
    events: plan.leaveAfter === undefined ? events : [],
    result,
    error,
    ms: performance.now() - startedAt,
    limitMs,
    requests: undefined,
    executed,
    signal: controller.signal,
    unhandled: [],
    wasLeft: plan.abortAt !== undefined || plan.leaveAfter !== undefined,
    isBrief: true,
    sharesSockets: true,
  }
}

function endOf({ result, error }: Trace): string {
  if (result !== undefined) return result.stopReason
  return AgentError.is(error) ? error.code : 'nothing'
}

function abortAsPlanned(run: Run, { abortAt }: Plan, controller: AbortController): void {
  if (abortAt === undefined) return
  let seen = 0
  run.on(abortAt.type, () => {
    seen++
    if (seen === abortAt.count) controller.abort(new Error('chaos'))
  })
}

async function consume(run: Run, { leaveAfter }: Plan, events: RunEvent[]): Promise<void> {
  try {
    for await (const event of run) {
      events.push(event)
      if (events.length === leaveAfter) return
    }
  } catch {
    // The error is that of `result`.
  }
}

async function resendProblems(simulator: Simulator, { model }: Plan, trace: Trace): Promise<readonly string[]> {
  const messages = messagesOf(trace)
  if (messages === undefined) return []
  try {
    const again = new Agent({ model: evolink<string>(model, { baseURL: simulator.baseURL, apiKey: canaryKey('again') }) })
    await again.generate([...messages, user('Go on.')])
    return []
  } catch (error) {
    return [`M4: the history was refused: ${String(error)}`]
  }
}

function chaosTools(executed: string[]): readonly Tool[] {
  const odd = (name: string, execute: () => unknown): Tool =>
    tool({
      name,
      description: `The tool ${name}.`,
      inputSchema: { type: 'object' },
      timeoutMs: 20,
      execute: () => {
        executed.push(name)
        return execute()
      },
    })
  return [
    ...makeTools(executed),
    odd('fail', () => {
      throw new Error('It failed.')
    }),
    odd('hang', () => new Promise(() => undefined)),
    odd('odd_output', () => ({ big: 10n, bytes: new Uint8Array(3), when: new Date(Number.NaN) })),
  ]
}
