import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { user } from '../contract/messages.ts'
import type { EngineStep } from '../durability/hosts/engine.ts'
import { Session } from '../sessions/session.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { memorySessions } from '../testing/memory-sessions.ts'
import { NumberedEngine, type RecordedStep } from '../testing/numbered-engine.ts'
import { failureOf, moved, soon } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

const answers = [{ calls: [call('look')] }, { text: 'Done.' }]

function agentOf() {
  return new Agent({ model: scriptedModel(answers), tools: [testTool('look'), payTool()] })
}

test('on an engine, reading the session and adding to it are recorded steps', async () => {
  const [store, engine] = [memorySessions(), new NumberedEngine()]
  await (await Session.open(store, 's')).append([user('Before.')])
  const result = await agentOf().generate('Go.', { session: await Session.open(store, 's'), engine, runId: 'r' })
  const names = engine.recorded.map(({ name }) => name)
  expect([names[0], names.at(-1)]).toEqual(['session/read session read', 'session/append session append'])
  expect((await Session.open(store, 's')).messages).toEqual(result.messages)
  // The engine replays the run after others have added to the session.
  await (await Session.open(store, 's')).append([user('After.')])
  const again = await agentOf().generate('Go.', { session: await Session.open(store, 's'), engine: new NumberedEngine(engine.recorded), runId: 'r' })
  expect(again.messages).toEqual(result.messages)
  expect((await Session.open(store, 's')).messages).toEqual([...result.messages, user('After.')])
})

test('killed before and after each record, a run on an engine is added once', async () => {
  const undisturbed = new NumberedEngine()
  await agentOf().generate('Go.', { session: await Session.open(memorySessions(), 's'), engine: undisturbed, runId: 'r' })
  expect(undisturbed.recorded.length).toBeGreaterThan(5)
  for (let crashAfter = 0; crashAfter < undisturbed.recorded.length; crashAfter++) {
    const store = memorySessions()
    const recorded: RecordedStep[] = []
    const dying = new NumberedEngine(recorded, crashAfter)
    const died = new Promise<void>((resolve) => {
      const steps = dying.steps.bind(dying)
      dying.steps = (all: readonly EngineStep[]) => {
        const values = steps(all)
        // A step that is never recorded: the process dies after its body.
        void Promise.all(all.map(({ name }) => name)).then(() => setImmediate(() => setImmediate(() => resolve())))
        return values
      }
    })
    void agentOf().generate('Go.', { session: await Session.open(store, 's'), engine: dying, runId: 'r' })
    await soon(died)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const model = scriptedModel(answers.slice(recorded.some(({ name, value }) => name.startsWith('steps/1/model') && value !== undefined) ? 1 : 0))
    const agent = new Agent({ model, tools: [testTool('look'), payTool()] })
    const result = await soon(agent.generate('Go.', { session: await Session.open(store, 's'), engine: new NumberedEngine(recorded), runId: 'r' }))
    expect((await Session.open(store, 's')).messages, `killed after ${crashAfter} records`).toEqual(result.messages)
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  }
})

test('a refusal on an engine is recorded, and so is a run that waits', async () => {
  const store = memorySessions()
  await store.append('s', undefined, { type: 'open', runId: 'other' })
  const engine = new NumberedEngine()
  for (let time = 0; time < 2; time++) {
    const work = agentOf().generate('Go.', { session: await Session.open(store, 's'), engine: new NumberedEngine(engine.recorded), runId: 'r' })
    expect(await failureOf(work)).toMatchObject({ code: 'session-busy', runId: 'other' })
  }
  const waiting = { session: await Session.open(store, 's'), engine: new NumberedEngine(), runId: 'q', whilePaused: 'queue' } as const
  expect(await agentOf().generate('Go.', waiting)).toMatchObject({ status: 'paused', stopReason: 'queued' })
  expect((await Session.open(store, 's')).queued).toEqual([{ runId: 'q', messages: [user('Go.')] }])
})

test('a run that was paused in memory ends on an engine, and is added to its session', async () => {
  const store = memorySessions()
  const model = scriptedModel([{ calls: [call('pay')] }, { text: 'Paid.' }])
  const agent = new Agent({ model, tools: [payTool()] })
  const paused = await agent.generate('Pay.', { session: await Session.open(store, 's') })
  const result = await agent.resume(moved(paused), { session: await Session.open(store, 's'), engine: new NumberedEngine() }).result
  const session = await Session.open(store, 's')
  expect([session.messages, session.openRun]).toEqual([result.messages, undefined])
})

test('with a session that is not read yet, a run reads it in its step, and a replay does not need the store', async () => {
  const [store, engine] = [memorySessions(), new NumberedEngine()]
  await (await Session.open(store, 's')).append([user('Before.')])
  let reads = 0
  const counting: SessionStore = {
    ...store,
    async read(id) {
      reads++
      return await store.read(id)
    },
  }
  const unread = await Session.unread(counting, 's')
  expect([unread.messages, reads]).toEqual([[], 0])
  const result = await agentOf().generate('Go.', { session: unread, engine, runId: 'r' })
  expect(result.messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'tool', 'assistant'])
  expect((await Session.open(store, 's')).messages).toEqual(result.messages)

  reads = 0
  const replayed = { session: await Session.unread(counting, 's'), engine: new NumberedEngine(engine.recorded), runId: 'r' }
  expect((await agentOf().generate('Go.', replayed)).messages).toEqual(result.messages)
  expect(reads).toBe(0)
  // What only the end of a run writes does not create a session that was deleted.
  await store.delete('s')
  const cut = new NumberedEngine(engine.recorded.slice(0, -1))
  const ended = await agentOf().generate('Go.', { session: await Session.unread(store, 's'), engine: cut, runId: 'r' })
  expect(ended.warnings.map(({ code }) => code)).toEqual(['session-deleted'])
  expect(store.content.has('s')).toBe(false)
})
