import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Agent, AgentError, approve, assistant, type Message, type RunState, Session, type Tool, type ToolCallContext, user } from '@capstan/core'
import { folderSessions, installRestate, noteTool, type Reply, replyingModel } from '@capstan/test-kit'
import { type WorkflowContext, workflow } from '@restatedev/restate-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AgentWorkflowOptions, agentWorkflow } from './agent-workflow.ts'
import { toRestateError } from './failure.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { restateEngine } from './restate-engine.ts'
import { clientOf, eventually, serveHere } from './testing/restate.ts'

let server: LocalServer | undefined
let reason = ''
const opened: (() => unknown)[] = []

beforeAll(async () => {
  const found = installRestate()
  if ('binary' in found) server = await startLocalServer(found)
  else reason = found.reason
}, 150_000)
afterAll(() => server?.[Symbol.asyncDispose]())
beforeEach(({ skip }) => skip(server === undefined, reason))
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

let names = 0

/** Serves an agent, and returns a client of one run. */
async function serve(agent: Agent, { workflow, sessions, key = 'run-1' }: Partial<AgentWorkflowOptions> & { readonly key?: string } = {}) {
  const name = `agent-${++names}`
  const make = (by: Agent) => [agentWorkflow(by, { name, ...(workflow && { workflow }), ...(sessions && { sessions }) })]
  let worker = await serveHere(make(agent))
  opened.push(() => worker.close())
  await running().register(worker.url)
  /** Serves the agent again, as a new process would, which knows nothing of the running executions. */
  const replace = async (by = agent): Promise<void> => {
    await worker.close()
    worker = await serveHere(make(by), worker.port)
  }
  return { ...clientOf(running(), name, key), name, replace, cut: () => worker.cut() }
}

type Work = (call: Pick<ToolCallContext, 'idempotencyKey' | 'signal'>) => Promise<string> | string

function toolOf(name: string, work: Work, settings: Partial<Pick<Tool, 'effect' | 'needsApproval' | 'expiresInMs'>> = {}): Tool {
  return noteTool(name, { ...settings, execute: (_input, call) => work(call) })
}

/** A model that calls the tool once and then ends with a text. */
function agentWith(tool: Tool, model = replyingModel([{ calls: [tool.name] }, { text: 'Done.' }])): Agent {
  return new Agent({ model, tools: [tool] })
}

function running(): LocalServer {
  if (server === undefined) throw new Error('There is no server.')
  return server
}

function counted(work: () => Promise<string> | string = () => 'ok') {
  const keys: string[] = []
  return {
    keys,
    work: ({ idempotencyKey }: { readonly idempotencyKey: string }) => {
      keys.push(idempotencyKey)
      return work()
    },
  }
}

test('a run is started once for each key, and its result is JSON', async () => {
  const { keys, work } = counted()
  const model = replyingModel([{ calls: ['read_file'] }, { text: 'Done.' }])
  const { run } = await serve(agentWith(toolOf('read_file', work, { effect: 'read' }), model), { key: 'invoice-7' })

  const { status, body } = await run({ input: 'Go.' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ runId: 'invoice-7', status: 'finished', text: 'Done.', toolCalls: 1, pending: [] })
  expect((await run({ input: 'Go.' })).status).toBe(409)
  expect([model.requests, keys]).toEqual([2, ['invoice-7/steps/1/tools/0']])
})

test('an invalid request is refused and not retried', async () => {
  const { run } = await serve(new Agent({ model: replyingModel([]) }))
  const { status, body } = await run({ text: 'Go.' })
  expect([status, JSON.parse(body.metadata.error).code]).toEqual([400, 'invalid-use'])
})

