import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assistant, type Message, user } from '../contract/messages.ts'
import { memorySessions } from '../testing/memory-sessions.ts'
import { findProblem } from '../transcripts/check.ts'
import { Session } from './session.ts'
import { SessionLog } from './session-log.ts'
import { beginIn, endIn, inputAt } from './session-rules.ts'
import type { SessionEntry, StoredEntry } from './session-store.ts'

/** What happens to a session: a run begins, ends, breaks, pauses or is given up; time passes. */
interface Move {
  readonly type: 'begin' | 'end' | 'break' | 'pause' | 'release' | 'wait'
  readonly run: number
  readonly shortens: boolean
}

const move = fc.record({
  type: fc.constantFrom('begin', 'end', 'break', 'pause', 'release', 'wait'),
  run: fc.nat(4),
  shortens: fc.boolean(),
}) as fc.Arbitrary<Move>

/** A session with runs that a journal records: they may begin again and end again at any time. */
class World {
  readonly entries: StoredEntry[] = []
  readonly versions = new Map<string, string>()
  readonly broken = new Map<string, number>()
  now = 0

  get log(): SessionLog {
    return SessionLog.of(this.entries)
  }

  begin(runId: string): void {
    const run = { sessionId: 's', runId, messages: own(runId), whilePaused: 'queue', isRecorded: true, now: this.now, until: this.now + 10 } as const
    try {
      const beginning = beginIn(this.log, run)
      this.add(beginning.entry)
      const version = this.log.run(runId)?.version
      if (beginning.type === 'open' && version !== undefined) this.versions.set(runId, version)
    } catch {}
  }

  end(runId: string, outcome: 'ended' | 'broken' | 'paused', shortens: boolean): void {
    const version = this.versions.get(runId)
    if (version === undefined) return
    const index = this.entries.findIndex((entry) => entry.version === version)
    const { history, added } = inputAt(SessionLog.of(this.entries.slice(0, index + 1)), runId, own(runId))
    const steps = [assistant(`${runId} one`), assistant(`${runId} two`)].slice(0, outcome === 'ended' ? 2 : 1)
    const messages = [...added, ...steps]
    const view = shortens ? [user('summary'), ...steps] : undefined
    this.add(endIn(this.log, { runId, version, messages, view, inputCount: added.length, outcome, now: this.now }))
    expect(findProblem([...history, ...messages])).toBeUndefined()
  }

  add(entry: SessionEntry | undefined): void {
    if (entry !== undefined) this.entries.push({ version: `v${this.entries.length}`, entry })
  }
}

function own(runId: string): readonly Message[] {
  return [user(`${runId} asks`)]
}

function play(moves: readonly Move[]): World {
  const world = new World()
  for (const { type, run, shortens } of moves) {
    const runId = `r${run}`
    if (type === 'begin') world.begin(runId)
    else if (type === 'end') world.end(runId, 'ended', shortens)
    else if (type === 'break') world.end(runId, 'broken', false)
    else if (type === 'pause') world.end(runId, 'paused', false)
    else if (type === 'release') world.add(world.log.placeAt(world.now)?.runId === runId ? { type: 'close', runId } : undefined)
    else world.now += 7
  }
  return world
}

test('whatever runs do and however often, each message is in the session at most once, in the order of its run', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const { log } = play(moves)
      const texts = log.messages.map(({ content }) => String(content))
      expect(new Set(texts).size).toBe(texts.length)
      for (let run = 0; run < 5; run++) {
        const mine = texts.filter((text) => text.startsWith(`r${run} `)).map((text) => text.slice(3))
        expect(['asks', 'one', 'two'].slice(0, mine.length)).toEqual(mine)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a run that has ended is in the session, and ending or beginning it again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const world = play(moves)
      for (const [runId] of world.versions) {
        if (world.log.run(runId)?.isEnded !== true) continue
        const count = world.entries.length
        world.begin(runId)
        world.end(runId, 'ended', true)
        world.end(runId, 'broken', false)
        expect(world.entries.length).toBe(count)
        expect(world.log.messages).toContainEqual(assistant(`${runId} two`))
      }
    }),
    { numRuns: 500 },
  )
})

test('a queued input is never lost: it waits, or is part of the input of the run that took it', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const { entries, log } = play(moves)
      for (const { entry } of entries) {
        if (entry.type !== 'queue') continue
        const isWaiting = log.queued.some(({ runId }) => runId === entry.runId)
        const isAdded = log.messages.some(({ content }) => content === `${entry.runId} asks`)
        const taker = log.takerOf(entry.runId)
        expect([isWaiting, isAdded, taker !== undefined && log.placeAt(0)?.runId === taker]).toContain(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('the view is what the last shortening run left, and what came after it', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const { entries, log } = play(moves)
      const last = entries.findLastIndex(({ entry }) => entry.type === 'messages' && entry.view !== undefined)
      const messagesOf = (from: number) => entries.slice(from).flatMap(({ entry }) => (entry.type === 'messages' ? entry.messages : []))
      const { entry } = entries[last] ?? {}
      const start = entry?.type === 'messages' ? (entry.view ?? []) : []
      expect(log.view).toEqual([...start, ...messagesOf(last + 1)])
    }),
    { numRuns: 500 },
  )
})

test('appending the messages of runs in any order and any number of times adds each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 20 }), async (runs) => {
      const store = memorySessions()
      for (const run of runs) await (await Session.open(store, 's')).append([user(`r${run} asks`), assistant('yes')], { runId: `r${run}` })
      const { messages } = await Session.open(store, 's')
      expect(messages.filter(({ role }) => role === 'user')).toEqual([...new Set(runs)].map((run) => user(`r${run} asks`)))
    }),
    { numRuns: 100 },
  )
})
