// Runs the tests of interop/, where clients of others drive the simulator. They have an install of their own, made when the lockfile says so.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText, root } from './project-files.mjs'

const pnpm = 'pnpm@10.34.9'
const folder = join(root, 'interop')

/** Runs a command, and ends with its status when it fails. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status === 0) return
  if (options.onFailure) console.error(options.onFailure(error))
  process.exit(status ?? 1)
}

// pnpm keeps a byte-equal copy of the lockfile that it installed.
const installed = 'interop/node_modules/.pnpm/lock.yaml'
if (!existsSync(join(root, installed)) || readText('interop/pnpm-lock.yaml') !== readText(installed)) {
  console.error(`Installing the foreign clients with ${pnpm} (once, 60 MB) ...`)
  run('npx', ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], {
    cwd: folder,
    // CI: without a terminal pnpm may otherwise stop and ask before it replaces node_modules.
    env: { ...process.env, CI: 'true' },
    shell: process.platform === 'win32',
    onFailure: (error) =>
      `The clients could not be installed${error ? `: ${error.message}` : ''}. The lines above say why; without a network, and without an earlier install, npm run interop cannot run.`,
  })
}
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'interop'])
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--config', 'interop/vitest.config.ts', ...process.argv.slice(2)])
