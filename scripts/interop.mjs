// Runs the tests of interop/, where clients of others drive the simulator and the server, and frameworks of others mount the server.
import { spawnSync } from 'node:child_process'
import { installFolder } from './install-folder.mjs'
import { root } from './project-files.mjs'

const all = '--all'
const rest = process.argv.slice(2).filter((argument) => argument !== all)
// Every version in a browser, and the frameworks that take minutes.
const env = { ...process.env, ...(process.argv.includes(all) && { CAPSTAN_INTEROP: 'all' }) }

/** Runs Node, and ends with its status when it fails. */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}

installFolder('interop', 'the foreign clients and frameworks (180 MB)')
if (env.CAPSTAN_INTEROP === 'all') installFolder('interop/next', 'Next.js (340 MB)')
run('node_modules/typescript/bin/tsc', '-p', 'interop')
run('node_modules/vitest/vitest.mjs', 'run', '--config', 'interop/vitest.config.ts', ...rest)
