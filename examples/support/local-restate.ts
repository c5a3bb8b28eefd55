import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type LocalServer, startLocalServer } from '@capstan/restate/local-server'

const installer = fileURLToPath(new URL('../../../packages/restate/server/install.mjs', import.meta.url))

/** Starts a Restate server for the example. It is installed at the first use (216 MB), listens on free ports and is stopped at the end. */
export async function localRestate(): Promise<LocalServer> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installer], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim())
  return await startLocalServer({ binary: stdout.trim() })
}
