import type { Tool, ToolSource } from '@capstan/core'
import type { RunArguments } from './arguments.ts'
import { CommandError } from './command-line.ts'
import { splitCommand } from './split-command.ts'

/** The tools of MCP servers, and the function that ends these servers. */
export interface ServerTools {
  readonly tools: readonly (Tool | ToolSource)[]
  close(): Promise<void>
}

/**
 * Connects to the servers that the command line names.
 *
 * @throws {AgentError} `mcp-failed` for a server that cannot be used; those that were started are ended.
 * @throws {CommandError} If the package is not installed.
 */
export async function connectServers({ commands, urls, env }: RunArguments['mcp']): Promise<ServerTools> {
  const targets = [
    ...commands.map(readNamed).map(({ name, value }) => {
      const [command, ...args] = splitCommand(value)
      return { name, target: { command, args, env: ['PATH', 'HOME', ...env] } }
    }),
    ...urls.map(readNamed).map(({ name, value }) => ({ name, target: { url: value } })),
  ]
  if (targets.length === 0) return { tools: [], close: async () => {} }
  const { mcp } = await loadPackage()
  const started = await Promise.allSettled(targets.map(({ name, target }) => mcp(target, name === undefined ? {} : { name })))
  const servers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.close())))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed === undefined) return { tools: servers, close }
  await close()
  throw failed.reason
}

/** `NAME=COMMAND` or `NAME=URL`: the prefix of the names of its tools. */
function readNamed(text: string): { readonly name: string | undefined; readonly value: string } {
  const [, name, value = text] = /^([A-Za-z][\w-]*)=([\s\S]+)$/.exec(text) ?? []
  return { name, value }
}

async function loadPackage(): Promise<typeof import('@capstan/mcp')> {
  try {
    return await import('@capstan/mcp')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing) throw error
    throw new CommandError('--mcp and --mcp-url need a package that is not installed: npm install @capstan/mcp')
  }
}
