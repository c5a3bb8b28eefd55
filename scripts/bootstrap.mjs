// Installs the workspace when the lockfile changed: a clean clone needs only Node and npm.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pnpm = 'pnpm@10.34.9'
const oldestNode = [20, 18, 1]
const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => (existsSync(root + path) ? readFileSync(root + path, 'utf8') : '')

const node = process.versions.node.split('.').map(Number)
const difference = oldestNode.map((part, index) => (node[index] ?? 0) - part).find((part) => part !== 0) ?? 0
if (difference < 0) {
  console.error(`Capstan needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

// pnpm keeps a byte-equal copy of the lockfile that it installed.
const wanted = read('pnpm-lock.yaml')
if (wanted === '' || wanted !== read('node_modules/.pnpm/lock.yaml')) {
  console.error(`Installing dependencies with ${pnpm} (once) ...`)
  const { status, error } = spawnSync('npx', ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], {
    cwd: root,
    // CI: without a terminal pnpm may otherwise stop and ask before it replaces node_modules.
    env: { ...process.env, CI: 'true' },
    // stdout belongs to the command that follows.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error(
      `The install failed${error ? `: ${error.message}` : ''}. The lines above say why; a first install needs npm and a reachable package registry.`,
    )
    process.exit(status ?? 1)
  }
}