test('a question that nobody answers in time is denied by a decision in the same promise, and a later answer is refused', async () => {
  const { keys, work } = counted()
  const { run, asked, decide, pending } = await serve(agentWith(toolOf('pay', work, { needsApproval: true, expiresInMs: 1_000 })))
  const result = run({ input: 'Pay.' })
  const question = await asked()
  const { body } = await result
  expect(JSON.stringify(body.messages)).toContain('nobody approved this call in time')
  expect([await pending(), keys.length]).toEqual([[], 0])
  expect(await decide({ [question.id]: approve() })).toMatchObject({ status: 400 })
})

test('an answer in time counts, and its question does not expire afterwards', async () => {
  const { keys, work } = counted()
  const { run, asked, decide } = await serve(agentWith(toolOf('pay', work, { needsApproval: true, expiresInMs: 5_000 })))
  const result = run({ input: 'Pay.' })
  expect(await decide({ [(await asked()).id]: approve() })).toEqual({ status: 200, body: [] })
  expect([(await result).body.status, keys.length]).toEqual(['finished', 1])
})

test('a person decides through the engine: the first answer counts, and giving it again is accepted', async () => {
  const { keys, work } = counted()
  const { run, asked, decide, pending } = await serve(agentWith(toolOf('pay', work, { needsApproval: true })))
  const result = run({ input: 'Pay.' })
  const question = await asked()
  expect(question.about).toMatchObject({ type: 'approval', toolName: 'pay' })
  expect(await decide({ 'steps/9/tools/0/approval': approve() })).toMatchObject({ status: 400, body: { message: expect.stringContaining('was not asked') } })

  expect(await decide({ [question.id]: approve() })).toEqual({ status: 200, body: [] })
  expect(await decide({ [question.id]: approve() })).toEqual({ status: 200, body: [] })
  expect(await decide({ [question.id]: { approve: false } })).toMatchObject({ status: 400, body: { message: expect.stringContaining('first answer stays') } })
  expect((await result).body).toMatchObject({ status: 'finished' })
  expect([await pending(), keys.length]).toEqual([[], 1])
})

test('if two people decide differently at the same time, one of them gets an error', async () => {
  const { keys, work } = counted()
  const { run, asked, decide } = await serve(agentWith(toolOf('pay', work, { needsApproval: true })))
  const result = run({ input: 'Pay.' })
  const { id } = await asked()
  const said = await Promise.all([true, false].map((is) => decide({ [id]: { approve: is } })))
  expect(said.map(({ status }) => status).sort()).toEqual([200, 400])
  await result
  expect(keys.length).toBe(said[0]?.status === 200 ? 1 : 0)
})

test('a run that was paused in memory continues, and nothing is done again', async () => {
  const first = counted()
  const model = replyingModel([{ calls: ['look', 'pay'] }, { text: 'Paid.' }])
  const paid = counted()
  const tools = [toolOf('look', first.work, { effect: 'read' }), toolOf('pay', paid.work, { needsApproval: true })]
  const agent = new Agent({ model, tools })
  const { state, pending } = await agent.generate('Pay.', { runId: 'from-memory' })
  const paused = JSON.parse(JSON.stringify(state)) as RunState

  const { run, name } = await serve(agent, { key: 'from-memory' })
  const request = { state: paused, answers: { [pending[0]?.id ?? '']: approve() } }
  const wrong = await clientOf(running(), name, 'another-run').run(request)
  expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining("run 'from-memory'")])
  expect((await run(request)).body).toMatchObject({ status: 'finished', text: 'Paid.', runId: 'from-memory' })
  expect([model.requests, first.keys.length, paid.keys]).toEqual([2, 1, ['from-memory/steps/1/tools/1']])
})

test('an error that ends the run is not retried, reaches the caller as data, and its messages can begin the next run', async () => {
  const replies: Reply[] = [{ calls: ['pay'] }, { error: new AgentError('The key was refused.', { code: 'auth-failed', phase: 'headers', status: 401 }) }]
  const model = replyingModel(replies)
  const { keys, work } = counted()
  const { run, name } = await serve(agentWith(toolOf('pay', work), model))
  const { status, body } = await run({ input: 'Pay.' })
  expect([status, JSON.parse(body.metadata.error)]).toEqual([500, expect.objectContaining({ code: 'auth-failed', status: 401 })])
  expect(model.requests).toBe(2)

  replies[1] = { text: 'Paid.' }
  const next = await clientOf(running(), name, 'run-2').run({ input: JSON.parse(body.metadata.messages) })
  expect([next.body.text, keys.length]).toEqual(['Paid.', 1])
})

