import { call } from '@capstan/core/testing'
import { agentServer } from '@capstan/server'
import { expect, test } from 'vitest'
import { byName, eventsOf, newStores, scriptedAgent, serve, testTool } from './testing/served.ts'

const support = scriptedAgent([])

test.each([
  [{ agents: {} }, '`agents` must be an object with at least one agent'],
  [{ agents: { support }, autorize: byName }, '`autorize` is not an option of agentServer. Use `authorize`.'],
  [{ agents: { support }, rate: { runsPerMinut: 1 } }, '`rate.runsPerMinut` is not a rate. Use `rate.runsPerMinute`.'],
  [{ agents: { support }, budget: { tokens: 5 } }, '`budget` needs `perMs`'],
  [{ agents: { support }, show: { reasonings: false } }, '`show.reasonings` is not an option of `show`. Use `show.reasoning`.'],
  [{ agents: { support }, maxBodyBytes: 0 }, '`maxBodyBytes` must be a positive number, not 0.'],
  [{ agents: { support: 'support' } }, 'agents.support must be an agent'],
  [{ agents: { support }, basePath: 'api/' }, '`basePath` must begin with `/`'],
])('an option that cannot be used is refused: %o', (options, message) => {
  expect(() => agentServer(options as never)).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }))
})

test('listening on another address needs authorize and hosts', async () => {
  await expect(agentServer({ agents: { support } }).listen({ host: '0.0.0.0' })).rejects.toThrow('Listening on 0.0.0.0 needs `authorize`')
  await expect(agentServer({ agents: { support }, authorize: byName }).listen({ host: '0.0.0.0' })).rejects.toThrow('needs `hosts`')
})

test('without authorize nobody is served who did not come over a loopback socket, or came through a proxy', async () => {
  await using served = await serve({ agents: { support } })
  expect((await served.server.fetch(new Request('http://localhost/runs'))).status).toBe(401)
  expect((await fetch(`${served.url}/runs`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status).toBe(401)
  expect((await fetch(`${served.url}/runs`)).status).toBe(200)
})

test('clients see what `show` leaves: no reasoning, no inputs, no results', async () => {
  const replies = [{ reasoning: 'secret thought', text: 'I look.', calls: [call('look', { where: 'secret place' })] }, 'Done.']
  const agents = { support: scriptedAgent(replies, [testTool('look', () => 'secret result')]) }
  await using served = await serve({ agents, ...newStores(), show: { reasoning: false, toolInputs: false, toolOutputs: false } })
  const { runId } = await served.client.start({ input: 'Look.' })
  const events = await eventsOf(served.client, runId)
  expect(JSON.stringify(events)).not.toContain('secret')
  expect(events.filter(({ type }) => type === 'tool-start' || type === 'tool-end')).toHaveLength(2)
  expect(events.at(-1)).toMatchObject({ status: 'finished', text: 'Done.' })
})

test('an error of a tool or a provider reaches a client as its code and what the code means', async () => {
  const thrown = Object.assign(new Error('password=hunter2'), { code: 'EACCES' })
  await using served = await serve({ agents: { support: scriptedAgent([thrown]) }, ...newStores() })
  const { runId } = await served.client.start({ input: 'Hi.' })
  const events = await eventsOf(served.client, runId)
  expect(JSON.stringify([events, await served.client.run(runId)])).not.toContain('hunter2')
  expect(events.at(-1)).toMatchObject({ type: 'run-error', code: 'internal', isLast: true })
})

test('a page of a listed origin may call, and its browser may read the answer', async () => {
  const origin = 'https://app.example.com'
  await using served = await serve({ agents: { support }, origins: [origin] })
  const preflight = await fetch(`${served.url}/runs`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  expect([preflight.status, preflight.headers.get('access-control-allow-origin'), preflight.headers.get('access-control-allow-headers')]).toEqual([
    204,
    origin,
    'authorization, content-type, idempotency-key, last-event-id',
  ])
  expect((await fetch(`${served.url}/runs`, { headers: { origin } })).headers.get('access-control-allow-origin')).toBe(origin)
})

test('metrics count by route, status, code and agent, and nothing that a client chooses', async () => {
  await using served = await serve({ agents: { support: scriptedAgent(['Hello.']) }, ...newStores() })
  const { runId } = await served.client.start({ input: 'Hi.', session: 'my-chat' })
  await eventsOf(served.client, runId)
  await fetch(`${served.url}/nowhere-${runId}`)
  const text = await (await fetch(`${served.url}/metrics`)).text()
  expect(text).toContain('capstan_runs_started_total{agent="support"} 1')
  expect(text).toContain('capstan_runs_settled_total{agent="support",reason="finished"} 1')
  expect(text).toContain('capstan_refusals_total{code="not-found"} 1')
  expect(text).not.toMatch(new RegExp(`${runId}|my-chat|nowhere`))
})

test('under a base path the same routes are served, and a run names its place', async () => {
  await using served = await serve({ agents: { support: scriptedAgent(['Hello.']) }, ...newStores(), basePath: '/api' })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${served.url}/runs`, { method: 'POST', headers, body: '{"input":"Hi."}' })
  const { runId } = (await response.json()) as { runId: string }
  expect([response.status, response.headers.get('location')]).toEqual([201, `/api/runs/${runId}`])
  expect((await eventsOf(served.client, runId)).at(-1)).toMatchObject({ status: 'finished' })
  expect((await fetch(served.url.replace('/api', '/runs'))).status).toBe(404)
})

test('functions of the operator that throw end no run and no process, and are told', async () => {
  const errors: unknown[] = []
  const agents = { support: scriptedAgent(['Hello.']) }
  let calls = 0
  const budget = (): undefined => {
    if (++calls > 1) throw new Error('no budget')
  }
  const show = (): never => {
    throw new Error('no show')
  }
  await using served = await serve({ agents, ...newStores(), budget, show, onError: (error) => errors.push(error) })
  const { runId } = await served.client.start({ input: 'Hi.' })
  expect((await eventsOf(served.client, runId)).at(-1)).toMatchObject({ type: 'run-end', status: 'finished', isLast: true })
  expect(errors.map(String)).toEqual(expect.arrayContaining(['Error: no show', 'Error: no budget']))
})
