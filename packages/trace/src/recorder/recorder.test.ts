import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, approve, type RunEvent } from '@capstan/core'
import { jsonSchema, tool } from '@capstan/tools'
import { expect, test, vi } from 'vitest'
import { replyStream, sendJson, sendStream, startProvider } from '../testing/provider.ts'
import { bodyOf, eventsOf, exchangesOf, modelAt, newFolder, traceIn, tracesIn } from '../testing/traces.ts'
import { traceTo } from './trace-to.ts'

// Real servers take seconds where many tests run at once.
vi.setConfig({ testTimeout: 30_000 })

const look = tool({
  name: 'look',
  description: 'Looks.',
  inputSchema: jsonSchema<{ q: number }>({ type: 'object', properties: { q: { type: 'number' } } }),
  effect: 'read',
  execute: ({ q }) => `seen ${q}`,
})

test('a trace has every event of the run, its deltas joined, and every exchange byte for byte', async () => {
  const calling = replyStream({ texts: ['Let ', 'me ', 'see.'], call: { name: 'look', input: { q: 7 } } })
  const answer = replyStream({ texts: ['Grüße, ', '你好 ', '🧭'] })
  // Cut inside a character and inside a frame.
  const bytes = Buffer.from(answer)
  const pieces = [bytes.subarray(0, 59), bytes.subarray(59, 60), bytes.subarray(60)]
  await using provider = await startProvider((response, _request, index) => {
    if (index === 0) return sendJson(response, { status: 503, headers: { 'retry-after': '0' } }, { error: { message: 'busy' } })
    return sendStream(response, index === 1 ? [calling] : pieces, { 'x-request-id': `r${index}` })
  })
  const folder = newFolder()
  const agent = new Agent({ name: 'a', model: modelAt(provider.baseURL), tools: [look], trace: traceTo(folder), attempts: { delayMs: 0 } })
  const live: RunEvent[] = []
  const before = Date.now()
  const result = await agent.generate('go', { onEvent: (event) => live.push(JSON.parse(JSON.stringify(event)) as RunEvent), runId: 'tenant/7 ü' })
  expect(result.warnings).toEqual([])

  const [name = ''] = readdirSync(folder)
  expect(name).toMatch(/^\d{8}T\d{6}\.\d{3}Z-tenant_7__-[0-9a-f]{8}\.trace\.jsonl$/)
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  const lines = await traceIn(folder)
  expect(lines[0]).toMatchObject({
    type: 'trace',
    version: 1,
    runId: 'tenant/7 ü',
    pid: process.pid,
    node: process.version,
    capstan: expect.stringMatching(/^\d/),
  })

  const isDelta = ({ type }: RunEvent): boolean => type.endsWith('-delta')
  const events = eventsOf(lines)
  expect(events.filter((event) => !isDelta(event))).toEqual(live.filter((event) => !isDelta(event)))
  const joined = live.filter(isDelta).map((event) => ({ ...event, delta: '' }))
  const firstOf = (type: string, step: number) => joined.find((event) => event.type === type && event.step === step)
  expect(events.filter(isDelta)).toEqual([
    { ...firstOf('text-delta', 1), delta: 'Let me see.', endAt: expect.any(Number) },
    { ...firstOf('tool-call-delta', 1), delta: '{"q":7}', endAt: expect.any(Number) },
    { ...firstOf('text-delta', 2), delta: 'Grüße, 你好 🧭', endAt: expect.any(Number) },
  ])

  const exchanges = exchangesOf(lines)
  expect(exchanges.map(({ step, attempt, runId, path, response }) => [step, attempt, runId, path, response?.status])).toEqual([
    [1, 1, 'tenant/7 ü', undefined, 503],
    [1, 2, 'tenant/7 ü', undefined, 200],
    [2, 1, 'tenant/7 ü', undefined, 200],
  ])
  expect(exchanges.map(({ request }) => request.body)).toEqual(provider.requests.map(({ text }) => text))
  expect(exchanges.map((exchange) => bodyOf(exchange).toString())).toEqual(['{"error":{"message":"busy"}}', calling, answer])
  expect(exchanges[2]?.chunks.length).toBeGreaterThan(1)
  expect(exchanges[2]?.response?.headers).toMatchObject({ 'x-request-id': 'r2', 'content-type': 'text/event-stream' })
  for (const { request, response, chunks, endAt, error } of exchanges) {
    expect(error).toBeUndefined()
    const times = [before - 1, request.at, response?.at ?? 0, ...chunks.map(([ms]) => request.at + ms + 0.1), endAt + 0.2]
    expect(times).toEqual(times.toSorted((left, right) => left - right))
  }
})

