import { createServer, type Server } from 'node:http'
import type { AgentServer } from '@capstan/server'
import type { ChatHandlers } from '@capstan/server/ai-sdk'
import { nodeHandler } from '@capstan/server/node'
import { serve as serveHono } from '@hono/node-server'
import compression from 'compression'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { compress } from 'hono/compress'

/** A server that a framework has mounted: the own protocol below `/api/agents`, the chats at `/api/chat`. */
export interface Mounted {
  readonly port: number
  close(): Promise<void>
}

/** Mounts a server the way the framework's users do, and listens on a free port of the loopback address. */
export type Mount = (server: AgentServer, chat: ChatHandlers) => Promise<Mounted>

export const basePath = '/api/agents'

export const frameworks: Readonly<Record<string, Mount>> = {
  'node:http': async (server, chat) =>
    await listen(
      createServer(nodeHandler({ answer: async (request, connection) => await (chat.handles(request) ? chat : server).answer(request, connection) })),
    ),

  Fastify: async (server, chat) => {
    const app = Fastify()
    await app.register((scope, _options, done) => {
      // The server reads bodies itself, with limits of its own.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
      for (const [path, handler] of [
        [`${basePath}/*`, nodeHandler(server)],
        ['/api/chat', nodeHandler(chat)],
        ['/api/chat/*', nodeHandler(chat)],
      ] as const) {
        scope.all(path, (request, reply) => {
          reply.hijack()
          handler(request.raw, reply.raw)
        })
      }
      done()
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: portOf(app.server), close: async () => await app.close() }
  },

  'Express 5': async (server, chat) => {
    const app = express()
    app.use(basePath, nodeHandler(server))
    app.use('/api/chat', nodeHandler(chat))
    return await listen(createServer(app))
  },

  'Express 5 behind compression and express.json()': async (server, chat) => {
    const app = express()
    app.use(compression({ threshold: 0 }))
    app.use(express.json())
    app.use(basePath, nodeHandler(server))
    app.use('/api/chat', nodeHandler(chat))
    return await listen(createServer(app))
  },

  'Express 4 behind compression and express.json()': async (server, chat) => {
    const app = express4()
    app.use(compression({ threshold: 0 }))
    app.use(express4.json())
    app.use(basePath, nodeHandler(server))
    app.use('/api/chat', nodeHandler(chat))
    return await listen(createServer(app))
  },

  Hono: async (server, chat) => await mountHono(new Hono(), server, chat),

  'Hono behind compress()': async (server, chat) => await mountHono(new Hono().use(compress()), server, chat),
}

async function mountHono(app: Hono, server: AgentServer, chat: ChatHandlers): Promise<Mounted> {
  app.all(`${basePath}/*`, (context) => server.fetch(context.req.raw))
  app.all('/api/chat', (context) => chat.fetch(context.req.raw))
  app.all('/api/chat/*', (context) => chat.fetch(context.req.raw))
  // Without other options it makes a server of node:http.
  const http = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  if (!http.listening) await new Promise((resolve) => http.once('listening', resolve))
  return { port: portOf(http), close: async () => await close(http) }
}

export async function listen(http: Server): Promise<Mounted> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return { port: portOf(http), close: async () => await close(http) }
}

function portOf(http: { address(): unknown }): number {
  return (http.address() as { readonly port: number }).port
}

async function close(http: Server): Promise<void> {
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
}
