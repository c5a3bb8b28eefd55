import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type McpOptions, type McpServer, type McpWarning, mcp } from '../index.ts'

const file = fileURLToPath(new URL('stdio-server.mjs', import.meta.url))

/** A started server, its warnings, and what it wrote down. */
export interface StartedServer {
  readonly server: McpServer
  readonly warnings: readonly McpWarning[]
  /** Lines such as `start` and `call echo`. */
  log(): Promise<readonly string[]>
}

/** The command of the server with a script. */
export function command(
  script: string,
  log = '',
): { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  return { command: process.execPath, args: [file], env: { SCRIPT: script, LOG: log } }
}

/** Starts the server with a script. It is closed when the test ends. */
export async function startServer(script: string, options: McpOptions = {}): Promise<StartedServer> {
  const log = join(await mkdtemp(join(tmpdir(), 'capstan-')), 'log')
  const warnings: McpWarning[] = []
  const server = await mcp(command(script, log), { name: 'test', closeTimeoutMs: 1_000, onWarning: (warning) => warnings.push(warning), ...options })
  onTestFinished(() => server.close())
  return { server, warnings, log: async () => (await readFile(log, 'utf8')).trim().split('\n') }
}
