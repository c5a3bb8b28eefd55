import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, Tool } from '@capstan/core'

/** What must not be in any result. */
export const secret = 'CANARY-7f3a'

/** Folders and servers that the tools are let loose on. */
export class Lab {
  readonly root: string
  /** Beside the root, with `secret.txt`. */
  readonly outside: string
  readonly #base: string
  readonly #servers: Server[] = []
  #calls = 0

  constructor() {
    this.#base = mkdtempSync(join(tmpdir(), 'capstan-stock-'))
    this.root = join(this.#base, 'root')
    this.outside = join(this.#base, 'outside')
    mkdirSync(this.root)
    mkdirSync(this.outside)
    writeFileSync(join(this.outside, 'secret.txt'), secret)
  }

  /** Starts a server on this machine and gives `127.0.0.1:PORT`. */
  async serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Calls a tool as the loop does, under a key of its own unless one is given. */
  async call(tool: Tool, input: Json, key = `stock/${++this.#calls}`): Promise<{ readonly status: string; readonly text: string }> {
    const check = await tool.check(input)
    if (!check.ok) return { status: 'invalid-input', text: check.message }
    const call = { signal: new AbortController().signal, context: undefined, idempotencyKey: key, toolCallId: key, progress: () => undefined }
    return await tool.run(check.value, call)
  }

  /** Calls a tool with each input. Every call must be refused, and say nothing of the secret. */
  async refused(tool: Tool, inputs: readonly Json[]): Promise<string> {
    for (const input of inputs) {
      const { status, text } = await this.call(tool, input)
      const shown = JSON.stringify(input).slice(0, 100)
      must(status === 'invalid-input' || status === 'error', `${tool.name} took ${shown}: ${text.slice(0, 200)}`)
      must(!text.includes(secret), `${tool.name} shows the secret for ${shown}`)
    }
    return 'refused'
  }

  /** Calls a tool, which must succeed without showing the secret. */
  async text(tool: Tool, input: Json, key?: string): Promise<string> {
    const { status, text } = await this.call(tool, input, key)
    must(status === 'ok', `${tool.name} failed: ${text.slice(0, 300)}`)
    must(!text.includes(secret), `${tool.name} shows the secret`)
    return text
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(this.#base, { recursive: true, force: true })
  }
}

/** @throws {Error} If an attack had an effect. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}
