import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal, fileSessions } from '@capstan/durable'
import { type AgentServer, type AgentServerOptions, agentServer } from '@capstan/server'
import { chatHandlers } from '@capstan/server/ai-sdk'
import { connect as connectClient } from '@capstan/server/client'
import { nodeHandler } from '@capstan/server/node'
import express from 'express'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Clerk, makeClerk } from '../ai-sdk/clerk.ts'
import { makeChat } from '../ai-sdk/sdks.ts'
import { basePath, frameworks, listen, type Mount } from './frameworks.ts'

// These tests share the processors with others.
vi.setConfig({ testTimeout: 60_000 })

interface Place {
  readonly url: string
  readonly port: number
  readonly clerk: Clerk
  readonly server: AgentServer
}

const headers = { authorization: 'Bearer ann', 'content-type': 'application/json' }

/** A server in a framework, whose users have tokens. */
async function mount(framework: Mount, options: Partial<AgentServerOptions> = {}): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-mount-'))
  const clerk = makeClerk()
  const server = agentServer({
    agents: { clerk: clerk.agent },
    journal: fileJournal(join(folder, 'journal')),
    sessions: fileSessions(join(folder, 'sessions')),
    authorize: (request) => {
      const [, id] = /^Bearer (\w+)$/.exec(request.headers.get('authorization') ?? '') ?? []
      return id === undefined ? undefined : { id }
    },
    basePath,
    maxDelayMs: 60_000,
    ...options,
  })
  const mounted = await framework(server, chatHandlers(server, { version: 7 }))
  onTestFinished(async () => {
    clerk.gate.open()
    await mounted.close()
    await server.close({ graceMs: 1_000 })
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: `http://127.0.0.1:${mounted.port}`, port: mounted.port, clerk, server }
}

/** Reads a response until its text so far fits. */
async function readUntil(reader: ReadableStreamDefaultReader<string> | undefined, pattern: RegExp): Promise<string> {
  let text = ''
  while (!pattern.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true }
    if (done) throw new Error(`The response ended before ${pattern}: ${text}`)
    text += value ?? ''
  }
  return text
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe.each(Object.entries(frameworks))('%s', (_name, framework) => {
  test('runs and chats stream while they are written, below the path of the framework', async () => {
    const { url, clerk } = await mount(framework)
    const client = connectClient({ url: `${url}${basePath}`, headers: () => ({ authorization: headers.authorization }) })
    const { runId } = await client.start({ input: 'slow please', session: 's1' })
    const types: string[] = []
    for await (const event of client.events(runId)) {
      types.push(event.type)
      // Before this the run cannot end: its first event came while it was at work.
      if (event.type === 'text-delta') clerk.gate.open()
    }
    expect(types.at(-1)).toBe('run-end')
    clerk.gate.close()
    const response = await fetch(`${url}/api/chat`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ id: 'c1', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'slow' }] }] }),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    await readUntil(reader, /The first half/)
    clerk.gate.open()
    await readUntil(reader, /\[DONE\]/)
    expect(response.headers.get('content-encoding')).toBeNull()
    expect((await fetch(`${url}${basePath}/runs/`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/api/chat/c1/stream/`, { headers })).status).toBe(204)
  })

  test('an approval by Chat of the AI SDK', async () => {
    const { url, clerk } = await mount(framework)
    const withToken: typeof fetch = async (input, init) =>
      await fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: headers.authorization } })
    const chat = makeChat(7, { api: `${url}/api/chat`, fetch: withToken })
    await chat.sendMessage({ text: 'pay it' })
    const asked = chat.messages.at(-1)?.parts.find(({ state }) => state === 'approval-requested')
    await chat.addToolApprovalResponse({ id: asked?.approval?.id ?? '', approved: true })
    await until(() => chat.status === 'ready' && clerk.paid.length > 0)
    expect([clerk.paid, chat.messages.at(-1)?.parts.at(-1)?.text]).toEqual([[{ amount: 5 }], 'That is settled.'])
  })

  test('a client that leaves gives its stream back, and the run continues', async () => {
    const { url, server, clerk } = await mount(framework)
    const leave = new AbortController()
    const response = await fetch(`${url}${basePath}/runs`, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream' },
      body: JSON.stringify({ input: 'slow' }),
      signal: leave.signal,
    })
    const runId = response.headers.get('capstan-run-id') ?? ''
    await readUntil(response.body?.pipeThrough(new TextDecoderStream()).getReader(), /The first half/)
    expect(server.streams.count).toBe(1)
    leave.abort()
    await until(() => server.streams.count === 0)
    clerk.gate.open()
    await until(() => server.runs !== undefined && clerk.requests.length > 0)
    const events = await fetch(`${url}${basePath}/runs/${runId}/events`, { headers })
    expect(await events.text()).toContain('"text":"The first half, and the second."')
  })

  test('errors keep their status and their reason', async () => {
    const { url, port } = await mount(framework, { maxBodyBytes: 2_000 })
    const post = async (path: string, body: string, more: object = {}) =>
      await fetch(`${url}${path}`, { method: 'POST', headers: { ...headers, ...more }, body })
    const codeOf = async (response: Response) => [response.status, ((await response.json()) as { error: { code: string } }).error.code]
    expect(await codeOf(await post(`${basePath}/runs`, '{"input":"look"}', { authorization: '' }))).toEqual([401, 'unauthorized'])
    expect(await codeOf(await post(`${basePath}/runs`, JSON.stringify({ input: 'x'.repeat(2_000) })))).toEqual([413, 'body-too-large'])
    expect(await codeOf(await post('/api/chat', '{"id":"c"}'))).toEqual([400, 'invalid-request'])
    expect(await codeOf(await fetch(`${url}${basePath}/nothing`, { headers }))).toEqual([404, 'not-found'])
    expect(await statusOf(port, 'evil.example')).toBe('421')
  })
})

test('a body that something has read and thrown away is an error that says so', async () => {
  const { url } = await mount(async (server) => {
    const app = express()
    app.use((request, _response, next) => {
      request.resume().once('end', () => next())
    })
    app.use(basePath, nodeHandler(server))
    return await listen((await import('node:http')).createServer(app))
  })
  const response = await fetch(`${url}${basePath}/runs`, { method: 'POST', headers, body: '{"input":"look"}' })
  expect([response.status, await response.json()]).toMatchObject([
    500,
    { error: { code: 'body-consumed', message: expect.stringContaining('before whatever parses bodies') } },
  ])
})

/** The status of a request that names another host. */
async function statusOf(port: number, host: string): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`GET ${basePath}/runs HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ann\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]
}
