import { allStreams } from '@capstan/test-kit'
import fc from 'fast-check'
import type { Case, Check } from '../cases/case.ts'
import { createRandom } from '../lab/random.ts'
import { decode, wordsOfDecoded } from './decode.ts'
import { mustEqual, property } from './properties.ts'
import { answers, cutInto, eventBorders, writeStream } from './streams.ts'

const sizes = fc.array(fc.oneof({ weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 4, arbitrary: fc.integer({ min: 4, max: 300 }) }), {
  minLength: 2,
  maxLength: 6,
})
/** What may end a stream instead of its last events. */
const tails = [
  '',
  'data: {"error":{"message":"broken","code":500}}\n\n',
  'data: {"choices":[{"index":0,"delta":{"content":"bro\n\n',
  'data: {"choices":[{"index":0,"delta":{},"finish_reason":"network_error"}]}\n\n',
] as const

/** M1 and M3: changes to the bytes of a stream that do not change its events. */
export const chunkingCases: readonly Case[] = [
  {
    id: 'M1 any re-chunking of a generated stream gives the same events',
    run: async ({ seed, quick }) => [
      await property('whole streams', fc.tuple(answers, sizes), {
        seed,
        runs: quick ? 15 : 120,
        test: async ([answer, cuts]) => sameEvents(writeStream(answer), cuts),
      }),
    ],
  },
  {
    id: 'M1 any re-chunking of a stream that breaks gives the same events',
    run: async ({ seed, quick }) => [
      await property('streams that break', fc.tuple(answers, sizes, fc.constantFrom(...tails), fc.nat()), {
        seed,
        runs: quick ? 15 : 120,
        test: async ([answer, cuts, tail, place]) => {
          const bytes = writeStream(answer)
          const borders = eventBorders(bytes)
          await sameEvents(Buffer.concat([bytes.subarray(0, borders[place % borders.length] ?? 0), Buffer.from(tail)]), cuts)
        },
      }),
    ],
  },
  {
    id: 'M1 any re-chunking of a hand-written or recorded stream gives the same events',
    slow: true,
    run: async ({ seed }) => {
      const random = createRandom(seed)
      const checks: Check[] = []
      for (const { name, bytes } of allStreams()) {
        // A recording of a megabyte would come in a million pieces.
        const smallest = Math.max(1, Math.ceil(bytes.length / 8_000))
        const cuts = [[smallest], [random.below(500) + smallest, random.below(50) + smallest], [4_096]]
        checks.push(...(await Promise.all(cuts.map((each) => compare(name, bytes, each)))))
      }
      return checks
    },
  },
  {
    id: 'M3 comments and blank lines between events change nothing',
    run: async ({ seed, quick }) => [
      await property(
        'generated streams',
        fc.tuple(
          answers,
          fc.array(fc.tuple(fc.nat(), fc.constantFrom(': keep-alive\n\n', ':\n', '\n', '\r\n', ': OPENROUTER PROCESSING\n\n', 'event\n\n')), { maxLength: 8 }),
          sizes,
        ),
        {
          seed,
          runs: quick ? 15 : 120,
          test: async ([answer, insertions, cuts]) => {
            const bytes = writeStream(answer)
            const expected = wordsOfDecoded(await decode([bytes]))
            mustEqual(expected, wordsOfDecoded(await decode(cutInto(insertAll(bytes, insertions), cuts))))
          },
        },
      ),
    ],
  },
]

async function sameEvents(bytes: Buffer, cuts: readonly number[]): Promise<void> {
  mustEqual(wordsOfDecoded(await decode([bytes])), wordsOfDecoded(await decode(cutInto(bytes, cuts))))
}

async function compare(what: string, bytes: Buffer, cuts: readonly number[]): Promise<Check> {
  try {
    await sameEvents(bytes, cuts)
    return { what, expected: 'the same', seen: 'the same', ok: true }
  } catch (error) {
    return { what: `${what}, in pieces of ${cuts.join(', ')}`, expected: 'the same', seen: String(error), ok: false }
  }
}

function insertAll(bytes: Buffer, insertions: readonly (readonly [number, string])[]): Buffer {
  const borders = [0, ...eventBorders(bytes)]
  const extras = new Map<number, string>()
  for (const [place, text] of insertions) {
    const at = borders[place % borders.length] ?? 0
    extras.set(at, (extras.get(at) ?? '') + text)
  }
  const parts = borders.flatMap((border, index) => [Buffer.from(extras.get(border) ?? ''), bytes.subarray(border, borders[index + 1] ?? bytes.length)])
  return Buffer.concat(parts)
}