test('a failed execution is retried as often as the policy says, then it is paused until a person resumes it', async () => {
  let executions = 0
  const mended = new Agent({ model: replyingModel([{ text: 'Done.' }]) })
  const broken = new Agent({ model: replyingModel([]) })
  broken.generate = () => {
    executions++
    throw new Error('a defect of this worker')
  }
  const { run, replace, name } = await serve(broken, { workflow: { retryPolicy: { maxAttempts: 3, initialInterval: 10, onMaxAttempts: 'pause' } } })
  const result = run({ input: 'Go.' })
  const { id } = await eventually(async () => [await invocationOf(name)].find(({ status }) => status === 'paused'))
  expect(executions).toBe(3)

  await replace(mended)
  await fetch(`${running().adminUrl}/invocations/${id}/resume`, { method: 'PATCH' })
  expect((await result).body).toMatchObject({ status: 'finished', text: 'Done.' })
})

test('a once tool that was running when its worker died is not run again: a person is asked', async () => {
  const { keys, work } = counted(() => new Promise<string>(() => {}))
  const { run, asked, decide, replace } = await serve(agentWith(toolOf('pay', work)))
  const result = run({ input: 'Pay.' })
  await eventually(() => keys[0])
  await replace()
  const { id, about } = await asked()
  expect(about).toMatchObject({ type: 'outcome', toolName: 'pay' })
  await decide({ [id]: { output: 'It was paid.' } })
  expect((await result).body).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(keys.length).toBe(1)
})

test('a once tool continues when the connection breaks, and nobody is asked', async () => {
  let end = (_text: string): void => {}
  const { keys, work } = counted(() => new Promise<string>((resolve) => (end = resolve)))
  const { run, cut, pending } = await serve(agentWith(toolOf('pay', work)))
  const result = run({ input: 'Pay.' })
  await eventually(() => keys[0])
  cut()
  expect(await pending()).toEqual([])
  end('paid')
  expect((await result).body).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(keys.length).toBe(1)
})

test('a run that the engine suspends while it waits continues from its records', async () => {
  const { keys, work } = counted()
  const { run, asked, decide } = await serve(agentWith(toolOf('pay', work, { needsApproval: true })), { workflow: { inactivityTimeout: 0 } })
  const result = run({ input: 'Pay.' })
  await decide({ [(await asked()).id]: approve() })
  expect((await result).body).toMatchObject({ status: 'finished' })
  expect(keys.length).toBe(1)
})

test('a run that is cancelled ends, and the signal of its tool aborts', async () => {
  const signals: AbortSignal[] = []
  const wait = ({ signal }: { readonly signal: AbortSignal }): Promise<string> => {
    signals.push(signal)
    return new Promise(() => {})
  }
  const { run, name } = await serve(agentWith(toolOf('wait', wait, { effect: 'read' })))
  const result = run({ input: 'Wait.' })
  await eventually(() => signals[0])
  const { id } = await invocationOf(name)
  await fetch(`${running().adminUrl}/invocations/${id}/cancel`, { method: 'PATCH' })
  expect(await result).toMatchObject({ status: 409, body: { message: expect.stringMatching(/cancel/i) } })
  await eventually(() => signals[0]?.aborted || undefined)
})

