import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Agent, type Json, type Tool } from '@capstan/core'
import { call, scriptedModel } from '@capstan/core/testing'
import { fileJournal, fileSessions } from '@capstan/durable'
import { type AgentServer, type AgentServerOptions, agentServer } from '@capstan/server'
import { type Client, connect as connectClient } from '@capstan/server/client'

/** What came back. */
export interface Answer {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What a request is made of: everything can be set as an attacker would. */
export interface Attack {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** A server under attack: Alice and Bob have tokens, Alice's run waits for an approval. */
export class Lab {
  readonly server: AgentServer
  readonly paid: Json[] = []
  readonly folder: string = mkdtempSync(join(tmpdir(), 'capstan-lab-'))
  port = 0

  constructor(options: Partial<AgentServerOptions> = {}) {
    const pay: Tool = {
      name: 'pay',
      description: 'Pays.',
      inputSchema: { type: 'object' },
      effect: 'once',
      repeatable: false,
      needsApproval: true,
      check: (value) => ({ ok: true, value }),
      run: async (value) => ({ status: 'ok', text: `paid ${this.paid.push(value as Json)}` }), // `check` gives back the input.
    }
    const paying = (): Agent => new Agent({ model: replying(), tools: [pay] })
    this.server = agentServer({
      agents: { cashier: paying() },
      journal: fileJournal(join(this.folder, 'runs')),
      sessions: fileSessions(join(this.folder, 'sessions')),
      authorize: (given) => principalOf(given),
      maxBodyBytes: 10_000,
      bodyTimeoutMs: 300,
      recoverEveryMs: Number.POSITIVE_INFINITY,
      // The machine may be busy with other tests.
      maxDelayMs: 60_000,
      ...options,
    })
  }

  async listen(): Promise<this> {
    this.port = (await this.server.listen()).port
    return this
  }

  async close(): Promise<void> {
    await this.server.close({ graceMs: 1_000 })
    rmSync(this.folder, { recursive: true, force: true })
  }

  client(name: string): Client {
    return connectClient({ url: `http://127.0.0.1:${this.port}`, headers: () => ({ authorization: `Bearer ${name}` }) })
  }

  /** A run of Alice that waits, with the id of its question. */
  async waitingRun(session?: string): Promise<{ readonly runId: string; readonly question: string }> {
    const client = this.client('alice')
    const { runId } = await client.start({ input: 'Pay.', ...(session !== undefined && { session }) })
    for await (const event of client.events(runId)) {
      if (event.type === 'run-end' && event.pending?.[0] !== undefined) return { runId, question: event.pending[0].id }
    }
    throw new Error('The run did not wait.')
  }

  /** Sends a request as Alice, with whatever the attack sets. */
  async send({ method = 'GET', path = '/runs', headers = {}, body }: Attack): Promise<Answer> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request({ port: this.port, host: '127.0.0.1', method, path, headers: { authorization: 'Bearer alice', ...type, ...headers }, agent: false })
    sent.on('error', () => undefined)
    sent.end(body)
    // It came from this server, and nothing else emits it.
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return answerOf(response, await text(response))
  }

  /** Sends bytes. Returns everything that comes until the server closes the connection, or the time is over. */
  async sendRaw(bytes: string, { waitMs = 3_000, more }: { readonly waitMs?: number; readonly more?: (socket: Socket) => void } = {}): Promise<string> {
    const socket = connect(this.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(bytes)
    more?.(socket)
    const timer = setTimeout(() => socket.destroy(), waitMs)
    let seen = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      seen += chunk
    })
    await once(socket, 'close')
    clearTimeout(timer)
    return seen
  }
}

/** A model that pays, and says that it has. It answers any number of runs. */
function replying(): ReturnType<typeof scriptedModel> {
  const model = scriptedModel([])
  return Object.assign(model, {
    stream: (...given: Parameters<typeof model.stream>) => {
      const isPaid = given[0].messages.at(-1)?.role === 'tool'
      const usage = { inputTokens: 500, outputTokens: 100, totalTokens: 600 }
      return scriptedModel([isPaid ? { text: 'Paid.', usage } : { calls: [call('pay', { amount: 5 })], usage }]).stream(...given)
    },
  })
}

function principalOf(given: Request): { id: string } | undefined {
  const [, name] = /^Bearer (alice|bob|manager)$/.exec(given.headers.get('authorization') ?? '') ?? []
  return name === undefined ? undefined : { id: name }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const { code = '', message = '' } = readError(body)
  return { status: statusCode, code, message, headers, body }
}

function readError(body: string): { readonly code?: string; readonly message?: string } {
  try {
    return (JSON.parse(body) as { error?: { code?: string; message?: string } }).error ?? {}
  } catch {
    return {}
  }
}

/** @throws {Error} If the answer is another one. @returns What was seen. */
export function refused(answer: Answer, status: number, code: string): string {
  assert.deepEqual([answer.status, answer.code], [status, code], answer.body.slice(0, 300))
  assert.doesNotMatch(answer.body, /node:|\.ts:|\/src\/|at [A-Z]\w+\./, 'an error shows where the code is')
  return `${status} ${code}`
}
