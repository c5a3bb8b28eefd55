import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { setImmediate as nextLoop } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Agent } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { type Case, type Check, check, holds } from '../cases/case.ts'
import { bytesDispatcher } from '../lab/dispatchers.ts'
import { modelFor } from '../lab/observe.ts'
import { createRandom } from '../lab/random.ts'
import { takeRejections, watchRejections } from '../lab/rejections.ts'
import { makeTools } from '../lab/tools.ts'
import { figure } from './deltas.ts'

const run = promisify(execFile)
const streamBytes = 96 * 1024 * 1024
/** Of text in each event: most of a stream is the JSON around the text. */
const deltaBytes = 4
const textBytes = (streamBytes / 200) * deltaBytes
const heapMb = 80
/** With more listeners on one signal, Node warns of a leak although there is none. */
const runsAtOnce = 10
const goalSettleMs = 1_000
/** A socket that is open after this time stays open. On a busy machine closing hundreds of them takes some seconds. */
const socketsLeftMs = 10_000

/** Memory, listeners and sockets. */
export const memoryCases: readonly Case[] = [
  { id: `SPEED a stream of 96 MB in a process with a heap of ${heapMb} MB`, slow: true, isPrinted: true, run: longStream },
  { id: 'SPEED 10,000 runs on one AbortSignal: no listener is left', slow: true, isPrinted: true, run: () => manyRuns(10_000) },
  { id: 'SPEED 1,000 runs aborted at random points', slow: true, isPrinted: true, run: ({ seed }) => abortStorm(1_000, seed) },
]

async function longStream(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({
    respond: () => ({ text: 'one two three', fault: { kind: 'long-text', bytes: textBytes, eventBytes: deltaBytes } }),
  })
  const child = fileURLToPath(new URL('../../dist/speed/memory-child.js', import.meta.url))
  try {
    // Without the environment: other cases leave more in it than a new process can take.
    const { stdout } = await run(process.execPath, [`--max-old-space-size=${heapMb}`, child, simulator.baseURL], { timeout: 120_000, env: {} })
    const { characters, rss } = JSON.parse(stdout) as { characters: number; rss: number }
    return [
      holds(`it is read completely: ${Math.round(textBytes / 1_000_000)} MB of text in ${deltaBytes}-byte deltas`, characters >= textBytes, characters),
      { what: 'memory of the process', expected: 'printed', seen: `printed: ${Math.round(rss / 1024 / 1024)} MB`, ok: true },
    ]
  } catch (error) {
    return [holds('it passes', false, String(error).slice(0, 500))]
  }
}

const answer = Buffer.from(
  'data: {"choices":[{"index":0,"delta":{"content":"Hi."}}]}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)

/** Many runs that are handed the same signal. */
export async function manyRuns(count: number): Promise<readonly Check[]> {
  const { dispatcher } = bytesDispatcher(() => [answer])
  const agent = new Agent({ model: modelFor({ server: { baseURL: 'https://many.example/v1' }, settings: { dispatcher } }) })
  const controller = new AbortController()
  const waiting = Array.from({ length: count }).values()
  let most = 0
  const work = async (): Promise<void> => {
    for (const _ of waiting) {
      await agent.generate('Go.', { signal: controller.signal })
      most = Math.max(most, getEventListeners(controller.signal, 'abort').length)
    }
  }
  await Promise.all(Array.from({ length: runsAtOnce }, work))
  return [check('listeners left', 0, getEventListeners(controller.signal, 'abort').length), holds('no more than runs at once', most <= runsAtOnce, most)]
}

/** Many single requests with the same signal, without a run around them. */
export async function manyRequests(count: number): Promise<readonly Check[]> {
  const { dispatcher } = bytesDispatcher(() => [answer])
  const model = modelFor({ server: { baseURL: 'https://many-requests.example/v1' }, settings: { dispatcher } })
  const { signal } = new AbortController()
  for (let request = 0; request < count; request++) {
    for await (const _ of model.stream({ messages: [{ role: 'user', content: 'Go.' }] }, { signal }));
  }
  return [check('listeners left by single requests', 0, getEventListeners(signal, 'abort').length)]
}

/** Runs that are aborted somewhere, each at a random time. */
export async function abortStorm(count: number, seed: number): Promise<readonly Check[]> {
  watchRejections()
  takeRejections()
  const random = createRandom(seed)
  const sockets = countSockets()
  let slowest = 0
  let unsettled = count
  {
    await using simulator = await startSimulator({
      respond: ({ index }) =>
        index % 3 === 0
          ? { toolCalls: [{ name: 'look_up', input: {} }] }
          : { text: 'one two three four five six seven', ...(index % 3 === 1 && { fault: { kind: 'slow', everyMs: 3 } }) },
    })
    const agent = new Agent({ model: modelFor({ server: simulator }), tools: makeTools([]) })
    const waiting = Array.from({ length: count }, () => random.below(60)).values()
    const work = async (): Promise<void> => {
      for (const afterMs of waiting) {
        const controller = new AbortController()
        const running = agent.stream('Go.', { signal: controller.signal })
        let abortedAt = performance.now()
        const timer = setTimeout(() => {
          abortedAt = performance.now()
          controller.abort()
        }, afterMs)
        await running.result.catch(() => undefined)
        clearTimeout(timer)
        if (controller.signal.aborted) slowest = Math.max(slowest, performance.now() - abortedAt)
        unsettled--
      }
    }
    await Promise.all(Array.from({ length: 40 }, work))
    await nextLoop()
    await Promise.all(simulator.requests.map((request) => request.ended))
  }
  const closedBy = performance.now() + socketsLeftMs
  while (countSockets() > sockets && performance.now() < closedBy) await nextLoop()
  return [
    check('runs that did not settle', 0, unsettled),
    holds(`each settles within ${goalSettleMs} ms`, slowest < goalSettleMs, slowest),
    check('unhandled rejections', 0, takeRejections().length),
    holds('no socket left', countSockets() <= sockets, countSockets()),
    figure('slowest to settle', slowest, goalSettleMs),
  ]
}

function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
}
