import { Agent, AgentError, approve, type Journal, type Message, Session, type SessionStore, user } from '@capstan/core'
import { answersTo, noteTool, replyingModel } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { journalsOf, type StoreName, sessionsOf, startServer, stores } from '../testing/stores.ts'

startServer()

const replies = [
  { text: 'One moment.', calls: ['look', ['pay', { amount: 5 }] as const] },
  { text: 'Paid.' },
  { text: 'You are welcome.' },
  { text: 'Good-bye.' },
]

function shopIn(store: StoreName, needsApproval = false) {
  const model = replyingModel(replies)
  const tools = { look: noteTool('look', { effect: 'read' }), pay: noteTool('pay', { needsApproval }) }
  const [journal, sessions] = [journalsOf(store), sessionsOf(store)]
  return { agent: new Agent({ model, tools }), model, ...tools, journal, sessions, open: async () => await Session.open(sessions(), 's') }
}

function textsOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ role, content }) => (typeof content === 'string' ? content : role))
}

/** A store whose process dies before it adds the messages of a run. */
function dyingBeforeAppend(sessions: SessionStore): SessionStore {
  return {
    ...sessions,
    append: (id, after, entry) =>
      entry.type === 'messages' ? Promise.reject(new AgentError('dead', { code: 'journal-failed' })) : sessions.append(id, after, entry),
  }
}

