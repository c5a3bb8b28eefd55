import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, type RunEvent } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { expect, test, vi } from 'vitest'
import { replyStream, sendStream, startProvider } from '../testing/provider.ts'
import { bodyOf, eventsOf, exchangesOf, modelAt, newFolder, traceIn, tracesIn } from '../testing/traces.ts'
import { traceTo } from './trace-to.ts'

// Real servers take seconds where many tests run at once.
vi.setConfig({ testTimeout: 30_000 })

const once = { attempts: { max: 1 } }

test('an exchange that breaks has what came of it, and what broke it', async () => {
  const first = replyStream({ texts: ['half an ans'] }).split('\n\n')[0] ?? ''
  await using provider = await startProvider(async (response, _request, index) => {
    if (index === 0) return void response.destroy()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await new Promise<void>((resolve) => void response.write(`${first}\n\n`, () => resolve()))
    setTimeout(() => response.destroy(), 20)
  })
  const folder = newFolder()
  const agent = new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder), ...once })
  await expect(agent.generate('go', { runId: 'a' })).rejects.toThrow()
  await expect(agent.generate('go', { runId: 'b' })).rejects.toThrow()
  const [reset, cut] = (await tracesIn(folder)).flatMap(exchangesOf)
  expect(reset).toMatchObject({ runId: 'a', error: { code: 'network-reset' }, chunks: [] })
  expect(reset).not.toHaveProperty('response')
  expect(cut).toMatchObject({ runId: 'b', response: { status: 200 }, error: { code: expect.stringMatching(/^(?:network-reset|stream-truncated)$/) } })
  expect(cut && bodyOf(cut).toString()).toBe(`${first}\n\n`)
})

test('an exchange that failed is in the file before the delay of the next request begins', async () => {
  await using provider = await startProvider(async (response, _request, index) => {
    if (index === 0) return void response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"message":"busy"}}')
    await sendStream(response, [replyStream({ texts: ['Done.'] })])
  })
  const folder = newFolder()
  const run = new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder), attempts: { delayMs: 1 } }).stream('go')
  let written = ''
  run.on('step-retry', () => {
    written = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
  })
  expect((await run.result).text).toBe('Done.')
  expect(written.split('\n').filter((line) => line.startsWith('{"type":"exchange"'))).toHaveLength(1)
})

test('a server that cannot be reached is an exchange, too', async () => {
  const simulator = await startSimulator({})
  await simulator.close()
  const folder = newFolder()
  await expect(new Agent({ model: modelAt(simulator.baseURL), trace: traceTo(folder), ...once }).generate('go')).rejects.toThrow()
  const lines = await traceIn(folder)
  expect(exchangesOf(lines)).toMatchObject([{ step: 1, attempt: 1, error: { code: 'network-refused' } }])
  expect(eventsOf(lines).at(-1)?.type).toBe('run-error')
})

test('an aborted run has its open exchange, and what was shown', async () => {
  const first = replyStream({ texts: ['half an ans'] }).split('\n\n')[0] ?? ''
  await using provider = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`${first}\n\n`)
  })
  const folder = newFolder()
  const run = new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).stream('go')
  run.on('text-delta', () => run.abort())
  await expect(run.result).rejects.toMatchObject({ code: 'aborted' })
  const lines = await traceIn(folder)
  const types = eventsOf(lines).map(({ type }) => type)
  expect(types.slice(-2)).toEqual(['text-delta', 'run-error'])
  expect(exchangesOf(lines)).toMatchObject([{ error: { code: 'aborted' }, response: { status: 200 } }])
  expect(lines.at(-1)?.type).toMatch(/event|exchange/)
})

test('a long reply is written in spans while it comes, and its text is complete', async () => {
  await using provider = await startProvider(async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const frames = replyStream({ texts: Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(4_000, '.')) }).split(/(?<=\n\n)/)
    for (const frame of frames) await new Promise<void>((resolve) => void response.write(frame, () => resolve()))
    response.end()
  })
  const folder = newFolder()
  const live: RunEvent[] = []
  const { text } = await new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go', { onEvent: (event) => live.push(event) })
  const spans = eventsOf(await traceIn(folder)).filter((event) => event.type === 'text-delta')
  expect(spans.length).toBeGreaterThan(1)
  expect(spans.length).toBeLessThan(live.filter(({ type }) => type === 'text-delta').length)
  expect(spans.map(({ delta }) => delta).join('')).toBe(text)
})

test('an exchange of model.complete() is recorded without a run', async () => {
  await using provider = await startProvider((response) => sendStream(response, [replyStream({ texts: ['ok'] })]))
  const folder = newFolder()
  const model = modelAt(provider.baseURL).observed?.(traceTo(folder))
  await model?.complete({ messages: [{ role: 'user', content: 'go' }] })
  const lines = await traceIn(folder)
  expect(lines.map(({ type }) => type)).toEqual(['trace', 'exchange'])
  expect(exchangesOf(lines)[0]).not.toHaveProperty('runId')
})
