// Runs the tests of interop/, where clients of others drive the simulator.
import { spawnSync } from 'node:child_process'
import { installFolder } from './install-folder.mjs'
import { root } from './project-files.mjs'

/** Runs Node, and ends with its status when it fails. */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

installFolder('interop', 'the foreign clients (90 MB)')
run('node_modules/typescript/bin/tsc', '-p', 'interop')
run('node_modules/vitest/vitest.mjs', 'run', '--config', 'interop/vitest.config.ts', ...process.argv.slice(2))
