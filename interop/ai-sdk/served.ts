import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal, fileSessions } from '@capstan/durable'
import { type AgentServer, type AgentServerOptions, agentServer } from '@capstan/server'
import { type ChatHandlers, type ChatOptions, chatHandlers } from '@capstan/server/ai-sdk'
import { nodeHandler } from '@capstan/server/node'
import { type Clerk, makeClerk } from './clerk.ts'

/** A server with the clerk, on a socket. */
export interface Served extends AsyncDisposable {
  readonly url: string
  readonly clerk: Clerk
  readonly server: AgentServer
  readonly chat: ChatHandlers
  readonly folder: string
  /** Cuts all sockets. */
  cut(): void
  /** Ends the process of the server, as far as a test can, and starts another one on the same journal. */
  restart(): Promise<void>
}

export interface ServeOptions {
  readonly version: ChatOptions['version']
  readonly chat?: Partial<ChatOptions>
  readonly server?: Partial<AgentServerOptions>
  /** What listens on the socket. Default: the chats and the own protocol with node:http. */
  readonly mount?: (server: AgentServer, chat: ChatHandlers) => RequestListener | Promise<RequestListener>
}

/** Starts a server for a test. */
export async function serve({ version, chat: chatOptions, server: serverOptions, mount = besideEachOther }: ServeOptions): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-chat-'))
  const journal = fileJournal(join(folder, 'journal'))
  const sessions = fileSessions(join(folder, 'sessions'))
  const clerk = makeClerk()
  const make = () => agentServer({ agents: { clerk: clerk.agent }, journal, sessions, maxDelayMs: 60_000, ...serverOptions })
  let server = make()
  let chat = chatHandlers(server, { version, ...chatOptions })
  let listener = await mount(server, chat)
  const http = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    clerk,
    folder,
    get server() {
      return server
    },
    get chat() {
      return chat
    },
    cut: () => http.closeAllConnections(),
    async restart() {
      await server.close({ graceMs: 0 })
      server = make()
      chat = chatHandlers(server, { version, ...chatOptions })
      listener = await mount(server, chat)
    },
    async [Symbol.asyncDispose]() {
      clerk.gate.open()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      await server.close({ graceMs: 1_000 })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The chats beside the own protocol. */
export function besideEachOther(server: AgentServer, chat: ChatHandlers): RequestListener {
  return nodeHandler({ answer: async (request, connection) => await (chat.handles(request) ? chat : server).answer(request, connection) })
}
