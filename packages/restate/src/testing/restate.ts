import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import { setTimeout } from 'node:timers/promises'
import type { PendingQuestion } from '@capstan/core'
import { createEndpointHandler } from '@restatedev/restate-sdk'
import type { LocalServer } from '../local-server.ts'

const maxMs = 20_000
type Services = Parameters<typeof createEndpointHandler>[0]['services']

/** Serves workflows in this process. */
export async function serveHere(services: Services, port = 0): Promise<{ readonly port: number; readonly url: string; cut(): void; close(): Promise<void> }> {
  const worker: Http2Server = createServer(createEndpointHandler({ services, logger: () => {} }))
  const sessions = new Set<ServerHttp2Session>()
  worker.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  worker.listen(port, '127.0.0.1')
  await once(worker, 'listening')
  const address = worker.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port number.')
  const cut = (): void => {
    for (const session of sessions) session.destroy()
  }
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    cut,
    async close() {
      const closed = once(worker, 'close')
      worker.close()
      cut()
      await closed
    },
  }
}

/** The response of one handler of one run. */
export interface Said {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared as they are.
  readonly body: any
}

/** Calls the handlers of one run. */
export function clientOf(server: LocalServer, name: string, key: string) {
  const call = async (path: string, body?: unknown): Promise<Said> => {
    const response = await fetch(`${server.ingressUrl}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(maxMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const pending = async (): Promise<readonly PendingQuestion[]> => (await call(`${name}/${key}/pending`)).body
  return {
    run: (request: unknown) => call(`${name}/${key}/run`, request),
    send: (request: unknown) => call(`${name}/${key}/run/send`, request),
    decide: (answers: unknown) => call(`${name}/${key}/decide`, answers),
    pending,
    asked: () => eventually(async () => (await pending())[0]),
  }
}

/** Waits until the function returns a value. */
export async function eventually<Value>(look: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  const deadline = Date.now() + maxMs
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error('No value was returned in time.')
    await setTimeout(20)
  }
}
