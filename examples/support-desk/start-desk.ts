import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { nodeHandler } from '@capstan/server/node'
import { DeskApp } from './desk.ts'
import { Login } from './login.ts'
import { deskModel } from './model.ts'
import { openStores } from './store/open-store.ts'

export interface StartOptions {
  /** 0 for a free port. */
  readonly port: number
  /** For everything that is not in PostgreSQL. */
  readonly folder: string
  readonly databaseUrl: string | undefined
}

export interface RunningDesk {
  readonly port: number
  /** For people: where the data is, and what answers. */
  readonly store: string
  readonly model: string
  close(): Promise<void>
}

/** Starts the desk on the loopback address. For other machines put a proxy with TLS in front, and name its host in DESK_HOSTS. */
export async function startDesk({ port, folder, databaseUrl }: StartOptions): Promise<RunningDesk> {
  const stores = await openStores(folder, databaseUrl)
  const { model, name, close: closeModel } = await deskModel()
  const desk = new DeskApp({ stores, model, login: new Login(folder), hosts: hosts(), traces: join(folder, 'traces') })
  const server = createServer(nodeHandler(desk))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  // Runs that a crash has interrupted continue now.
  await desk.agents.recover()
  // And those of other processes, when these die.
  const recovering = setInterval(() => void desk.agents.recover().catch(console.error), 30_000)
  return {
    port: (server.address() as AddressInfo).port, // A server that listens on TCP has a port.
    store: stores.desk.kind,
    model: name,
    async close() {
      clearInterval(recovering)
      server.close()
      await desk.agents.close({ graceMs: 5_000 })
      server.closeAllConnections()
      await closeModel()
      await stores.desk.close()
    },
  }
}

function hosts(): readonly string[] {
  return ['127.0.0.1', 'localhost', ...(process.env['DESK_HOSTS']?.split(',') ?? [])]
}
