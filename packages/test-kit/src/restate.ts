import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const installer = fileURLToPath(new URL('../../restate/server/install.mjs', import.meta.url))

export type RestateInstall = { readonly binary: string } | { readonly reason: string }

/** Installs the Restate server on the first call. Returns the path of its binary, or the reason why it is not available. */
export function installRestate(): RestateInstall {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installer], { encoding: 'utf8' })
  return status === 0 ? { binary: stdout.trim() } : { reason: stderr.trim() }
}
