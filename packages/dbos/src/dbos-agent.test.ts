import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  AgentError,
  type Answers,
  approve,
  assistant,
  deny,
  type Json,
  type Message,
  type PendingQuestion,
  type RunState,
  Session,
  type SessionStore,
  user,
} from '@capstan/core'
import {
  folderSessions,
  type PostgresServer,
  postgresFolder,
  type Reply,
  startPostgres,
  Witness,
  type WitnessedSetting,
  witnessedAgent,
} from '@capstan/test-kit'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type DbosAgent, dbosAgent } from './dbos-agent.ts'
import { dbosEngine } from './dbos-engine.ts'

const isMissing = postgresFolder() === undefined
if (isMissing) process.stderr.write('Skipped: the tests of DBOS need PostgreSQL (Debian: postgresql), which is not installed.\n')

const folder = mkdtempSync(join(tmpdir(), 'capstan-dbos-'))
const config = { name: 'tests', applicationVersion: 'tests-1', logLevel: 'error' }
// Errors that end runs are expected here.
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
let server: PostgresServer

type Setting = Omit<WitnessedSetting, 'witness'>

/** An agent whose requests and effects are recorded as lines of its own file. All agents are registered before the launch. */
function register(
  name: string,
  setting: Setting,
  { context, sessions }: { readonly context?: string; readonly sessions?: SessionStore } = {},
): DbosAgent & { readonly seen: () => readonly string[]; readonly setting: WitnessedSetting } {
  const witnessed = { ...setting, witness: join(folder, name) }
  const runs = dbosAgent(witnessedAgent(witnessed), { name, context, ...(sessions && { sessions }) })
  return { ...runs, seen: () => new Witness(witnessed.witness).read(), setting: witnessed }
}

/** A model that calls these tools, one list in each step, and then ends with a text. */
function calling(...steps: readonly (readonly string[])[]): readonly Reply[] {
  return [...steps.map((calls) => ({ calls })), { text: 'Done.' }]
}

async function nextQuestions(runs: DbosAgent, runId: string): Promise<readonly PendingQuestion[]> {
  const asked = async (): Promise<readonly PendingQuestion[]> => {
    const pending = await runs.pending(runId)
    expect(pending).not.toEqual([])
    return pending
  }
  return await vi.waitFor(asked, { timeout: 8_000, interval: 20 })
}

