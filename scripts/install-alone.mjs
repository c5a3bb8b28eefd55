// Installs a folder outside of the workspace when something first needs it: one process at a time, as test files run side by side.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { pnpm } from './install-folder.mjs'

const maxMs = 120_000

/**
 * Installs a folder by its lockfile, unless that is done. Without a network the process ends: with the reason on stderr, and status 1.
 *
 * @param {string} folder An absolute path that ends with a slash.
 * @param {string} what The subject of the reason: `The server`.
 * @param {() => boolean} isComplete False when what was installed cannot be used.
 */
export function installAlone(folder, what, isComplete = () => true) {
  const state = { folder, what, isInstalled: () => hasLockfile(folder) && isComplete() }
  if (state.isInstalled()) return
  const lock = `${folder}node_modules.lock`
  const deadline = Date.now() + maxMs + 10_000
  while (!take(lock)) {
    if (Date.now() > deadline) fail(what, `another process has ${lock}`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  if (!state.isInstalled()) install(state)
  release()
  process.off('exit', release)
}

/** Ends the process with a reason. */
export function fail(what, reason) {
  process.stderr.write(`${what} cannot be installed: ${reason}\n`)
  process.exit(1)
}

// pnpm keeps a byte-equal copy of the lockfile that it installed.
function hasLockfile(folder) {
  const installed = `${folder}node_modules/.pnpm/lock.yaml`
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(`${folder}pnpm-lock.yaml`, 'utf8')
}

function install({ folder, what }) {
  // Without a network it shall be known soon.
  const patience = { npm_config_fetch_retries: '1', npm_config_fetch_retry_mintimeout: '500', npm_config_fetch_timeout: '60000' }
  const { status, error, stdout, stderr } = spawnSync('npx', ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], {
    cwd: folder,
    // CI: without a terminal pnpm may otherwise stop and ask before it replaces node_modules.
    env: { ...process.env, ...patience, CI: 'true' },
    shell: process.platform === 'win32',
    encoding: 'utf8',
    timeout: maxMs,
  })
  if (status !== 0) fail(what, error?.message ?? reasonIn(`${stdout}\n${stderr}`))
}

function reasonIn(output) {
  const lines = output.split('\n').filter((line) => /err/i.test(line))
  return lines.slice(0, 4).join('; ') || output.trim()
}

function take(lock) {
  try {
    mkdirSync(lock)
    return true
  } catch {
    // One that was killed leaves it behind.
    if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > maxMs + 10_000) rmSync(lock, { recursive: true, force: true })
    return false
  }
}
