import { expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import { approve } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { assistant, user } from '../contract/messages.ts'
import { Session } from '../sessions/session.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { memorySessions } from '../testing/memory-sessions.ts'
import { readerAgent, readerModel } from '../testing/reader.ts'
import { failureOf, moved, openQuestion } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool, testTool } from '../testing/test-tool.ts'

const pay = payTool()
const look = testTool('look')

function agentOf(answers: readonly Answer[], options: Partial<AgentOptions> = {}) {
  const model = scriptedModel(answers)
  return { agent: new Agent({ model, tools: [pay, look], ...options }), model }
}

async function textsIn(store: SessionStore): Promise<readonly string[]> {
  const { allMessages } = await Session.open(store, 's')
  return allMessages.map(({ role, content }) => (typeof content === 'string' ? content : role))
}

test('a run reads the messages of its session, and adds its own', async () => {
  const { agent, model } = agentOf([{ text: 'Good morning.' }, { calls: [call('look')] }, { text: 'Good night.' }])
  const session = await Session.open(memorySessions(), 's')
  await agent.generate('Hello.', { session })
  const result = await agent.generate([user('And'), user('now?')], { session })
  expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user'])
  expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user', 'assistant', 'tool', 'assistant'])
  expect(session.messages).toEqual(result.messages)
  expect(session.openRun).toBeUndefined()
})

test('a session object that was read long ago is read again by the run', async () => {
  const store = memorySessions()
  const { agent, model } = agentOf([{ text: 'a' }, { text: 'b' }])
  const old = await Session.open(store, 's')
  await agent.generate('1', { session: await Session.open(store, 's') })
  await agent.generate('2', { session: old })
  expect(model.requests[1]?.messages).toHaveLength(3)
  expect(await textsIn(store)).toEqual(['1', 'assistant', '2', 'assistant'])
})

test('of two runs at the same time the second is refused, or waits in the queue, without a request', async () => {
  const store = memorySessions()
  let answerFirst = (): void => {}
  const waiting = new Promise<void>((resolve) => {
    answerFirst = resolve
  })
  const slow = testTool('look', async () => {
    await waiting
    return 'seen'
  })
  const { agent: first } = agentOf([{ calls: [call('look')] }, { text: 'one' }], { tools: [slow] })
  const running = first.stream('1', { session: await Session.open(store, 's'), runId: 'r1' })
  await new Promise<void>((resolve) => running.on('tool-start', () => resolve()))
  const { agent: second, model } = agentOf([{ text: 'two' }])
  const busy = await failureOf(second.generate('2', { session: await Session.open(store, 's') }))
  expect(busy).toMatchObject({ code: 'session-busy', runId: 'r1' })
  expect(busy.toJSON()).toMatchObject({ runId: 'r1' })
  const queued = await second.generate('3', { session: await Session.open(store, 's'), whilePaused: 'queue', runId: 'r3' })
  expect(queued).toMatchObject({ status: 'paused', stopReason: 'queued', text: '', state: undefined, pending: [], steps: [] })
  expect(model.requests).toHaveLength(0)
  answerFirst()
  await running.result
  await second.generate('4', { session: await Session.open(store, 's') })
  expect(model.requests[0]?.messages.map(({ content }) => content).slice(-2)).toEqual(['3', '4'])
  expect(await textsIn(store)).toEqual(['1', 'assistant', 'tool', 'assistant', '3', '4', 'assistant'])
})

test('a paused run keeps its place until it ends, in this process or another', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('pay')] }, { text: 'Paid.' }, { text: 'You are welcome.' }])
  const open = () => Session.open(store, 's')
  const paused = await agent.generate('Pay.', { session: await open(), runId: 'r1' })
  expect(paused.stopReason).toBe('paused')
  expect(await textsIn(store)).toEqual([])
  expect(await failureOf(agent.generate('Thanks.', { session: await open() }))).toMatchObject({ code: 'session-busy', runId: 'r1' })
  const queued = await agent.generate('Thanks.', { session: await open(), whilePaused: 'queue', runId: 'r2' })
  expect(queued.messages).toEqual([user('Thanks.')])
  const answers = { [openQuestion(paused)]: approve() }
  expect(await failureOf(agent.resume(moved(paused), { answers }).result)).toMatchObject({ code: 'invalid-use' })
  await agent.resume(moved(paused), { answers, session: await open() }).result
  expect((await open()).queued).toEqual([{ runId: 'r2', messages: [user('Thanks.')] }])
  // The same call again begins the run, whose input is what was queued.
  await agent.generate('Thanks.', { session: await open(), whilePaused: 'queue', runId: 'r2' })
  expect(await textsIn(store)).toEqual(['Pay.', 'assistant', 'tool', 'assistant', 'Thanks.', 'assistant'])
})