const pays = { replies: calling(['pay']), tools: { pay: {} } }
const paysWithApproval = { ...pays, tools: { pay: { needsApproval: true } } }
const reads = { effect: 'read' as const }
const plain = register('plain', pays, { context: 'of-this-process' })
const letters = [...'abcdefgh']
const parallel = register('parallel', {
  replies: calling(letters),
  tools: Object.fromEntries(letters.map((name) => [name, reads])),
  options: { toolCallConcurrency: 1 },
})
const asking = register('asking', {
  replies: [{ calls: [['pay', { n: 1 }]] }, { calls: ['ship'] }, { text: 'Done.' }],
  tools: { pay: { needsApproval: true }, ship: { needsApproval: true } },
})
const expiring = register('expiring', { ...pays, tools: { pay: { needsApproval: true, expiresInMs: 1_500 } } })
const twoPeople = register('two-people', paysWithApproval)
const paused = register('paused', paysWithApproval)
const failing = register('failing', {
  replies: [{ error: new AgentError('Bad key.', { code: 'auth-failed', phase: 'headers', status: 401 }) }],
  tools: {},
})
const sessionsFolder = join(folder, 'sessions')
let fault: Error | undefined
const sessions = folderSessions(sessionsFolder, (position) => {
  if (position !== 'before messages' || fault === undefined) return
  const error = fault
  fault = undefined
  throw error
})
const firstCall = untilAborted()
const cancelled = register('cancelled', { ...pays, tools: { pay: { effect: 'idempotent' } }, at: firstCall.at }, { sessions })
const inSession = register('in-session', { replies: [...calling(['look']), ...calling(['look'])], tools: { look: reads } }, { sessions })
const asksInSession = register('asks-in-session', paysWithApproval, { sessions })
const breaksOff = register('breaks-off', { replies: [{ error: new AgentError('Bad key.', { code: 'auth-failed' }) }], tools: {} }, { sessions })
const killed = ['before messages', 'after messages', 'after open'].map((dieAt, index) => ({
  dieAt,
  name: `killed-${index}`,
  runs: register(`killed-${index}`, { replies: calling(['look']), tools: { look: reads } }, { sessions }),
}))
let requests = 0
const mended = register('mended', {
  replies: calling(),
  tools: {},
  at: () => {
    if (++requests === 1) throw new AgentError('No money.', { code: 'quota-exhausted' })
  },
})
const deserted = register('deserted', { replies: calling(['look']), tools: { look: reads } })
const unknown = register('unknown', pays)
const changed = register('changed', { replies: calling(['other'], ['pay']), tools: { other: reads, pay: reads } })
const halfway = register('halfway', paysWithApproval)
const storage = new AsyncLocalStorage<string>()
const contexts: string[] = []
const seeing = witnessedAgent({
  witness: join(folder, 'seeing'),
  replies: calling(['see', 'see']),
  tools: { see: reads },
  at: async (position) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (position === 'after see') contexts.push(`${storage.getStore()}, in a step of DBOS: ${DBOS.isInStep()}`)
  },
})
const contextual = dbosAgent(
  {
    generate: (input, options) => storage.run(options?.runId ?? '', () => seeing.generate(input, options)),
    resume: (state, options) => seeing.resume(state as never, options as never),
  },
  { name: 'contextual' },
)
const oddKeys = '{"__proto__":{"a":1},"constructor":{"prototype":null},"\\u0000":"\\ud800"}'
const values = DBOS.registerWorkflow(
  async () => {
    const [value] = await dbosEngine('values-1', async () => {}).steps([{ name: 'value', run: async () => JSON.parse(oddKeys) as Json }])
    return JSON.stringify(value)
  },
  { name: 'values' },
)

async function messagesOf(id: string): Promise<readonly Message[]> {
  return (await Session.open(sessions, id)).messages
}

/** Holds the first call until its signal fires. */
function untilAborted(): { readonly at: NonNullable<WitnessedSetting['at']>; readonly aborted: Promise<void> } {
  let calls = 0
  let settle = (): void => {}
  const aborted = new Promise<void>((resolve) => {
    settle = resolve
  })
  const at = async (position: string, signal?: AbortSignal): Promise<void> => {
    if (position !== 'after pay' || ++calls > 1) return
    signal?.addEventListener('abort', settle)
    await aborted
  }
  return { at, aborted }
}

