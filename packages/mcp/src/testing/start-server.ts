import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptedMcpServer } from '@capstan/test-kit'
import { onTestFinished } from 'vitest'
import { type McpOptions, type McpServer, type McpWarning, mcp } from '../index.ts'

/** A started server, its warnings, and what it wrote down. */
export interface StartedServer {
  readonly server: McpServer
  readonly warnings: readonly McpWarning[]
  /** Lines such as `start` and `call echo`. */
  log(): Promise<readonly string[]>
}

/** Starts the server with a script. It is closed when the test ends. */
export async function startServer(script: string, options: McpOptions = {}): Promise<StartedServer> {
  const log = join(await mkdtemp(join(tmpdir(), 'capstan-')), 'log')
  const warnings: McpWarning[] = []
  const server = await mcp(scriptedMcpServer(script, log), { name: 'test', closeTimeoutMs: 1_000, onWarning: (warning) => warnings.push(warning), ...options })
  onTestFinished(() => server.close())
  return { server, warnings, log: async () => (await readFile(log, 'utf8')).trim().split('\n') }
}
