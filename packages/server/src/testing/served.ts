import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, type AgentOptions, type Journal, type Json, type Tool } from '@capstan/core'
import { type ScriptedModelReply, scriptedModel } from '@capstan/core/testing'
import { fileJournal, fileSessions } from '@capstan/durable'
import { type AgentServer, type AgentServerOptions, agentServer, type ServerEvent } from '@capstan/server'
import { type Client, connect } from '@capstan/server/client'

/** A tool of a few lines. */
export function testTool(name: string, execute: (input: Json) => string | Promise<string> = () => `${name} done`, options: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'read',
    repeatable: false,
    needsApproval: false,
    check: (value) => ({ ok: true, value }),
    // `check` gives back the input, which is JSON.
    run: async (value) => ({ status: 'ok', text: await execute(value as Json) }),
    ...options,
  }
}

/** A tool that a person must approve; it counts its effects. */
export function payTool(): Tool & { readonly paid: Json[] } {
  const paid: Json[] = []
  const pay = testTool('pay', (input) => `paid ${paid.push(input)}`, { effect: 'once', needsApproval: true })
  return { ...pay, paid }
}

/** Where a test keeps its runs and its sessions. */
export interface Stores {
  readonly journal: Journal
  readonly sessions: ReturnType<typeof fileSessions>
}

/** Stores in a new folder. */
export function newStores(): Stores {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-server-'))
  return { journal: fileJournal(join(folder, 'runs')), sessions: fileSessions(join(folder, 'sessions')) }
}

/** An agent with a script. */
export function scriptedAgent(replies: readonly ScriptedModelReply[], tools: readonly Tool[] = [], options: Partial<AgentOptions> = {}): Agent {
  return new Agent({ model: scriptedModel(replies), tools, attempts: { delayMs: 0 }, ...options })
}

/** A server that listens, with a client of it. */
export interface Served extends AsyncDisposable {
  readonly server: AgentServer
  readonly url: string
  readonly client: Client
  /** A client of another principal: the server must have `byName` as `authorize`. */
  as(name: string): Client
}

/** The principal that a request names in a header, as tests do it. */
export function byName(request: Request): { id: string } | undefined {
  const name = request.headers.get('authorization')?.replace('Bearer ', '')
  return name === undefined ? undefined : { id: name }
}

/** Starts a server. */
export async function serve(options: AgentServerOptions): Promise<Served> {
  const server = agentServer({ recoverEveryMs: Number.POSITIVE_INFINITY, maxDelayMs: 60_000, ...options })
  const { url } = await server.listen()
  const as = (name: string): Client => connect({ url, headers: () => ({ authorization: `Bearer ${name}` }) })
  return { server, url, client: connect({ url }), as, [Symbol.asyncDispose]: async () => void (await server.close({ graceMs: 1_000 })) }
}

/** All events of a run to its end; `onEvent` may act meanwhile. */
export async function eventsOf(client: Client, runId: string, onEvent: (event: ServerEvent) => unknown = () => undefined): Promise<readonly ServerEvent[]> {
  const events: ServerEvent[] = []
  for await (const event of client.events(runId)) {
    events.push(event)
    await onEvent(event)
  }
  return events
}

/** The first event of a type, which is waited for. */
export async function firstEvent<Type extends ServerEvent['type']>(client: Client, runId: string, type: Type): Promise<Extract<ServerEvent, { type: Type }>> {
  for await (const event of client.events(runId)) if (event.type === type) return event as Extract<ServerEvent, { type: Type }>
  throw new Error(`The run ended without ${type}.`)
}
