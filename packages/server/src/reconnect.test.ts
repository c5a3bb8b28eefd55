import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { Agent } from '@capstan/core'
import type { ServerEvent } from '@capstan/server'
import { applyEvent, emptyView } from '@capstan/server/view'
import { expect, test } from 'vitest'
import { type GatedModel, gatedModel } from './testing/gated-model.ts'
import { eventsOf, newStores, type Served, serve } from './testing/served.ts'

async function gated(): Promise<Served & { readonly model: GatedModel }> {
  const model = gatedModel()
  const served = await serve({ agents: { writer: new Agent({ model, attempts: { delayMs: 0 } }) }, ...newStores() })
  return { ...served, model, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

/** Reads until the text is there. Returns the events with the id of the last one. */
async function readUntil({ client }: Served, runId: string, { text, after }: { readonly text: string; readonly after?: string }) {
  const events: ServerEvent[] = []
  let last = after
  const onId = (id: string): void => {
    last = id
  }
  const options = { onId, ...(after !== undefined && { after }) }
  for await (const event of client.events(runId, options)) {
    events.push(event)
    if ('delta' in event && event.delta.endsWith(text)) return { events, last }
  }
  throw new Error(`The run ended without ${text}.`)
}

const deltasOf = (events: readonly ServerEvent[]): string => events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')

test('a reader that connects again gets what follows its last event, and nothing twice', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  served.model.write('one ')
  const first = await readUntil(served, runId, { text: 'one ' })
  served.model.write('two ')
  const second = await readUntil(served, runId, { text: 'two ', ...(first.last !== undefined && { after: first.last }) })
  expect([deltasOf(first.events), deltasOf(second.events)]).toEqual(['one ', 'two '])
  expect(second.events.map(({ type }) => type)).not.toContain('restart')
  served.model.finish()
  const rest: ServerEvent[] = []
  for await (const event of served.client.events(runId, { after: second.last ?? '' })) rest.push(event)
  expect(rest.map(({ type }) => type)).toEqual(expect.arrayContaining(['message-end', 'run-end']))
  expect(deltasOf(rest)).toBe('')
})

test('a reader that comes after the end gets the complete message instead of its deltas', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  for (const text of ['one ', 'two']) served.model.write(text)
  served.model.finish()
  await eventsOf(served.client, runId)
  const late = await eventsOf(served.client, runId)
  expect(late.filter(({ type }) => type !== 'snapshot-end').map(({ type }) => type)).toEqual(['run-start', 'step-start', 'message-end', 'step-end', 'run-end'])
  expect(late[2]).toMatchObject({ parts: [{ type: 'text', text: 'one two' }] })
})

test('text of an attempt that failed is voided for who saw it, and never shown to who comes later', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  served.model.write('wrong')
  const seen = await readUntil(served, runId, { text: 'wrong' })
  served.model.fail()
  served.model.write('right')
  const late = await readUntil(served, runId, { text: 'right' })
  served.model.finish()
  expect(deltasOf(late.events)).toBe('right')
  let view = seen.events.reduce(applyEvent, emptyView)
  for await (const event of served.client.events(runId, { after: seen.last ?? '' })) view = applyEvent(view, event)
  expect(view.steps.map(({ text }) => text)).toEqual(['right'])
  expect(view.status).toBe('finished')
})

test('an id of another log begins again: restart, then everything', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  served.model.write('one')
  served.model.finish()
  const events: ServerEvent[] = []
  for await (const event of served.client.events(runId, { after: 'otherlog.7' })) events.push(event)
  expect(events[0]).toEqual({ type: 'restart' })
  expect(events.reduce(applyEvent, emptyView)).toMatchObject({ status: 'finished', steps: [{ text: 'one' }] })
})

test('a reader that takes nothing does not slow the run down, and then gets the complete message', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  const socket = connectSocket(Number(new URL(served.url).port), '127.0.0.1')
  socket.write(`GET /runs/${runId}/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  await once(socket, 'readable')
  // 15 MB: more than the buffers of both sockets hold.
  for (let count = 0; count < 300; count++) served.model.write(`${count} ${'x'.repeat(50_000)}`)
  served.model.finish()
  while ((await served.client.run(runId)).status !== 'finished');
  let seen = ''
  for await (const chunk of socket.setEncoding('utf8')) seen += chunk
  const ends = seen.split('\n').filter((line) => line.startsWith('event: message-end') || line.startsWith('event: run-end'))
  expect(ends).toEqual(['event: message-end', 'event: run-end'])
  expect(seen.split('event: text-delta').length).toBeLessThan(300)
})

test('two readers of one run see the same, and a cut socket does not stop it', async () => {
  await using served = await gated()
  const { runId } = await served.client.start({ input: 'Write.' })
  served.model.write('one')
  await Promise.all([readUntil(served, runId, { text: 'one' }), readUntil(served, runId, { text: 'one' })])
  served.model.finish()
  await eventsOf(served.client, runId)
  const [left, right] = await Promise.all([eventsOf(served.client, runId), eventsOf(served.client, runId)])
  expect(left.filter(({ type }) => type !== 'snapshot-end')).toEqual(right.filter(({ type }) => type !== 'snapshot-end'))
  expect(left.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'one' })
})
