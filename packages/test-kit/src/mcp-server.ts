import { fileURLToPath } from 'node:url'

/** A program, as `mcp()` takes it. */
export interface McpCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * The command of an MCP server over standard input and output, whose tools are `echo`, `crash`, `hang` and others.
 *
 * @param script - What it does in addition: `plain`, `hostile`, `many`, `silent`, `exit`, and others that the file lists.
 * @param log - A file to which it writes `start`, `call NAME` and `cancelled REASON`.
 */
export function scriptedMcpServer(script: string, log = ''): McpCommand {
  const file = fileURLToPath(new URL('../servers/mcp-server.mjs', import.meta.url))
  return { command: process.execPath, args: [file], env: { SCRIPT: script, LOG: log } }
}