test('a queued input that another run has answered is not answered again', async () => {
  const store = memorySessions()
  const { agent, model } = agentOf([{ calls: [call('pay')] }, { text: 'Paid.' }, { text: 'Both.' }])
  const open = () => Session.open(store, 's')
  const paused = await agent.generate('Pay.', { session: await open(), runId: 'r1' })
  const again = async () => await agent.generate('2', { session: await open(), whilePaused: 'queue', runId: 'r2' })
  await again()
  expect((await again()).stopReason).toBe('queued')
  expect(await failureOf(agent.generate('other', { session: await open(), whilePaused: 'queue', runId: 'r2' }))).toMatchObject({ code: 'session-conflict' })
  await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve() }, session: await open() }).result
  await agent.generate('3', { session: await open(), runId: 'r3' })
  const late = await again()
  expect([late.stopReason, late.warnings.map(({ code }) => code)]).toEqual(['queued', ['queued-input-taken']])
  expect(model.requests).toHaveLength(3)
  expect(await textsIn(store)).toEqual(['Pay.', 'assistant', 'tool', 'assistant', '2', '3', 'assistant'])
})

test('a run that breaks before a complete step adds nothing, and one that breaks later adds its complete steps', async () => {
  const store = memorySessions()
  const refused = new AgentError('no', { code: 'auth-failed', phase: 'headers' })
  const { agent } = agentOf([{ error: refused }, { calls: [call('look')] }, { error: refused }, { text: 'After.' }])
  const open = () => Session.open(store, 's')
  await expect(agent.generate('1', { session: await open(), runId: 'r1' })).rejects.toMatchObject({ code: 'auth-failed' })
  expect([await textsIn(store), (await open()).openRun]).toEqual([[], undefined])
  await expect(agent.generate('1', { session: await open(), runId: 'r1' })).rejects.toMatchObject({ code: 'auth-failed' })
  expect([await textsIn(store), (await open()).openRun]).toEqual([['1', 'assistant', 'tool'], undefined])
  // Nothing has recorded it, so it cannot be continued, and must not begin again.
  expect(await failureOf(agent.generate('1', { session: await open(), runId: 'r1' }))).toMatchObject({ code: 'session-conflict' })
  await agent.generate('2', { session: await open(), runId: 'r2' })
  expect(await textsIn(store)).toEqual(['1', 'assistant', 'tool', '2', 'assistant'])
})

test('a broken run that is continued by its state adds the rest', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('look')] }, { error: new AgentError('no', { code: 'quota-exhausted', phase: 'headers' }) }, { text: 'Done.' }])
  const open = () => Session.open(store, 's')
  const broken = await failureOf(agent.generate('1', { session: await open(), runId: 'r1' }))
  if (broken.result === undefined) throw new Error('The error has a result.')
  await agent.resume(moved(broken.result), { session: await open() }).result
  expect([await textsIn(store), (await open()).openRun]).toEqual([['1', 'assistant', 'tool', 'assistant'], undefined])
})

test('an aborted run gives its place back', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ text: 'x', hangs: true }])
  const run = agent.stream('1', { session: await Session.open(store, 's') })
  run.on('text-delta', () => run.abort())
  await expect(run.result).rejects.toMatchObject({ code: 'aborted' })
  const session = await Session.open(store, 's')
  expect([session.messages, session.openRun]).toEqual([[], undefined])
})

test('a stopped run keeps its place, and adds its messages when it is continued', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('look')] }, { text: 'Done.' }])
  const run = agent.stream('1', { session: await Session.open(store, 's'), runId: 'r1' })
  run.on('tool-start', () => void run.stop())
  const stopped = await run.result
  expect([stopped.stopReason, (await Session.open(store, 's')).openRun]).toEqual(['stopped', 'r1'])
  await agent.resume(moved(stopped), { session: await Session.open(store, 's') }).result
  expect(await textsIn(store)).toEqual(['1', 'assistant', 'tool', 'assistant'])
})

test('a run whose place was given up adds its messages after those that came since', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('pay')] }, { text: 'Other.' }, { text: 'Paid.' }])
  const open = () => Session.open(store, 's')
  const paused = await agent.generate('Pay.', { session: await open(), runId: 'r1' })
  await (await open()).release('r1')
  await agent.generate('2', { session: await open() })
  await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve() }, session: await open() }).result
  expect(await textsIn(store)).toEqual(['2', 'assistant', 'Pay.', 'assistant', 'tool', 'assistant'])
})

