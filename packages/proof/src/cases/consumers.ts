import { setImmediate as nextLoop } from 'node:timers/promises'
import { Agent, AgentError, type Run, type RunEvent } from '@capstan/core'
import { type Fault, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { modelFor, type Observation, observe } from '../lab/observe.ts'
import { manyRequests, manyRuns } from '../speed/memory.ts'
import { type Case, type Check, check, holds } from './case.ts'
import { answered, pays, said, text } from './wire.ts'

/** Consumers that are slow, stop reading or abort. T77 to T83. */
export const consumers: readonly Case[] = [
  { id: 'T77 a consumer that takes no events: the server has to wait', run: slowConsumer },
  { id: 'T78 a consumer that closes the iterator', run: leavingConsumer },
  ...abortPositions().map(([position, reply, attach]): Case => ({ id: `T79 abort ${position}`, run: () => abortAt(reply, attach) })),
  { id: 'T79 abort before the start', run: abortBefore },
  { id: 'T80 abort with an error as reason, twice: the first reason is the cause', run: abortTwice },
  { id: 'T80 abort without a reason', run: abortWithoutReason },
  { id: 'T80 abort and a server error at the same time', run: abortAndError },
  { id: 'T81 one signal for many runs: no listener is left', run: async () => [...(await manyRuns(300)), ...(await manyRequests(30))] },
  { id: 'T83 a wall clock that jumps: waits are measured by a monotonic clock', run: clockJump },
]

async function slowConsumer(): Promise<readonly Check[]> {
  const bytes = 50_000_000
  await using simulator = await startSimulator({ respond: () => ({ text: 'one two three', fault: { kind: 'long-text', bytes } }) })
  const controller = new AbortController()
  const run = new Agent({ model: modelFor({ server: simulator }) }).stream('Go.', { signal: controller.signal })
  const events = run[Symbol.asyncIterator]()
  let received = 0
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  for (let taken = 0; taken < 300; taken++) {
    const { value } = await events.next()
    received += value !== undefined && (value as RunEvent).type === 'text-delta' ? (value as RunEvent & { delta: string }).delta.length : 0
    for (let turns = 0; turns < 5; turns++) await nextLoop()
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  const isUnderWay = simulator.requests[0]?.closedByClient === false
  controller.abort()
  await run.result.catch(() => undefined)
  await simulator.requests[0]?.ended
  return [holds('the server waits', isUnderWay && received < bytes, { received }), holds('under 32 MB wait in buffers', most < 32_000_000, most)]
}

async function leavingConsumer(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ ...said, fault: { kind: 'stall', at: 'mid-stream' } }] })
  const seen = await observe({ server: simulator, mode: 'stream', wasLeft: true, consume: (run) => takeUntil(run, 'reasoning-delta') })
  return [
    ...endsAborted(seen),
    check('attempts of unknown usage', 1, resultOf(seen)?.usage.unknownAttempts),
    check('closed by the client', true, simulator.requests[0]?.closedByClient),
  ]
}

async function takeUntil(run: Run, type: RunEvent['type']): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of run) {
    events.push(event)
    if (event.type === type) break
  }
  return []
}

/** Makes a run call `abort` at one position. */
type Attach = (run: Run, abort: () => void) => void

function abortPositions(): readonly (readonly [string, ScriptedReply, Attach])[] {
  const stalled = (fault: Fault): ScriptedReply => ({ text, fault })
  const on =
    (type: RunEvent['type']): Attach =>
    (run, abort) =>
      void run.on(type, abort)
  return [
    [
      'before any byte of a response',
      stalled({ kind: 'stall', at: 'before-headers' }),
      (run, abort) => void run.on('attempt', () => void nextLoop().then(nextLoop).then(abort)),
    ],
    ['as the request is made', stalled({ kind: 'stall', at: 'before-headers' }), on('attempt')],
    ['after the headers', stalled({ kind: 'stall', at: 'first-event', keepAliveMs: 5 }), (run, abort) => void run.on('attempt', () => setTimeout(abort, 40))],
    ['in the middle of the text', stalled({ kind: 'stall', at: 'mid-stream' }), on('text-delta')],
    ['in the wait before a retry', { fault: { kind: 'status', status: 503, retryAfter: 30 } }, on('step-retry')],
    ['at the end of a message', pays, on('message-end')],
    ['as a tool starts', pays, on('tool-start')],
  ]
}

async function abortAt(reply: ScriptedReply, attach: Attach): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ respond: ({ index }) => (index === 0 ? reply : answered) })
  const controller = new AbortController()
  let turns = 0
  let isSettled = false
  const countTurn = (): void => {
    turns++
    if (!isSettled && turns < 1_000) setImmediate(countTurn)
  }
  const abort = (): void => {
    if (!controller.signal.aborted) setImmediate(countTurn)
    controller.abort(new Error('enough'))
  }
  const seen = await observe({
    server: simulator,
    mode: 'stream',
    signal: controller.signal,
    wasLeft: true,
    attach: (run) => {
      attach(run, abort)
      run.result.catch(() => (isSettled = true))
    },
  })
  return [...endsAborted(seen), holds('at once: within 3 turns of the event loop', turns <= 3, `${turns} turns`)]
}

function endsAborted({ error, problems }: Observation): readonly Check[] {
  return [check('code', 'aborted', AgentError.is(error) ? error.code : String(error)), holds('I1 to I7', problems.length === 0, problems)]
}

function resultOf({ error }: Observation): AgentError['result'] {
  return AgentError.is(error) ? error.result : undefined
}

async function abortBefore(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [] })
  const seen = await observe({ server: simulator, mode: 'stream', signal: AbortSignal.abort() })
  return [...endsAborted(seen), check('requests', 0, simulator.requests.length)]
}

async function abortTwice(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ ...said, fault: { kind: 'stall', at: 'mid-stream' } }] })
  const reason = new Error('first')
  const seen = await observe({
    server: simulator,
    mode: 'stream',
    wasLeft: true,
    attach: (run) => {
      run.on('reasoning-delta', () => {
        run.abort(reason)
        run.abort(new Error('second'))
      })
    },
  })
  return [...endsAborted(seen), check('the cause is the reason', true, AgentError.is(seen.error) && seen.error.cause === reason)]
}

async function abortWithoutReason(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ ...said, fault: { kind: 'stall', at: 'mid-stream' } }] })
  const seen = await observe({ server: simulator, mode: 'stream', wasLeft: true, attach: (run) => void run.on('reasoning-delta', () => run.abort(undefined)) })
  return endsAborted(seen)
}

async function abortAndError(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ respond: () => ({ text, fault: { kind: 'reset', at: 'mid-stream' } }) })
  const controller = new AbortController()
  const aborted = simulator.waitForRequest(1).then(async () => {
    await nextLoop()
    await nextLoop()
    controller.abort()
  })
  const seen = await observe({ server: simulator, mode: 'stream', signal: controller.signal, wasLeft: true })
  await aborted
  return [holds('one end, a typed error', AgentError.is(seen.error), String(seen.error)), holds('I1 to I7', seen.problems.length === 0, seen.problems)]
}

async function clockJump(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ ...said, fault: { kind: 'slow', everyMs: 2 } }] })
  const real = Date.now
  let looks = 0
  // The wall clock jumps an hour ahead and back again.
  Date.now = () => real() + (looks++ % 2) * 3_600_000
  try {
    const seen = await observe({ server: simulator, mode: 'stream' })
    return [check('the run', 'finished', seen.result?.stopReason), holds('I1 to I7', seen.problems.length === 0, seen.problems)]
  } finally {
    Date.now = real
  }
}
