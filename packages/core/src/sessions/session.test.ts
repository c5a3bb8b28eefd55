import { describe, expect, test, vi } from 'vitest'
import { assistant, type Message, user } from '../contract/messages.ts'
import { memorySessions } from '../testing/memory-sessions.ts'
import { Session } from './session.ts'
import type { SessionEntry, SessionStore } from './session-store.ts'

const hello = [user('Hello.'), assistant('Good morning.')]
const more = [user('And now?'), assistant('Good night.')]
const short = [user('We greeted each other.')]

async function add(store: SessionStore, ...entries: readonly SessionEntry[]): Promise<void> {
  for (const entry of entries) await store.append('s', (await store.read('s')).at(-1)?.version, entry)
}

describe('append', () => {
  test('messages of a run are added once, from any process', async () => {
    const store = memorySessions()
    const [first, second] = [await Session.open(store, 's'), await Session.open(store, 's')]
    await first.append(hello, { runId: 'r' })
    await second.append(hello, { runId: 'r' })
    await (await Session.open(store, 's')).append(more, { runId: 'r' })
    expect((await second.refresh()).messages).toEqual(hello)
  })

  test('messages of another run are refused when the session was changed since it was read', async () => {
    const store = memorySessions()
    const [first, second] = [await Session.open(store, 's'), await Session.open(store, 's')]
    await first.append(hello, { runId: 'r' })
    await expect(second.append(more, { runId: 'q' })).rejects.toMatchObject({ code: 'session-conflict' })
    await second.append(more, { runId: 'q' })
    expect(second.messages).toEqual([...hello, ...more])
  })

  test('the next run starts from the view, and all messages stay readable', async () => {
    const store = memorySessions()
    const session = await Session.open(store, 's')
    await session.append(hello)
    await session.append(more, { runId: 'r', view: short })
    await session.append(hello)
    for (const each of [session, await Session.open(store, 's')]) {
      expect(each.messages).toEqual([...short, ...hello])
      expect(each.allMessages).toEqual([...hello, ...more, ...hello])
    }
  })

  test.each([
    ['a call without a result', [user('go'), { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'look', inputText: '{}' }] }], {}],
    ['a view that is not a list of messages', hello, { view: [{ role: 'tool' }] }],
  ])('nothing is added of what could not be sent: %s', async (_, messages, options) => {
    const store = memorySessions()
    const session = await Session.open(store, 's')
    await expect(session.append(messages as Message[], options as never)).rejects.toMatchObject({ code: 'invalid-messages' })
    expect(store.content.size).toBe(0)
  })

  test('an unknown option is refused', async () => {
    const session = await Session.open(memorySessions(), 's')
    await expect(session.append(hello, { runid: 'r' } as never)).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringContaining('runId') })
  })

  test('nothing is added while a run is open, except by the run', async () => {
    const store = memorySessions()
    await add(store, { type: 'open', runId: 'r' })
    const session = await Session.open(store, 's')
    await expect(session.append(hello)).rejects.toMatchObject({ code: 'session-busy', runId: 'r' })
    expect(session.openRun).toBe('r')
    await session.append(hello, { runId: 'r' })
    expect([session.openRun, session.messages]).toEqual([undefined, hello])
  })
})

describe('the place of a run', () => {
  test('is given up by release, and what it had taken from the queue waits again', async () => {
    const store = memorySessions()
    await add(store, { type: 'open', runId: 'r' }, { type: 'queue', runId: 'q', messages: [user('q')] }, { type: 'close', runId: 'r' })
    await add(store, { type: 'open', runId: 'p', takes: ['q'] })
    const session = await Session.open(store, 's')
    expect([session.openRun, session.queued]).toEqual(['p', []])
    await session.release('other')
    expect(session.openRun).toBe('p')
    await session.release('p')
    expect([session.openRun, session.queued]).toEqual([undefined, [{ runId: 'q', messages: [user('q')] }]])
  })

  test('is free once its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 })
    const store = memorySessions()
    await add(store, { type: 'open', runId: 'r', until: 2_000 })
    const session = await Session.open(store, 's')
    expect(session.openRun).toBe('r')
    vi.setSystemTime(2_001)
    expect(session.openRun).toBeUndefined()
    vi.useRealTimers()
  })
})

describe('fork', () => {
  test('has the messages and the view, but no open run and no queue', async () => {
    const store = memorySessions()
    const session = await Session.open(store, 's')
    await session.append(hello)
    await session.append(more, { view: short })
    await add(store, { type: 'open', runId: 'r' }, { type: 'queue', runId: 'q', messages: [user('q')] })
    const fork = await session.fork('t')
    expect([fork.id, fork.messages, fork.allMessages, fork.openRun, fork.queued]).toEqual(['t', short, [...hello, ...more], undefined, []])
  })

  test('is refused without messages, and for an id that is taken', async () => {
    const store = memorySessions()
    const session = await Session.open(store, 's')
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
    await session.append(hello)
    await (await Session.open(store, 't')).append(more)
    await expect(session.fork('t')).rejects.toMatchObject({ code: 'session-conflict' })
  })
})