test('the place of a run that died is free once its time is over', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('look')] }, { text: 'Two.' }], {
    limits: { durationMs: 5_000 },
    tools: [testTool('look', never)],
  })
  const dead = agent.stream('1', { session: await Session.open(store, 's'), runId: 'dead' })
  await new Promise<void>((resolve) => dead.on('tool-start', () => resolve()))
  expect((await Session.open(store, 's')).openRun).toBe('dead')
  vi.setSystemTime(1_000_000 + 5_000 + 60_001)
  await agent.generate('2', { session: await Session.open(store, 's') })
  expect(await textsIn(store)).toEqual(['2', 'assistant'])
  dead.abort()
  await dead.result.catch(() => {})
  vi.useRealTimers()
})

test('messages of a run whose session was deleted are not written again', async () => {
  const store = memorySessions()
  const erasing = testTool('look', async () => {
    await store.delete('s')
    return 'seen'
  })
  const { agent } = agentOf([{ calls: [call('look')] }, { text: 'Done.' }], { tools: [erasing] })
  const result = await agent.generate('1', { session: await Session.open(store, 's') })
  expect([result.status, result.warnings.map(({ code }) => code), store.content.size]).toEqual(['finished', ['session-deleted'], 0])
})

test('a run whose session was deleted while it was paused is not continued', async () => {
  const store = memorySessions()
  const { agent } = agentOf([{ calls: [call('pay')] }])
  const paused = await agent.generate('Pay.', { session: await Session.open(store, 's') })
  await store.delete('s')
  expect(await failureOf(agent.resume(moved(paused), { session: await Session.open(store, 's') }).result)).toMatchObject({ code: 'state-mismatch' })
})

test('the place of a session in a state is signed', async () => {
  const { agent } = agentOf([{ calls: [call('pay')] }], { signStates: 'a secret of many characters' })
  const store = memorySessions()
  const { session, ...state } = moved(await agent.generate('Pay.', { session: await Session.open(store, 's') }))
  expect(session).toMatchObject({ id: 's', history: 0 })
  for (const changed of [state, { ...state, session: { ...session, id: 't' } }])
    expect(() => agent.resume(changed as never)).toThrow(expect.objectContaining({ code: 'state-mismatch', message: expect.stringContaining('signature') }))
  expect(() => agentOf([]).agent.resume({ ...state, session: { id: 's', version: 'v', history: 2 } } as never)).toThrow(
    expect.objectContaining({ code: 'state-mismatch' }),
  )
})

test.each([
  [{ session: 'user-7' }, 'Session.open'],
  [{ whilePaused: 'queue' }, '`session`'],
  [{ session: { isSession: true }, whilePaused: 'wait' }, "'queue'"],
  [{ sessionId: 's' }, 'Session.open'],
])('a wrong option is refused, with what to write: %j', async (options, hint) => {
  const { agent } = agentOf([])
  await expect(agent.generate('1', options as never)).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringContaining(hint) })
})

test('the next run starts from what a run left of its history, and the session keeps all messages', async () => {
  const session = await Session.open(memorySessions(), 's')
  const model = readerModel(40)
  const agent = readerAgent({ model, history: { summariseAt: false } })
  const first = await agent.generate('go', { session })
  expect(first.edits.length).toBeGreaterThan(1)
  expect(session.messages).toEqual(first.messages)
  expect(session.allMessages).toHaveLength(first.steps.length * 2)
  expect(JSON.stringify(session.messages).length).toBeLessThan(JSON.stringify(session.allMessages).length / 2)
  expect(JSON.stringify(session.allMessages)).not.toContain('characters, cleared')
  const before = model.requests.length
  await agent.generate('Thanks.', { session })
  expect(model.requests[before]?.messages).toEqual([...first.messages, user('Thanks.')])
})

test('an input that begins with the messages of the session is refused', async () => {
  const { agent, model } = agentOf([{ text: 'a' }])
  const session = await Session.open(memorySessions(), 's')
  const { messages } = await agent.generate('1', { session })
  const failure = await failureOf(agent.generate([...messages, user('2')], { session }))
  expect(failure).toMatchObject({ code: 'invalid-messages', message: expect.stringContaining('only what is new') })
  expect([model.requests.length, session.messages]).toEqual([1, [user('1'), assistant([{ type: 'text', text: 'a' }])]])
})

test('a store that never answers ends the run at its time limit', async () => {
  const { agent } = agentOf([], { limits: { durationMs: 50 } })
  const store = memorySessions()
  const session = await Session.open({ ...store, append: () => new Promise(() => {}) }, 's')
  await expect(agent.generate('1', { session })).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('session store') })
}, 10_000)