test('an agent that takes another course than recorded does nothing, and the run continues with the old agent', async () => {
  const { keys, work } = counted()
  const tool = toolOf('pay', work, { needsApproval: true })
  const agent = agentWith(tool)
  const { run, asked, decide, replace, name } = await serve(agent, { workflow: { retryPolicy: { initialInterval: 20, maxInterval: 100 } } })
  const result = run({ input: 'Pay.' })
  const { id } = await asked()

  const model = replyingModel([])
  await replace(new Agent({ model, tools: [tool], prepareStep: () => ({}) }))
  await eventually(async () => /Journal mismatch[\s\S]*prepareStep/.exec((await invocationOf(name)).last_failure ?? '') ?? undefined)
  await replace(agent)
  await decide({ [id]: approve() })
  expect((await result).body).toMatchObject({ status: 'finished' })
  expect([model.requests, keys.length]).toEqual([0, 1])
})

test('a tool that takes longer than the engine waits is joined, not run again', async () => {
  const { keys, work } = counted(async () => {
    await setTimeout(700)
    return 'slow'
  })
  const { run } = await serve(agentWith(toolOf('pay', work)), { workflow: { inactivityTimeout: 50, abortTimeout: 50 } })
  expect((await run({ input: 'Pay.' })).body).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(keys.length).toBe(1)
})

test('a decision about a tool that was changed is not followed, and the run continues with the old tool', async () => {
  const { keys, work } = counted()
  const retryPolicy = { initialInterval: 20, maxInterval: 100 }
  const agent = agentWith(toolOf('pay', work, { needsApproval: true }))
  const { run, asked, decide, replace, name } = await serve(agent, { workflow: { retryPolicy } })
  const result = run({ input: 'Pay.' })
  const { id } = await asked()

  const changed = { ...toolOf('pay', work, { needsApproval: true }), description: 'Pays twice.', effect: 'idempotent' as const }
  await replace(agentWith(changed))
  await decide({ [id]: approve() })
  await eventually(async () => (await invocationOf(name)).last_failure)
  expect(keys.length).toBe(0)
  await replace(agent)
  expect((await result).body).toMatchObject({ status: 'finished' })
  expect(keys.length).toBe(1)
})

test('a custom handler shows the progress of the run', async () => {
  const name = `agent-${++names}`
  const agent = new Agent({ model: replyingModel([{ text: 'Done.' }]) })
  const scope = {}
  const seen: string[] = []
  const own = workflow({
    name,
    handlers: {
      run: async (context: WorkflowContext, input: string) => {
        const run = agent.stream(input, { engine: restateEngine(context, scope), runId: context.key })
        run.on('message-end', ({ runId }) => void seen.push(runId))
        return await run.result.then(
          ({ text }) => text,
          (error) => Promise.reject(toRestateError(error)),
        )
      },
    },
  })
  const worker = await serveHere([own])
  opened.push(() => worker.close())
  await running().register(worker.url)
  expect(await clientOf(running(), name, 'run-1').run('Go.')).toEqual({ status: 200, body: 'Done.' })
  expect(seen).toEqual(['run-1'])
})

test('two runs side by side: a tool sees the asynchronous context in which its own run was started', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const see = toolOf('see', async ({ idempotencyKey }) => {
    await setTimeout(20)
    seen.push(`${idempotencyKey} in ${storage.getStore()}`)
    return 'ok'
  })
  const agent = agentWith(see, replyingModel([{ calls: ['see', 'see'] }, { text: 'Done.' }]))
  const name = `agent-${++names}`
  const scope = {}
  const run = async (context: WorkflowContext): Promise<string> => {
    // The asynchronous context of earlier code of the workflow must not become the context of the run.
    await storage.run('before', () => context.run('before', () => 1))
    const started = storage.run(context.key, () => agent.generate('Go.', { engine: restateEngine(context, scope), runId: context.key }))
    return (await started).text
  }
  const worker = await serveHere([workflow({ name, handlers: { run } })])
  opened.push(() => worker.close())
  await running().register(worker.url)
  const ends = await Promise.all(['a', 'b'].map((key) => clientOf(running(), name, key).run('Go.')))

  expect(ends).toEqual(Array(2).fill({ status: 200, body: 'Done.' }))
  expect(seen.sort()).toEqual(['a', 'b'].flatMap((key) => [0, 1].map((call) => `${key}/steps/1/tools/${call} in ${key}`)))
})

