import { Agent, type Message, Session, user } from '@capstan/core'
import { noteTool, replyingModel, shop } from '@capstan/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { deleteOlderThan } from './retention.ts'
import { journalsOf, sessionsOf, startServer, stores } from './testing/stores.ts'

startServer()

const day = 86_400_000

/** A conversation whose messages refer to a value that a run has kept. */
function referring(runId: string, operation: string): readonly Message[] {
  const call = { type: 'tool-call', toolCallId: 'c', toolName: 'look', inputText: '{}' } as const
  const result = { type: 'tool-result', toolCallId: 'c', toolName: 'look', status: 'ok', text: 'cut', id: 'r1.0', key: { runId, operation } } as const
  return [user('look'), { role: 'assistant', content: [call] }, { role: 'tool', content: [result] }]
}

describe.each(stores)('deleting what is old (%s)', (store) => {
  function open() {
    const [journal, sessions] = [journalsOf(store), sessionsOf(store)]
    return { journal, sessions, session: async (id: string) => await Session.open(sessions(), id) }
  }

  test('runs and sessions that were not changed for so long are deleted, and younger ones stay', async () => {
    const { journal, sessions, session } = open()
    const agent = new Agent({ model: replyingModel([{ text: 'Done.' }]) })
    await agent.generate('go', { journal: journal(), runId: 'r', session: await session('s') })
    expect(await deleteOlderThan(day, { journal: journal(), sessions: sessions() })).toEqual({ runs: 0, sessions: 0 })
    expect(await deleteOlderThan(-0, { journal: journal(), sessions: sessions() })).toMatchObject({ runs: expect.any(Number) })
    await vi.waitFor(async () => {
      await deleteOlderThan(1, { journal: journal(), sessions: sessions() })
      expect([(await journal().list()).runs, await sessions().list()]).toEqual([[], []])
    })
  })

  test('paused runs and sessions with an open run stay unless they are asked for; a run that a process owns stays in any case', async () => {
    const { journal, sessions, session } = open()
    const { agent } = shop()
    await agent.generate('go', { journal: journal(), runId: 'paused', session: await session('waiting') })
    const { head } = await journal().read('paused')
    const owned = await journal().open('owned', { ...head, runId: 'owned' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await deleteOlderThan(5, { journal: journal(), sessions: sessions() })).toEqual({ runs: 0, sessions: 0 })
    expect(await deleteOlderThan(5, { journal: journal(), sessions: sessions(), includeOpen: true })).toEqual({ runs: 1, sessions: 1 })
    expect((await journal().list()).runs.map(({ runId }) => runId)).toEqual(['owned'])
    await owned.close()
  })

  test('large values stay while a session refers to them, and go with the session', async () => {
    const { journal, sessions, session } = open()
    const { agent } = shop({ needsApproval: false })
    await agent.generate('go', { journal: journal(), runId: 'r' })
    for (const id of ['steps/1/tools/0', 'steps/1/tools/1']) await journal().artifacts.put('r', id, `text of ${id}`)
    await (await session('s')).append(referring('r', 'steps/1/tools/0'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    // The session is younger: another message came.
    const left = await session('s')
    expect(
      await deleteOlderThan(10, { journal: journal(), sessions: { ...sessions(), list: async () => [{ sessionId: 's', changedAt: Date.now() }] } }),
    ).toEqual({ runs: 1, sessions: 0 })
    expect(left.allMessages).toHaveLength(3)
    expect(await journal().artifacts.get('r', 'steps/1/tools/0')).toBe('text of steps/1/tools/0')
    expect(await journal().artifacts.get('r', 'steps/1/tools/1')).toBeUndefined()
    await expect(journal().read('r')).rejects.toMatchObject({ code: 'run-not-found' })
    expect((await journal().list()).runs).toEqual([])
    // A run of the same id may begin again.
    await agent.generate('go', { journal: journal(), runId: 'r' })
    await journal().artifacts.delete('r')
    expect(await journal().artifacts.get('r', 'steps/1/tools/0')).toBeUndefined()
  })

  test('everything of a user is erased by the metadata of the runs', async () => {
    const { journal, sessions, session } = open()
    const agent = new Agent({
      model: replyingModel([{ calls: ['look'] }, { text: 'Done.' }, { text: 'Done.' }]),
      tools: [noteTool('look', { effect: 'read' })],
    })
    for (const [runId, id] of [
      ['r1', 'u1'],
      ['r2', 'u2'],
      ['r3', 'u1'],
    ] as const)
      await agent.generate('go', { journal: journal(), runId, session: await session(id), metadata: { user: id } })

    for (let isLeft = true; isLeft; ) {
      const { runs } = await journal().list({ metadata: { user: 'u1' } })
      for (const { runId } of runs) await journal().delete(runId)
      isLeft = runs.length > 0
    }
    await sessions().delete('u1')
    expect([(await journal().list()).runs.map(({ runId }) => runId), (await sessions().list()).map(({ sessionId }) => sessionId)]).toEqual([['r2'], ['u2']])
  })
})

test.each([
  [-1, {}],
  ['1', {}],
  [Number.NaN, {}],
  [1, { paused: true }],
])('a wrong age or option is refused: %j %j', async (age, options) => {
  await expect(deleteOlderThan(age as never, options as never)).rejects.toMatchObject({ code: 'invalid-options' })
})
