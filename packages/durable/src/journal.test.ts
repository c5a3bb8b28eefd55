import { Agent, type AgentError, approve, type Decision, decide, deny, openQuestions, type RunEvent } from '@capstan/core'
import { answersTo, noteTool, replyingModel, shop } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { fileSessions } from './session/file-sessions.ts'
import { sqliteJournal } from './sqlite/sqlite-journal.ts'
import { journalsOf, startServer, stores } from './testing/stores.ts'

startServer()

describe.each(stores)('a journal (%s)', (store) => {
  test('a paused run continues from another journal, and nothing that is recorded is done again', async () => {
    const journal = journalsOf(store)
    const { agent, look, pay, model } = shop()
    const paused = await agent.generate('go', { journal: journal(), runId: 'r' })
    expect(paused).toMatchObject({ stopReason: 'paused', pending: [{ position: 'steps/1/tools/1/approval' }], state: undefined })

    const result = await agent.resume('r', { journal: journal(), answers: await answersTo(journal(), 'r', approve()) }).result
    expect(result).toMatchObject({ status: 'finished', text: 'Paid.', toolCalls: 2 })
    expect([look.inputs.length, pay.inputs, model.requests]).toEqual([1, [{ amount: 5 }], 2])
  })

  test('a second start of a finished run returns the recorded result and sends nothing', async () => {
    const journal = journalsOf(store)
    const { agent, model } = shop({ needsApproval: false })
    const first = await agent.generate('go', { journal: journal(), runId: 'r' })
    const second = await agent.generate('go', { journal: journal(), runId: 'r' })

    expect(second).toEqual(first)
    expect(model.requests).toBe(2)
  })

  test('a start with the id of a run and another input is refused', async () => {
    const journal = journalsOf(store)
    const { agent } = shop()
    await agent.generate('go', { journal: journal(), runId: 'r' })
    await expect(agent.generate('stop', { journal: journal(), runId: 'r' })).rejects.toMatchObject({ code: 'invalid-use' })
    // The lock was released.
    await expect(agent.generate('go', { journal: journal(), runId: 'r' })).resolves.toMatchObject({ status: 'paused' })
  })

  test('a replayed operation has one end event, marked as replayed, and no deltas', async () => {
    const journal = journalsOf(store)
    const { agent } = shop({ needsApproval: false })
    await agent.generate('go', { journal: journal(), runId: 'r' })
    const events: RunEvent[] = []
    for await (const event of agent.resume('r', { journal: journal() })) events.push(event)

    expect(events.filter((event) => 'replayed' in event).map(({ type }) => type)).toEqual(['message-end', 'tool-end', 'tool-end', 'message-end'])
    expect(events.filter(({ type }) => type.endsWith('-delta') || type === 'attempt')).toEqual([])
  })

  test('live events carry their operation and execution', async () => {
    const run = shop({ needsApproval: false }).agent.stream('go', { journal: journalsOf(store)() })
    const deltas: unknown[] = []
    run.on('text-delta', ({ operation, execution }) => deltas.push([operation, execution]))
    await run.result
    expect(deltas).toEqual([
      ['steps/1/model/1', 1],
      ['steps/2/model/1', 1],
    ])
  })

  test('the first answer to a question is kept: the same answer is accepted again, another one is refused', async () => {
    const journal = journalsOf(store)
    const { agent, pay } = shop()
    await agent.generate('go', { journal: journal(), runId: 'r' })
    const [question = ''] = Object.keys(await answersTo(journal(), 'r', deny()))
    await decide(journal(), 'r', { [question]: deny('too much') })
    await decide(journal(), 'r', { [question]: deny('too much') })
    await expect(decide(journal(), 'r', { [question]: approve() })).rejects.toMatchObject({ code: 'invalid-use' })
    await expect(agent.resume('r', { journal: journal(), answers: { [question]: approve() } }).result).rejects.toMatchObject({ code: 'invalid-use' })

    const result = await agent.resume('r', { journal: journal() }).result
    expect(result.steps[0]?.toolResults[1]).toMatchObject({ status: 'denied', text: expect.stringContaining('too much') })
    expect(pay.inputs).toEqual([])
    expect(openQuestions(await journal().read('r'))).toEqual([])
  })

  test('of two decisions about one question that reach the journal, the first is kept and given to both', async () => {
    const journal = journalsOf(store)
    await shop().agent.generate('go', { journal: journal(), runId: 'r' })
    const [question] = openQuestions(await journal().read('r'))
    const first: Decision = { id: question?.position ?? '', about: 'hash', answer: { approve: false } }
    const second: Decision = { ...first, answer: { approve: true } }
    expect([await journal().decide('r', first), await journal().decide('r', second)]).toEqual([first, first])
    expect((await journal().read('r')).decisions).toEqual([first])
  })

  test('an approval with an edited input runs the call with that input', async () => {
    const journal = journalsOf(store)
    const { agent, pay } = shop()
    await agent.generate('go', { journal: journal(), runId: 'r' })
    await agent.resume('r', { journal: journal(), answers: await answersTo(journal(), 'r', approve({ amount: 1 })) }).result
    expect(pay.inputs).toEqual([{ amount: 1 }])
  })

  test('a question that was not asked cannot be decided', async () => {
    const journal = journalsOf(store)
    await shop().agent.generate('go', { journal: journal(), runId: 'r' })
    await expect(decide(journal(), 'r', { 'steps/2/tools/0/approval': approve() })).rejects.toMatchObject({ code: 'invalid-use' })
  })

  test('an approval does not apply to a tool that changed since', async () => {
    const journal = journalsOf(store)
    await shop().agent.generate('go', { journal: journal(), runId: 'r' })
    await decide(journal(), 'r', await answersTo(journal(), 'r', approve()))
    const { agent, pay } = shop({ version: '2' })
    await expect(agent.resume('r', { journal: journal() }).result).rejects.toMatchObject({ code: 'state-mismatch' })
    expect(pay.inputs).toEqual([])
  })

  test('a run under way is locked for other processes', async () => {
    const journal = journalsOf(store)
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow = shop({ needsApproval: false, execute: () => gate.then(() => 'paid') })
    const run = slow.agent.stream('go', { journal: journal(), runId: 'r' })
    await new Promise((resolve) => run.on('tool-start', resolve))
    const error = await shop()
      .agent.generate('go', { journal: journal(), runId: 'r' })
      .catch((thrown: AgentError) => thrown)
    go()

    expect(error).toMatchObject({ code: 'run-locked', message: expect.stringContaining(String(process.pid)) })
    await expect(run.result).resolves.toMatchObject({ status: 'finished' })
  })

  test('a decision about a run that does not exist is refused', async () => {
    const decision = { id: 'steps/1/tools/1/approval', about: 'hash', answer: { approve: true } }
    await expect(journalsOf(store)().decide('r', decision)).rejects.toMatchObject({ code: 'run-not-found' })
  })

  test('a run that does not exist is not found', async () => {
    const { agent } = shop()
    const journal = journalsOf(store)
    await expect(agent.resume('r', { journal: journal() }).result).rejects.toMatchObject({ code: 'run-not-found' })
    await expect(journal().read('r')).rejects.toMatchObject({ code: 'run-not-found' })
  })

  test('runs are listed and deleted', async () => {
    const journal = journalsOf(store)
    expect(await journal().list()).toEqual({ runs: [] })
    const { agent } = shop()
    await agent.generate('go', { journal: journal(), runId: 'order/7' })
    expect((await journal().list()).runs).toMatchObject([{ runId: 'order/7', changedAt: expect.any(Number) }])
    await journal().delete('order/7')
    expect(await journal().list()).toEqual({ runs: [] })
  })

  test('a result of 5 MB is read unchanged', async () => {
    const journal = journalsOf(store)
    const text = 'ü'.repeat(2_500_000)
    const agent = new Agent({
      model: replyingModel([{ calls: [['big', {}]] }, { text: 'ok' }]),
      tools: [noteTool('big', { maxResultBytes: 10_000_000, execute: () => text })],
    })
    await agent.generate('go', { journal: journal(), runId: 'r' })
    const again = await agent.resume('r', { journal: journal() }).result
    expect(again.steps[0]?.toolResults[0]?.text).toBe(text)
  })

  test('2,000 steps are replayed to the same result', async () => {
    const journal = journalsOf(store)
    const steps = Array.from({ length: 2_000 }, (_, n) => ({ calls: [['count', { n }]] as const }))
    const limits = { steps: 3_000, toolCalls: 3_000 }
    const agent = new Agent({ model: replyingModel([...steps, { text: 'ok' }]), tools: [noteTool('count', { effect: 'read' })], limits })
    const first = await agent.generate('go', { journal: journal(), runId: 'r' })
    const again = await agent.resume('r', { journal: journal() }).result
    expect(again.steps).toHaveLength(2_001)
    expect(again.usage).toEqual(first.usage)
  }, 60_000)
})

test.each([
  ['an empty path', () => fileJournal('')],
  ['a path that is not a string', () => fileSessions(new URL('file:///runs') as never)],
  ['an empty path of a database', () => sqliteJournal('')],
  ['an unknown option', () => fileJournal('runs', { leaseMS: 1 } as never)],
  ['a lease of no time', () => sqliteJournal('runs.db', { leaseMs: 0 })],
  ['a lease that is not a number', () => fileJournal('runs', { leaseMs: '30s' as never })],
  ['a lease without an end', () => fileJournal('runs', { leaseMs: Number.POSITIVE_INFINITY })],
])('%s is refused before anything is created', (_, create) => {
  expect(create).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