test('two workers serve one address: the one that runs the agent is killed, and the other one finishes the run', async () => {
  const folder = newFolder()
  const file = join(folder, 'work')
  const name = `agent-${++names}`
  const workers = await Promise.all([startProcess(name, file), startProcess(name, file)])
  const isAlive = new Set(workers)
  await registerBehindOneAddress(isAlive)

  const result = clientOf(running(), name, 'run-1').run({ input: 'Go.' })
  const readLines = () => readFileSync(file, { encoding: 'utf8', flag: 'a+' }).trim().split('\n').filter(Boolean)
  const [first = ''] = await eventually(() => (readLines().length > 0 ? readLines() : undefined))
  const atWork = workers.find(({ pid }) => first.startsWith(`${pid} `))
  if (atWork !== undefined) isAlive.delete(atWork)
  atWork?.kill()
  expect((await result).body).toMatchObject({ status: 'finished', text: 'Done.' })
  expect(readLines()).toEqual(workers.map(({ pid }) => `${pid} run-1/steps/1/tools/0`))
})

test.each(['before messages', 'after messages', 'after open'])(
  'a worker that is killed %s: another one finishes the run, which is in its session once',
  async (dieAt) => {
    const folder = newFolder()
    const [file, sessionsFolder] = [join(folder, 'work'), join(folder, 'sessions')]
    const name = `agent-${++names}`
    const workers = await Promise.all([1, 2].map(() => startProcess(name, file, sessionsFolder, dieAt)))
    const isAlive = new Set(workers)
    const killed = Promise.race(workers.map(async (worker) => ({ worker, signal: await worker.ended })))
    await registerBehindOneAddress(isAlive)

    const result = clientOf(running(), name, 'run-1').run({ input: 'Go.', session: 's' })
    const { worker, signal } = await killed
    expect(signal).toBe('SIGKILL')
    isAlive.delete(worker)
    const { messages } = (await result).body
    expect(messages.map(({ role }: Message) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    const session = await Session.open(folderSessions(sessionsFolder), 's')
    expect([session.allMessages, session.openRun]).toEqual([messages, undefined])
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1)
  },
)

test('a run of a session reads its messages and adds its own once; a second run is refused or queued while it waits for a person', async () => {
  const sessions = folderSessions(newFolder())
  const open = () => Session.open(sessions, 's')
  await (await open()).append([user('Before.'), assistant('Yes.')])
  const model = replyingModel([{}, { calls: ['pay'] }, { text: 'Paid.' }, {}, { text: 'Next.' }])
  const agent = agentWith(
    toolOf('pay', () => 'ok', { needsApproval: true }),
    model,
  )
  const first = await serve(agent, { sessions, key: 'first' })
  const result = first.run({ input: 'Pay.', session: 's' })
  const { id } = await first.asked()

  const of = (key: string) => clientOf(running(), first.name, key)
  const refused = await of('second').run({ input: 'Go.', session: 's' })
  expect([refused.status, JSON.parse(refused.body.metadata.error)]).toMatchObject([400, { code: 'session-busy', runId: 'first' }])
  const queued = await of('third').run({ input: 'Wait.', session: 's', whilePaused: 'queue' })
  expect(queued.body).toMatchObject({ status: 'paused', stopReason: 'queued', steps: [] })
  // Another worker, which knows nothing of the session.
  await first.replace()
  await first.decide({ [id]: approve() })
  const { messages } = (await result).body
  expect(messages.map(({ role }: Message) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'tool', 'assistant'])
  expect((await open()).messages).toEqual(messages)

  await (await open()).append([user('After.'), assistant('Yes.')], { runId: 'by-hand' })
  expect((await first.run({ input: 'Pay.', session: 's' })).status).toBe(409)
  expect((await open()).messages).toHaveLength(8)
  const next = (await of('fourth').run({ input: 'Go.', session: 's' })).body
  expect(next.messages.slice(8, 10)).toEqual([user('Wait.'), user('Go.')])
  expect(next.messages).toHaveLength(11)
  expect((await open()).messages).toEqual(next.messages)
  expect(model.requests).toBe(3)
})

test('a session that cannot be used is refused before anything is done', async () => {
  const [text, unstored] = await Promise.all([
    serve(new Agent({ model: replyingModel([]) }), { sessions: folderSessions(newFolder()) }),
    serve(new Agent({ model: replyingModel([]) })),
  ])
  const refusalOf = async (client: typeof text, key: string, request: object) => {
    const { status, body } = await clientOf(running(), client.name, key).run(request)
    return [status, JSON.parse(body.metadata.error).code, body.message]
  }
  expect(await refusalOf(text, 'a', { input: 'Go.', session: 7 })).toMatchObject([400, 'invalid-use', expect.stringContaining('id of a session')])
  expect(await refusalOf(text, 'b', { input: 'Go.', sessionId: 's' })).toMatchObject([400, 'invalid-options', expect.stringContaining('Use `session`')])
  expect(await refusalOf(text, 'c', { input: 'Go.', session: 's', whilePaused: 'wait' })).toMatchObject([400, 'invalid-options', expect.anything()])
  expect(await refusalOf(unstored, 'd', { input: 'Go.', session: 's' })).toMatchObject([
    400,
    'invalid-use',
    expect.stringContaining('`sessions` to agentWorkflow()'),
  ])
})

test('a run that was paused in memory ends on Restate, in its session', async () => {
  const sessions = folderSessions(newFolder())
  const agent = agentWith(toolOf('pay', () => 'ok', { needsApproval: true }))
  const inMemory = await agent.generate('Pay.', { session: await Session.open(sessions, 's') })
  const { run } = await serve(agent, { sessions, key: inMemory.runId })
  const { body } = await run({ state: inMemory.state, answers: { [inMemory.pending[0]?.id ?? '']: approve() } })
  expect(body).toMatchObject({ status: 'finished', text: 'Done.' })
  const session = await Session.open(sessions, 's')
  expect([session.messages, session.openRun]).toEqual([body.messages, undefined])
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-'))
  opened.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Registers an address that leads to the first of the workers that is still in the set. */
async function registerBehindOneAddress(isAlive: ReadonlySet<{ readonly port: number }>): Promise<void> {
  const balancer = createServer((socket) => {
    const [worker] = isAlive
    if (worker === undefined) return void socket.destroy()
    const target = connect(worker.port, '127.0.0.1')
    for (const side of [socket, target]) side.on('error', () => side.destroy())
    socket.on('close', () => target.destroy()).pipe(target)
    target.on('close', () => socket.destroy()).pipe(socket)
  }).listen(0, '127.0.0.1')
  opened.push(() => balancer.close())
  await once(balancer, 'listening')
  const address = balancer.address()
  if (address === null || typeof address === 'string') throw new Error('A port has a number.')
  await running().register(`http://127.0.0.1:${address.port}`)
}

/** The state of the only run of a workflow, from the server. */
async function invocationOf(name: string): Promise<{ readonly id?: string; readonly status?: string; readonly last_failure?: string }> {
  const query = `SELECT id, status, last_failure FROM sys_invocation WHERE target_service_name = '${name}' AND target_handler_name = 'run'`
  const found = await fetch(`${running().adminUrl}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query }),
  })
  const { rows } = (await found.json()) as { readonly rows: readonly { readonly id: string }[] }
  return rows[0] ?? {}
}

async function startProcess(...given: readonly string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('testing/worker.mjs', import.meta.url)), ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  opened.push(kill)
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const ended = once(child, 'close').then(([, signal]) => signal as unknown)
  return { pid: child.pid, port: Number(port), kill, ended }
}
