// Installs a folder that is outside of the workspace, with a lockfile of its own, when the lockfile says so.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText, root } from './project-files.mjs'

export const pnpm = 'pnpm@10.34.9'

/**
 * @param {string} folder From the root.
 * @param {string} what What is installed, with its size: for people.
 * @throws {Error} Without a network and without an earlier install.
 */
export function installFolder(folder, what) {
  // pnpm keeps a byte-equal copy of the lockfile that it installed.
  const installed = `${folder}/node_modules/.pnpm/lock.yaml`
  if (existsSync(join(root, installed)) && readText(`${folder}/pnpm-lock.yaml`) === readText(installed)) return
  console.error(`Installing ${what} with ${pnpm} (once) ...`)
  const { status, error } = spawnSync('npx', ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], {
    cwd: join(root, folder),
    // CI: without a terminal pnpm may otherwise stop and ask before it replaces node_modules.
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  throw new Error(`${what} could not be installed${error ? `: ${error.message}` : ''}. The lines above say why; a first install needs a network.`)
}