describe.each(stores)('runs with a journal and a session (%s)', (store) => {
  test('a redelivered event gives the recorded result, although the session has grown', async () => {
    const { agent, model, journal, open } = shopIn(store)
    const send = async (text: string, runId: string) => await agent.generate(text, { session: await open(), journal: journal(), runId })
    const first = await send('Pay.', 'event-1')
    const second = await send('Thanks.', 'event-2')
    expect(model.requests).toBe(3)
    expect(await send('Pay.', 'event-1')).toEqual(first)
    expect(await send('Thanks.', 'event-2')).toEqual(second)
    expect(model.requests).toBe(3)
    expect(textsOf((await open()).messages)).toEqual(['Pay.', 'assistant', 'tool', 'tool', 'assistant', 'Thanks.', 'assistant'])
  })

  test('the head of a run has what is new, and where its session was', async () => {
    const { agent, journal, open } = shopIn(store)
    await agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })
    await agent.generate('Thanks.', { session: await open(), journal: journal(), runId: 'r2' })
    const { head } = await journal().read('r2')
    expect(head.input).toEqual([user('Thanks.')])
    expect(head.session).toEqual({ id: 's', version: expect.any(String) })
  })

  test('the same run id with another input or another session is refused', async () => {
    const { agent, journal, sessions, open } = shopIn(store)
    await agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })
    const other = await Session.open(sessions(), 't')
    await expect(agent.generate('No.', { session: await open(), journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'invalid-use' })
    await expect(agent.generate('Pay.', { session: other, journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'invalid-use' })
    await expect(agent.generate('Pay.', { journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'invalid-use' })
    await expect(agent.resume('r1', { journal: journal() }).result).rejects.toMatchObject({ code: 'invalid-use', message: expect.stringContaining("'s'") })
    await expect(agent.resume('r1', { journal: journal(), session: other }).result).rejects.toMatchObject({ code: 'invalid-use' })
    // Nothing was written by the refused calls.
    expect((await journal().read('r1')).records.filter(({ type }) => type === 'end')).toHaveLength(1)
  })

  test('a paused run keeps its place over restarts, and is added once when it is resumed', async () => {
    const { agent, model, pay, journal, open } = shopIn(store, true)
    await agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })
    await expect(agent.generate('Thanks.', { session: await open(), journal: journal(), runId: 'r2' })).rejects.toMatchObject({
      code: 'session-busy',
      runId: 'r1',
    })
    const waits = async () => await agent.generate('Thanks.', { session: await open(), journal: journal(), runId: 'r2', whilePaused: 'queue' })
    expect((await waits()).stopReason).toBe('queued')
    // A run that only waits is not in the journal.
    expect((await journal().list()).runs.map(({ runId }) => runId)).toEqual(['r1'])
    const answers = await answersTo(journal(), 'r1', approve())
    for (let time = 0; time < 2; time++) await agent.resume('r1', { journal: journal(), session: await open(), answers }).result
    expect((await waits()).stopReason).toBe('finished')
    expect([pay.inputs.length, model.requests]).toEqual([1, 3])
    expect(textsOf((await open()).messages)).toEqual(['Pay.', 'assistant', 'tool', 'tool', 'assistant', 'Thanks.', 'assistant'])
  })

  test.each(['called again', 'resumed'])('a run whose process died between its end and its messages is added once when it is %s', async (how) => {
    const { agent, model, journal, sessions, open } = shopIn(store)
    const dying = await Session.open(dyingBeforeAppend(sessions()), 's')
    await expect(agent.generate('Pay.', { session: dying, journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'journal-failed' })
    expect([(await open()).messages, (await open()).openRun]).toEqual([[], 'r1'])
    for (let time = 0; time < 2; time++) {
      if (how === 'resumed') await agent.resume('r1', { session: await open(), journal: journal() }).result
      else await agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })
    }
    expect(model.requests).toBe(2)
    expect(textsOf((await open()).messages)).toEqual(['Pay.', 'assistant', 'tool', 'tool', 'assistant'])
    expect((await open()).openRun).toBeUndefined()
  })

  test('a run that is redelivered while it is at work is locked, and keeps its place', async () => {
    const { journal, open } = shopIn(store)
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slow = new Agent({ model: replyingModel([{ text: 'Done.' }], { onRequest: () => asked }) })
    const run = slow.stream('Go.', { session: await open(), journal: journal(), runId: 'r1' })
    await new Promise<void>((resolve) => run.on('attempt', () => resolve()))
    await expect(slow.generate('Go.', { session: await open(), journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'run-locked' })
    expect((await open()).openRun).toBe('r1')
    answer()
    await run.result
    expect(textsOf((await open()).messages)).toEqual(['Go.', 'assistant'])
  })

  test('a run that the session has and the journal lost does not begin again', async () => {
    const { agent, model, pay, journal, open } = shopIn(store)
    await agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })
    await journal().delete('r1')
    await expect(agent.generate('Pay.', { session: await open(), journal: journal(), runId: 'r1' })).rejects.toMatchObject({ code: 'run-not-found' })
    expect([pay.inputs.length, model.requests]).toEqual([1, 2])
  })

  test('a run that broke continues under its id, after others, and is added once', async () => {
    const { journal, open } = shopIn(store)
    let isBroken = true
    const onRequest = (step: number): void => {
      if (step === 2 && isBroken) throw new AgentError('no money', { code: 'quota-exhausted', phase: 'headers' })
    }
    const model = replyingModel([{ calls: ['look'] }, { text: 'Two.' }, { text: 'Three.' }], { onRequest })
    const agent = new Agent({ model, tools: [noteTool('look', { effect: 'read' })] })
    const send = async (text: string, runId: string) => await agent.generate(text, { session: await open(), journal: journal(), runId })
    await expect(send('1', 'r1')).rejects.toMatchObject({ code: 'quota-exhausted' })
    expect(textsOf((await open()).messages)).toEqual(['1', 'assistant', 'tool'])
    isBroken = false
    await send('2', 'r2')
    for (let time = 0; time < 2; time++) await send('1', 'r1')
    expect(textsOf((await open()).messages)).toEqual(['1', 'assistant', 'tool', '2', 'assistant', 'assistant'])
  })

  test('of many processes that begin runs at once none is lost or mixed', async () => {
    const { sessions, journal } = shopIn(store)
    const agent = new Agent({ model: replyingModel(Array.from({ length: 40 }, (_, index) => ({ text: `reply ${index}` }))) })
    const begin = async (runId: string) => {
      const session = await Session.open(sessions(), 's')
      return await agent.generate(runId, { session, journal: journal() as Journal, runId, whilePaused: 'queue' })
    }
    const ids = Array.from({ length: 8 }, (_, index) => `r${index}`)
    for (let round = 0; round < 8; round++) {
      const results = await Promise.all(ids.map(begin))
      if (results.every(({ stopReason, warnings }) => stopReason === 'finished' || warnings.length > 0)) break
    }
    const session = await Session.open(sessions(), 's')
    const texts = textsOf(session.messages).filter((text) => text !== 'assistant')
    expect([[...texts].sort(), session.queued, session.openRun]).toEqual([ids, [], undefined])
    // Each reply follows at least one message of a user.
    const roles = session.messages.map(({ role }) => role)
    expect(roles.some((role, index) => role === 'assistant' && roles[index - 1] !== 'user')).toBe(false)
  })
})