describe.skipIf(isMissing)('runs on DBOS', () => {
  beforeAll(async () => {
    server = await startPostgres()
    DBOS.setConfig({ ...config, logger: silent, systemDatabaseUrl: server.urlOf('tests'), executorID: 'this' })
    await DBOS.launch()
  }, 30_000)

  afterAll(async () => {
    await DBOS.shutdown()
    await server.stop()
    rmSync(folder, { recursive: true })
  }, 30_000)

  test('a run is recorded, and a start with a known id does not run it again', async () => {
    expect(await plain.start('Go.', { runId: 'plain-1' })).toBe('plain-1')
    const result = await plain.result('plain-1')
    expect(result).toMatchObject({ runId: 'plain-1', status: 'finished', text: 'Done.', toolCalls: 1, usage: { totalTokens: 30 } })
    await plain.start('Go.', { runId: 'plain-1' })
    expect(await plain.result('plain-1')).toEqual(result)
    expect(plain.seen()).toEqual(['model 1', 'effect pay plain-1/steps/1/tools/0 of-this-process', 'model 2'])
    expect(await plain.pending('plain-1')).toEqual([])
  })

  test('calls of one step begin in order', async () => {
    await parallel.result(await parallel.start('Go.'))
    expect(parallel.seen().flatMap((line) => /^effect (\w) /.exec(line)?.[1] ?? [])).toEqual(letters)
  })

  test('two runs side by side: a tool sees the asynchronous context of its own run, and the one of its step', async () => {
    await Promise.all(['context-a', 'context-b'].map((runId) => contextual.start('Go.', { runId })))
    await Promise.all(['context-a', 'context-b'].map((runId) => contextual.result(runId)))
    const [first, second] = ['context-a, in a step of DBOS: true', 'context-b, in a step of DBOS: true']
    expect(contexts.sort()).toEqual([first, first, second, second])
  })

  test('a run waits for a decision; the first one counts, also after the run continued', async () => {
    const runId = await asking.start('Go.', { runId: 'asking-1' })
    const [pay] = await nextQuestions(asking, runId)
    expect(pay).toMatchObject({ position: 'steps/1/tools/0/approval', about: { type: 'approval', toolName: 'pay', input: { n: 1 } } })
    const id = pay?.id ?? ''
    await expect(asking.decide(runId, { 'steps/9/tools/0/approval': approve() })).rejects.toMatchObject({ code: 'invalid-use' })
    expect(await asking.decide(runId, { [id]: approve() })).toEqual([])
    const [ship] = await nextQuestions(asking, runId)
    expect(await asking.decide(runId, { [id]: approve() })).toEqual([ship])
    await expect(asking.decide(runId, { [id]: deny() })).rejects.toMatchObject({ code: 'invalid-use', message: expect.stringContaining('first answer stays') })
    await asking.decide(runId, { [ship?.id ?? '']: deny('No stock.') })
    const { messages, text } = await asking.result(runId)
    expect(text).toBe('Done.')
    expect(JSON.stringify(messages)).toContain('No stock.')
    expect(await asking.decide(runId, { [id]: approve() })).toEqual([])
    expect(asking.seen().filter((line) => line.startsWith('effect'))).toEqual(['effect pay asking-1/steps/1/tools/0'])
  })

  test('a question that nobody answers in time is denied by a decision in the same store, and a later answer is refused', async () => {
    const runId = await expiring.start('Go.')
    const [question] = await nextQuestions(expiring, runId)
    const { messages } = await expiring.result(runId)
    expect(JSON.stringify(messages)).toContain('nobody approved this call in time')
    expect(await expiring.pending(runId)).toEqual([])
    await expect(expiring.decide(runId, { [question?.id ?? '']: approve() })).rejects.toMatchObject({ code: 'invalid-use' })
    expect(expiring.seen().filter((line) => line.startsWith('effect'))).toEqual([])
  }, 20_000)

  test('if two people decide differently at the same time, one of them gets an error', async () => {
    const runId = await twoPeople.start('Go.')
    const [question] = await nextQuestions(twoPeople, runId)
    const id = question?.id ?? ''
    const outcomes = await Promise.allSettled([approve(), deny()].map((answer) => twoPeople.decide(runId, { [id]: answer })))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await twoPeople.result(runId)
    expect(twoPeople.seen().some((line) => line.startsWith('effect pay '))).toBe(outcomes[0]?.status === 'fulfilled')
  })

  test('a run that was paused in memory continues with its answers, under its id', async () => {
    const agent = witnessedAgent(paused.setting)
    const inMemory = await agent.generate('Go.', { runId: 'paused-1' })
    const state = JSON.parse(JSON.stringify(inMemory.state)) as RunState
    await expect(paused.start(state, { runId: 'other' })).rejects.toMatchObject({ code: 'invalid-use' })
    const runId = await paused.start(state, { answers: { [inMemory.pending[0]?.id ?? '']: approve() } })
    expect(await paused.result(runId)).toMatchObject({ runId: 'paused-1', status: 'finished', text: 'Done.', usage: { totalTokens: 30 } })
    expect(paused.seen()).toEqual(['model 1', 'effect pay paused-1/steps/1/tools/0', 'model 2'])
  })

  test('a run that was paused in memory without answers asks on DBOS', async () => {
    const { state } = await witnessedAgent(paused.setting).generate('Go.', { runId: 'paused-2' })
    if (state === undefined) throw new Error('A paused run has a state.')
    const runId = await paused.start(state)
    const [question] = await nextQuestions(paused, runId)
    await paused.decide(runId, { [question?.id ?? '']: approve() })
    expect(await paused.result(runId)).toMatchObject({ status: 'finished', toolCalls: 1 })
  })

  test('the error that ends a run reaches all callers as an AgentError, and nothing is retried', async () => {
    const runId = await failing.start('Go.')
    const error = await failing.result(runId).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AgentError)
    expect(error).toMatchObject({ code: 'auth-failed', phase: 'headers', status: 401, retryable: false, message: 'Bad key.' })
    await expect(failing.result(runId)).rejects.toMatchObject({ code: 'auth-failed' })
    expect(await DBOS.getWorkflowStatus(runId)).toMatchObject({ status: 'ERROR', recoveryAttempts: 1 })
    expect(failing.seen()).toEqual(['model 1'])
  })

  test('a run that ended with a failed request continues from that request when it is rewound', async () => {
    const runId = await mended.start('Go.')
    await expect(mended.result(runId)).rejects.toMatchObject({ code: 'quota-exhausted' })
    const last = (await DBOS.listWorkflowSteps(runId))?.at(-1)
    expect(last?.name).toBe('steps/1/model/1 model')
    await DBOS.rewindWorkflow(runId, { startStep: last?.functionID ?? 0 })
    expect(await mended.result(runId)).toMatchObject({ status: 'finished', text: 'Done.' })
  })

  test('values are recorded unchanged, whatever their keys', async () => {
    const handle = await DBOS.startWorkflow(values)()
    expect(await handle.getResult()).toBe(oddKeys)
  })

  test('waiting for a run that DBOS does not know is an error', async () => {
    const missing = { code: 'run-not-found' }
    await expect(plain.result('nobody')).rejects.toMatchObject(missing)
    await expect(plain.pending('nobody')).rejects.toMatchObject(missing)
    await expect(plain.decide('nobody', {})).rejects.toMatchObject(missing)
  })

  test('a cancelled run ends its tool at once, keeps its place in its session, and continues when it is resumed', async () => {
    const runId = await cancelled.start('Go.', { runId: 'cancelled-1', session: 'cancelled' })
    await vi.waitFor(() => expect(cancelled.seen()).toHaveLength(2), { timeout: 5_000 })
    await DBOS.cancelWorkflow(runId)
    await expect(cancelled.result(runId)).rejects.toMatchObject({ code: 'engine-failed', message: expect.stringContaining('cancelled') })
    await firstCall.aborted
    // The interrupted step is not recorded.
    expect((await DBOS.listWorkflowSteps(runId))?.map(({ name }) => name)).toEqual(['session/read session read', 'start start', 'steps/1/model/1 model'])
    expect((await Session.open(sessions, 'cancelled')).openRun).toBe(runId)
    await DBOS.resumeWorkflow(runId)
    const { status, messages } = await cancelled.result(runId)
    expect([status, await messagesOf('cancelled')]).toEqual(['finished', messages])
    expect(cancelled.seen()).toEqual(['model 1', 'effect pay cancelled-1/steps/1/tools/0', 'effect pay cancelled-1/steps/1/tools/0', 'model 2'])
  }, 20_000)

  describe('runs of a session', () => {
    const before = [user('One.'), assistant('Yes.'), user('Two.'), assistant('Yes.')]

    test('read its messages and add their own once, as steps; the same id again gives the recorded result', async () => {
      await (await Session.open(sessions, 'once')).append(before)
      const runId = await inSession.start('Go.', { runId: 'once-1', session: 'once' })
      const result = await inSession.result(runId)
      expect(result.messages.slice(0, 5)).toEqual([...before, user('Go.')])
      expect(result.messages.slice(5).map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
      expect(await messagesOf('once')).toEqual(result.messages)
      const steps = (await DBOS.listWorkflowSteps(runId))?.map(({ name }) => name)
      expect([steps?.[0], steps?.at(-1), steps?.length]).toEqual(['session/read session read', 'session/append session append', 6])

      await (await Session.open(sessions, 'once')).append([user('After.')])
      await inSession.start('Go.', { runId, session: 'once' })
      expect(await inSession.result(runId)).toEqual(result)
      expect(await messagesOf('once')).toEqual([...result.messages, user('After.')])
    })

    test('begin one after the other: a second run is refused or queued while the first one waits for a person', async () => {
      const runId = await asksInSession.start('Pay.', { session: 'busy' })
      const [question] = await nextQuestions(asksInSession, runId)
      const refused = await inSession.start('Go.', { session: 'busy' })
      await expect(inSession.result(refused)).rejects.toMatchObject({ code: 'session-busy', runId })
      const queued = await inSession.start('Wait.', { session: 'busy', whilePaused: 'queue' })
      expect(await inSession.result(queued)).toMatchObject({ status: 'paused', stopReason: 'queued', steps: [] })

      await asksInSession.decide(runId, { [question?.id ?? '']: approve() })
      const first = await asksInSession.result(runId)
      expect(await messagesOf('busy')).toEqual(first.messages)
      const next = await inSession.result(await inSession.start('Go.', { session: 'busy' }))
      expect(next.messages).toEqual([...first.messages, user('Wait.'), user('Go.'), ...next.messages.slice(-3)])
      expect(await messagesOf('busy')).toEqual(next.messages)
    })

    test('of two that begin at once one gets the place', async () => {
      const both = ['race-1', 'race-2'].map(async (runId) => await inSession.result(await inSession.start('Go.', { runId, session: 'race' })))
      const ends = await Promise.allSettled(both)
      const results = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
      const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
      expect(refused.every(({ code }) => code === 'session-busy')).toBe(true)
      expect(results.length).toBeGreaterThan(0)
      // A run that began after the other one had ended starts from its messages.
      const longest = results.sort((left, right) => right.messages.length - left.messages.length)[0]?.messages
      expect(longest).toHaveLength(4 * results.length)
      expect(await messagesOf('race')).toEqual(longest)
    })

    test('that an error ended give the place back; a store that fails ends the run, and what it did is in the session', async () => {
      await expect(breaksOff.result(await breaksOff.start('Go.', { session: 'broken' }))).rejects.toMatchObject({ code: 'auth-failed' })
      expect([await messagesOf('broken'), (await Session.open(sessions, 'broken')).openRun]).toEqual([[], undefined])
      fault = new AgentError('The disk is full.', { code: 'journal-failed' })
      const runId = await inSession.start('Go.', { session: 'broken' })
      await expect(inSession.result(runId)).rejects.toMatchObject({ code: 'journal-failed', message: 'The disk is full.' })
      expect((await messagesOf('broken')).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
      expect((await Session.open(sessions, 'broken')).openRun).toBeUndefined()
    })

    test('that were paused in memory end here, in their session', async () => {
      const agent = witnessedAgent(asksInSession.setting)
      const inMemory = await agent.generate('Pay.', { session: await Session.open(sessions, 'moved') })
      const state = JSON.parse(JSON.stringify(inMemory.state)) as RunState
      await expect(asksInSession.start(state, { session: 'other' })).rejects.toMatchObject({ code: 'invalid-use' })
      await expect(paused.start(state)).rejects.toMatchObject({ code: 'invalid-use', message: expect.stringContaining('`sessions` to dbosAgent()') })
      const runId = await asksInSession.start(state, { answers: { [inMemory.pending[0]?.id ?? '']: approve() } })
      const { messages } = await asksInSession.result(runId)
      expect(await messagesOf('moved')).toEqual(messages)
    })

    test('need a store, and a session as a text', async () => {
      await expect(plain.start('Go.', { runId: 'no-store', session: 's' })).rejects.toMatchObject({ code: 'invalid-use' })
      await expect(plain.result('no-store')).rejects.toMatchObject({ code: 'run-not-found' })
      await expect(inSession.start('Go.', { session: 7 as never })).rejects.toMatchObject({ code: 'invalid-options' })
    })
  })

  describe('runs of processes that died', () => {
    async function inProcessThatDies(
      workflow: string,
      setting: WitnessedSetting,
      work: { readonly runId: string; readonly dieAt?: string; readonly answers?: Answers; readonly session?: string; readonly sessionsFolder?: string },
    ): Promise<void> {
      const worker = fileURLToPath(new URL('testing/worker.mjs', import.meta.url))
      const dying = { ...config, systemDatabaseUrl: server.urlOf('tests'), executorID: `dead-${workflow}` }
      const child = spawn(process.execPath, [worker, JSON.stringify({ ...setting, ...work, config: dying, workflow })], {
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 15_000,
      })
      const [, signal] = await once(child, 'close')
      expect(signal).toBe('SIGKILL')
    }

    test('wait for their executor, until they are resumed on another one', async () => {
      await inProcessThatDies('deserted', deserted.setting, { runId: 'deserted-1', dieAt: 'after look' })
      const lost = await DBOS.listWorkflows({ status: 'PENDING', executorId: 'dead-deserted' })
      expect(lost.map(({ workflowID }) => workflowID)).toEqual(['deserted-1'])
      await DBOS.resumeWorkflow('deserted-1')
      expect(await deserted.result('deserted-1')).toMatchObject({ status: 'finished' })
      const call = 'effect look deserted-1/steps/1/tools/0'
      expect(deserted.seen()).toEqual(['model 1', call, call, 'model 2'])
    }, 20_000)

    test('do not repeat a call with effect once, and ask for its outcome', async () => {
      await inProcessThatDies('unknown', unknown.setting, { runId: 'unknown-1', dieAt: 'after pay' })
      await DBOS.resumeWorkflow('unknown-1')
      const [question] = await nextQuestions(unknown, 'unknown-1')
      expect(question).toMatchObject({ position: 'steps/1/tools/0/outcome/1', about: { type: 'outcome', toolName: 'pay' } })
      await unknown.decide('unknown-1', { [question?.id ?? '']: { output: 'It was paid.' } })
      expect(await unknown.result('unknown-1')).toMatchObject({ status: 'finished', text: 'Done.' })
      expect(unknown.seen()).toEqual(['model 1', 'effect pay unknown-1/steps/1/tools/0', 'model 2'])
    }, 20_000)

    test.each(killed)(
      'are added to their session once, killed $dieAt',
      async ({ dieAt, name, runs }) => {
        await inProcessThatDies(name, runs.setting, { runId: `${name}-run`, dieAt, session: name, sessionsFolder })
        const isOpen = (await Session.open(sessions, name)).openRun !== undefined
        expect(isOpen).toBe(dieAt !== 'after messages')
        await DBOS.resumeWorkflow(`${name}-run`)
        const { messages } = await runs.result(`${name}-run`)
        expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
        const session = await Session.open(sessions, name)
        expect([session.allMessages, session.openRun]).toEqual([messages, undefined])
        expect(runs.seen()).toEqual(['model 1', `effect look ${name}-run/steps/1/tools/0`, 'model 2'])
      },
      20_000,
    )

    test('are not continued by an agent that takes another course', async () => {
      await inProcessThatDies(
        'changed',
        { ...changed.setting, replies: calling(['look'], ['pay']), tools: { look: reads, pay: reads } },
        { runId: 'changed-1', dieAt: 'after pay' },
      )
      await DBOS.resumeWorkflow('changed-1')
      const message = expect.stringMatching(/^DBOS stopped the run 'changed-1', or refused the call: .*tool look was recorded/)
      await expect(changed.result('changed-1')).rejects.toMatchObject({ code: 'engine-failed', retryable: false, message })
      expect(changed.seen()).toHaveLength(4)
    }, 20_000)

    test('with a decision that was stored but not sent: the question stays pending, and the first answer counts', async () => {
      const runId = await halfway.start('Go.')
      const questions = await nextQuestions(halfway, runId)
      const id = questions[0]?.id ?? ''
      await inProcessThatDies('halfway', halfway.setting, { runId, answers: { [id]: approve() } })
      expect(await halfway.pending(runId)).toEqual(questions)
      await expect(halfway.decide(runId, { [id]: deny() })).rejects.toMatchObject({ code: 'invalid-use' })
      await halfway.decide(runId, { [id]: approve() })
      expect(await halfway.result(runId)).toMatchObject({ status: 'finished' })
      expect(halfway.seen()).toEqual(['model 1', `effect pay ${runId}/steps/1/tools/0`, 'model 2'])
    }, 20_000)
  })
})