test('each exchange knows its run, agent, step and attempt, with runs side by side on one model, fallback chains and agents inside', async () => {
  await using provider = await startProvider(async (response, { text }) => {
    const body = JSON.parse(text) as { model: string; messages: { role: string; content: string }[] }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
    if (body.model === 'broken') return sendJson(response, { status: 503 }, { error: { message: 'busy' } })
    const isFirst = body.messages.at(-1)?.role === 'user'
    const asked = body.messages.find(({ role }) => role === 'user')?.content ?? ''
    if (isFirst && asked.startsWith('run')) return sendStream(response, [replyStream({ call: { name: 'helper', input: { task: `inside ${asked}` } } })])
    return sendStream(response, [replyStream({ texts: [`answer to ${asked}`] })])
  })
  const folder = newFolder()
  const [model, broken] = [modelAt(provider.baseURL), modelAt(provider.baseURL, { model: 'broken' })]
  const { childTool } = await import('@capstan/core/internal')
  const delegate = tool({
    name: 'helper',
    description: 'Helps.',
    inputSchema: jsonSchema<{ task: string }>({ type: 'object', properties: { task: { type: 'string' } } }),
    execute: ({ task }) => task,
  })
  const helper = new Agent({ name: 'helper', model: [broken, model], attempts: { delayMs: 0 } })
  const agent = new Agent({ name: 'lead', model, tools: [childTool(delegate, helper)], trace: traceTo(folder) })
  const runs = Array.from({ length: 20 }, (_, index) => `run ${index}`)
  await Promise.all(runs.map((name) => agent.generate(name, { runId: name })))

  const files = await tracesIn(folder)
  expect(files).toHaveLength(runs.length)
  for (const lines of files) {
    const runId = eventsOf(lines)[0]?.runId ?? ''
    expect(runs).toContain(runId)
    expect(eventsOf(lines).every((event) => event.runId === runId)).toBe(true)
    const places = exchangesOf(lines).map(({ request, path, step, attempt, ...exchange }) => {
      const { model: name, messages } = JSON.parse(request.body) as { model: string; messages: { role: string; content: string }[] }
      expect(exchange.runId).toBe(runId)
      return [name, messages.find(({ role }) => role === 'user')?.content, path, step, attempt]
    })
    expect(places).toEqual([
      ['m', runId, undefined, 1, 1],
      ['broken', `inside ${runId}`, ['helper#1'], 1, 1],
      ['m', `inside ${runId}`, ['helper#1'], 1, 2],
      ['m', runId, undefined, 2, 1],
    ])
  }
})

test('a run that pauses has a trace for each process part, which says what people must decide', async () => {
  await using provider = await startProvider((response, _request, index) =>
    sendStream(response, [replyStream(index === 0 ? { call: { name: 'pay', input: {} } } : { texts: ['paid'] })]),
  )
  const folder = newFolder()
  const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: jsonSchema({ type: 'object' }), needsApproval: true, execute: () => 'ok' })
  const agent = new Agent({ model: modelAt(provider.baseURL), tools: [pay], trace: traceTo(folder) })
  const paused = await agent.generate('go', { runId: 'r' })
  const [question] = paused.pending
  if (paused.state === undefined || question === undefined) throw new Error('It did not pause.')
  await agent.resume(paused.state, { answers: { [question.id]: approve() } }).result

  const [first = [], second = []] = await tracesIn(folder)
  expect(eventsOf(first).at(-1)).toMatchObject({ type: 'run-end', status: 'paused', pending: [{ id: question.id }] })
  expect(exchangesOf(first)).toHaveLength(1)
  const replayed = eventsOf(second).find(({ type }) => type === 'message-end')
  const recorded = eventsOf(first).find(({ type }) => type === 'message-end')
  expect(replayed).toMatchObject({ replayed: true, runId: 'r' })
  expect(Math.abs((replayed?.at ?? 0) - (recorded?.at ?? 0))).toBeLessThan(1_000)
  expect(exchangesOf(second).map(({ step }) => step)).toEqual([2])
  const answered = second.filter(({ type }) => type === 'answer')
  expect(answered).toMatchObject([{ runId: 'r', position: 'steps/1/tools/0/approval', about: { type: 'approval' }, answer: { approve: true } }])
  // The id is what lets somebody answer.
  expect(JSON.stringify(answered)).not.toContain(question.id)
})
