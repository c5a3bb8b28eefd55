import { type Case, type Check, holds } from '../cases/case.ts'
import { bytesDispatcher } from '../lab/dispatchers.ts'
import { modelFor } from '../lab/observe.ts'
import { cutInto } from '../metamorphic/streams.ts'
import { measure } from './measure.ts'

/** Goals in milliseconds: CPU time, and the longest time without a turn of the event loop. */
const goalCpuMs = 150
const goalBlockMs = 20
/** A read of a socket. */
const pieceBytes = 16 * 1024
const times = 3

interface Shape {
  readonly id: string
  readonly bytes: (size: number) => Buffer
  readonly size: number
}

const shapes: readonly Shape[] = [
  {
    id: 'SPEED 120,000 one-character argument deltas',
    size: 120_000,
    bytes: (size) => streamOf(Array.from({ length: size }, (_, index) => fragment(0, index === 0 ? '"' : index === size - 1 ? '"' : 'x'))),
  },
  {
    id: 'SPEED 1 MB of arguments in deltas of 1,000 characters',
    size: 1_000,
    bytes: (size) =>
      streamOf(
        Array.from({ length: size }, (_, index) =>
          fragment(0, index === 0 ? `"${'x'.repeat(999)}` : index === size - 1 ? `${'x'.repeat(999)}"` : 'x'.repeat(1_000)),
        ),
      ),
  },
  {
    id: 'SPEED 100 calls, interleaved, in 20,000 deltas',
    size: 200,
    bytes: (size) => streamOf(Array.from({ length: size * 100 }, (_, index) => fragment(index % 100, 'x'))),
  },
]

/** CPU time, longest block and linearity of long tool calls. Figures are printed. A goal that is missed is named and does not fail. */
export const deltaCases: readonly Case[] = shapes.map(
  (shape): Case => ({
    id: shape.id,
    slow: true,
    isPrinted: true,
    run: async () => {
      const whole = await costOf(shape.bytes(shape.size))
      const quarter = await costOf(shape.bytes(Math.ceil(shape.size / 4)))
      // Costs of a few milliseconds are mostly those of starting.
      const isLinear = whole.cpuMs < 8 * quarter.cpuMs + 20
      return [
        figure('CPU', whole.cpuMs, goalCpuMs),
        figure('longest block', whole.blockMs, goalBlockMs),
        holds('linear: four times as much takes under 8 times as long', isLinear, `${quarter.cpuMs.toFixed(1)} ms, then ${whole.cpuMs.toFixed(1)} ms`),
      ]
    },
  }),
)

/** A figure, and whether its goal is met; a missed goal never fails. */
export function figure(what: string, seen: number, goalMs: number): Check {
  return { what, expected: `goal ${goalMs} ms`, seen: `${seen.toFixed(1)} ms: ${seen <= goalMs ? 'met' : 'MISSED'}`, ok: true }
}

function costOf(bytes: Buffer) {
  const pieces = cutInto(bytes, [pieceBytes])
  const { dispatcher } = bytesDispatcher(() => pieces)
  const model = modelFor({ server: { baseURL: 'https://speed.example/v1' }, settings: { dispatcher } })
  return measure(times, async () => {
    for await (const _ of model.stream({ messages: [{ role: 'user', content: 'Go.' }] }, { signal: new AbortController().signal }));
  })
}

function fragment(index: number, text: string): string {
  return JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index, function: { arguments: text } }] } }] })
}

function streamOf(fragments: readonly string[]): Buffer {
  const first = Array.from({ length: 100 }, (_, index) =>
    JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index, id: `c${index}`, function: { name: 'look_up', arguments: '' } }] } }] }),
  )
  const isMany = fragments[1]?.includes('"index":1,') === true
  const events = [
    ...first.slice(0, isMany ? 100 : 1),
    ...fragments,
    JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
    '[DONE]',
  ]
  return Buffer.from(events.map((event) => `data: ${event}\n\n`).join(''))
}
