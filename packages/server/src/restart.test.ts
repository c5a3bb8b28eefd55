import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call } from '@capstan/core/testing'
import { agentServer, type Listening, type ServerEvent } from '@capstan/server'
import { connect } from '@capstan/server/client'
import { applyEvent, emptyView } from '@capstan/server/view'
import { expect, onTestFinished, test } from 'vitest'
import { eventsOf, firstEvent, newStores, scriptedAgent, serve, testTool } from './testing/served.ts'

const program = fileURLToPath(new URL('testing/server-process.mjs', import.meta.url))

async function startServer(folder: string, port = 0): Promise<{ readonly child: ChildProcess; readonly listening: Listening }> {
  const child = fork(program, [folder, String(port)], { execArgv: [] })
  onTestFinished(() => void child.kill('SIGKILL'))
  // The program sends this and nothing else.
  const [listening] = (await once(child, 'message')) as [Listening]
  return { child, listening }
}

test('a server that is killed in a tool is replaced by another one: the reader comes back, a person is asked, and nothing happens twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-killed-'))
  const { child, listening } = await startServer(folder)
  const client = connect({ url: listening.url })
  const { runId } = await client.start({ input: 'Charge 5.', session: 'chat', idempotencyKey: 'order-7' })
  let view = emptyView
  const types: ServerEvent['type'][] = []
  for await (const event of client.events(runId)) {
    types.push(event.type)
    view = applyEvent(view, event)
    if (event.type === 'tool-start') {
      child.kill('SIGKILL')
      await once(child, 'exit')
      await startServer(folder, listening.port)
    }
    const [question] = view.pending
    if (question !== undefined) {
      expect(question.about).toMatchObject({ type: 'outcome', toolName: 'charge', input: { amount: 5 } })
      await client.decide(runId, { [question.id]: { output: 'charged, says the bank' } })
    }
  }
  expect(types.filter((type) => type === 'restart' || type === 'run-end')).toEqual(['restart', 'run-end', 'run-end'])
  expect(view).toMatchObject({
    status: 'finished',
    steps: [{ text: 'I charge.', calls: [{ status: 'ok', text: 'charged, says the bank' }] }, { text: 'Charged.' }],
  })
  expect(readFileSync(join(folder, 'effects'), 'utf8')).toBe('charged\n')
  // A request that was repeated because nobody knew what became of it begins nothing.
  expect(await client.start({ input: 'Charge 5.', session: 'chat', idempotencyKey: 'order-7' })).toEqual({ runId })
  expect((await client.session('chat')).messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
})

test('a server that closes lets a call end, sends its readers away, and the next one continues', async () => {
  const stores = newStores()
  let effects = 0
  let finishTool = (): void => undefined
  const slow = testTool(
    'slow',
    () =>
      new Promise((resolve) => {
        effects++
        finishTool = () => resolve('slow done')
      }),
    { effect: 'once' },
  )
  const first = agentServer({ maxDelayMs: 60_000, agents: { worker: scriptedAgent([call('slow')], [slow]) }, ...stores })
  const { url, port } = await first.listen()
  const client = connect({ url })
  const { runId } = await client.start({ input: 'Work.' })
  await firstEvent(client, runId, 'tool-start')
  const reading = eventsOf(client, runId)
  const closing = first.close({ graceMs: 10_000 })
  expect((await fetch(`${url}/health`)).status).toBe(503)
  const refused = await fetch(`${url}/runs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"input":"More."}' })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d$/)])
  finishTool()
  expect(await closing).toEqual({ left: [] })
  const second = agentServer({ maxDelayMs: 60_000, agents: { worker: scriptedAgent(['Done.'], [slow]) }, ...stores })
  await second.listen({ port })
  onTestFinished(async () => void (await second.close()))
  const events = await reading
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'Done.' })
  expect(events.filter(({ type }) => type === 'restart')).toHaveLength(1)
  expect(events.reduce(applyEvent, emptyView).steps[0]?.calls).toMatchObject([{ status: 'ok', text: 'slow done' }])
  expect(effects).toBe(1)
})

test('without a journal, a tool that may ask a person is refused, and a closing server ends its runs', async () => {
  const asking = testTool('pay', () => 'paid', { needsApproval: true })
  expect(() => agentServer({ agents: { cashier: scriptedAgent([], [asking]) } })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining("The tool 'pay' of agents.cashier may ask a person") }),
  )
  const served = await serve({ agents: { worker: scriptedAgent([{ text: 'I begin', hangs: true }]) } })
  const { runId } = await served.client.start({ input: 'Work.' })
  const reading = eventsOf(served.client, runId)
  await firstEvent(served.client, runId, 'text-delta')
  expect(await served.server.close({ graceMs: 10 })).toEqual({ left: [runId] })
  expect((await reading).at(-1)).toMatchObject({ type: 'run-error', code: 'aborted', isLast: true })
})

test('a finished run is finished for everybody who asks the next server, and keeps the time at which it began', async () => {
  const stores = newStores()
  const first = await serve({ agents: { a: scriptedAgent(['Done.']) }, ...stores })
  const { runId } = await first.client.start({ input: 'Go.', session: 'chat' })
  await eventsOf(first.client, runId)
  await first.server.close()
  const closedAt = Date.now()
  await using next = await serve({ agents: { a: scriptedAgent([]) }, ...stores })
  const asked = await Promise.all(Array.from({ length: 5 }, async () => await next.client.run(runId)))
  expect(asked.map(({ status, result }) => [status, result?.text])).toEqual(Array.from({ length: 5 }, () => ['finished', 'Done.']))
  for (const { beganAt } of asked) expect(beganAt).toBeLessThanOrEqual(closedAt)
})
