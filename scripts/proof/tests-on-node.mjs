// Runs the tests on the Node that runs this file: tests-on-node.mjs MAJOR [options of Vitest]. The build must be there.
import { spawnSync } from 'node:child_process'
import { root } from '../project-files.mjs'

const [major, ...options] = process.argv.slice(2)
if (!process.version.startsWith(`v${major}.`)) throw new Error(`This is Node ${process.version}, and the tests are to run on Node ${major}.`)
console.log(`Node ${process.version}`)
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...options], { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
