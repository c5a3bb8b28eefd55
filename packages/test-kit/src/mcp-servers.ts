import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const installer = fileURLToPath(new URL('../../mcp/servers/install.mjs', import.meta.url))

/** The folder of the reference servers of MCP and of its conformance suite, or the reason why they are not available. */
export type McpServersInstall = { readonly folder: string } | { readonly reason: string }

/** Installs the reference servers on the first call (63 MB). */
export function installMcpServers(): McpServersInstall {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installer], { encoding: 'utf8' })
  return status === 0 ? { folder: stdout.trim() } : { reason: stderr.trim() }
}
