import { Agent, type RunEvent } from '@capstan/core'
import { allStreams } from '@capstan/test-kit'
import fc from 'fast-check'
import type { Case, Check } from '../cases/case.ts'
import { bytesDispatcher } from '../lab/dispatchers.ts'
import { brokenInvariants } from '../lab/invariants.ts'
import { modelFor } from '../lab/observe.ts'
import { createRandom } from '../lab/random.ts'
import { takeRejections } from '../lab/rejections.ts'
import { makeTools } from '../lab/tools.ts'
import { answers, eventBorders, finishEnd, writeStream } from './streams.ts'

const after = Buffer.from(
  'data: {"choices":[{"index":0,"delta":{"content":"All good."},"finish_reason":null}]}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)
const wholeBytes = 4_096
const recordedOffsets = 500
/** Events of a long recording that are kept, at its beginning and at its end. */
const keptEvents = 60
const cutsAtOnce = 16

/** M2: a stream that is cut gives its complete reply, or a typed error and a prefix, and no tool runs before its finish event. */
export const cuttingCases: readonly Case[] = [
  {
    id: 'M2 a cut at every byte of generated streams of up to 4 KB',
    run: async ({ seed, quick }) => {
      const streams = fc.sample(
        answers.map(writeStream).filter((bytes) => bytes.length <= wholeBytes),
        { seed, numRuns: quick ? 2 : 12 },
      )
      return await Promise.all(streams.map((bytes, index) => cutAtAll(`stream ${index + 1} of seed ${seed}`, bytes, everyOffset(bytes, quick ? 5 : 1))))
    },
  },
  {
    id: 'M2 cuts of hand-written and recorded streams: each event border ± 2 bytes, 500 offsets',
    slow: true,
    run: async ({ seed }) => {
      const checks: Check[] = []
      for (const { name, bytes } of allStreams()) {
        const short = shorten(bytes)
        checks.push(await cutAtAll(name, short, chosenOffsets(short, seed)))
      }
      return checks
    },
  },
]

/** A long recording without the events in its middle, which are all alike. */
function shorten(bytes: Buffer): Buffer {
  const borders = eventBorders(bytes)
  if (borders.length <= 2 * keptEvents) return bytes
  return Buffer.concat([bytes.subarray(0, borders[keptEvents - 1]), bytes.subarray(borders.at(-keptEvents - 1))])
}

function everyOffset(bytes: Buffer, step: number): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / step) + 1 }, (_, index) => index * step)
}

function chosenOffsets(bytes: Buffer, seed: number): readonly number[] {
  const random = createRandom(seed)
  const near = eventBorders(bytes).flatMap((border) => [-2, -1, 0, 1, 2].map((by) => border + by))
  const others = Array.from({ length: recordedOffsets }, () => random.below(bytes.length))
  return [...new Set([...near, ...others])].filter((at) => at >= 0 && at <= bytes.length)
}

async function cutAtAll(what: string, bytes: Buffer, offsets: readonly number[]): Promise<Check> {
  const whole = await runOn([bytes])
  const expected = { text: shownText(whole.events), reasoning: shownText(whole.events, 'reasoning-delta'), executed: whole.executed.length }
  const finishAt = finishEnd(bytes)
  const waiting = offsets.values()
  const problems: string[] = []
  const work = async (): Promise<void> => {
    for (const at of waiting) {
      const problem = cutProblem(await runOn([bytes.subarray(0, at)]), { ...expected, isFinished: at > finishAt })
      if (problem !== undefined) problems.push(`cut at ${at} of ${bytes.length}: ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: cutsAtOnce }, work))
  return { what: `${what}, ${offsets.length} cuts`, expected: 'holds', seen: problems[0] ?? 'holds', ok: problems.length === 0 }
}

interface CutRun {
  readonly events: readonly RunEvent[]
  readonly executed: readonly string[]
  readonly problems: readonly string[]
}

/** One run on this body; the request after it gets a plain answer. */
async function runOn(pieces: readonly Uint8Array[]): Promise<CutRun> {
  const executed: string[] = []
  const { dispatcher, requests } = bytesDispatcher((index) => (index === 0 ? pieces : [after]))
  const agent = new Agent({ model: modelFor({ server: { baseURL: 'https://api.example/v1' }, settings: { dispatcher } }), tools: makeTools(executed) })
  const { signal } = new AbortController()
  const startedAt = performance.now()
  const run = agent.stream('Go.', { signal })
  const events: RunEvent[] = []
  for (const type of ['attempt', 'text-delta', 'reasoning-delta', 'step-start', 'step-retry', 'message-end', 'tool-start', 'run-end', 'run-error'] as const) {
    run.on(type, (event) => events.push(event))
  }
  const [settled] = await Promise.allSettled([run.result])
  const result = settled.status === 'fulfilled' ? settled.value : undefined
  const error: unknown = settled.status === 'rejected' ? settled.reason : undefined
  const trace = {
    events,
    result,
    error,
    executed,
    signal,
    ms: performance.now() - startedAt,
    limitMs: 10_000,
    requests: requests(),
    unhandled: takeRejections(),
    wasLeft: false,
  }
  return { events, executed, problems: brokenInvariants(trace) }
}

interface Whole {
  readonly text: string
  readonly reasoning: string
  readonly executed: number
  /** True for a cut after the finish reason. */
  readonly isFinished: boolean
}

function cutProblem({ events, executed, problems }: CutRun, whole: Whole): string | undefined {
  if (problems.length > 0) return problems.join('; ')
  if (!whole.isFinished && executed.length > 0) return `${executed.length} tools ran before the finish event`
  if (executed.length !== 0 && executed.length !== whole.executed) return `${executed.length} of ${whole.executed} tools ran`
  if (!whole.text.startsWith(shownText(events)) && shownText(events) !== 'All good.') return `the text is not a prefix: ${shownText(events)}`
  return whole.reasoning.startsWith(shownText(events, 'reasoning-delta')) ? undefined : 'the reasoning is not a prefix'
}

/** What the first attempt showed. */
function shownText(events: readonly RunEvent[], type: 'text-delta' | 'reasoning-delta' = 'text-delta'): string {
  return events.flatMap((event) => (event.type === type && event.step === 1 && event.attempt === 1 ? [event.delta] : [])).join('')
}
