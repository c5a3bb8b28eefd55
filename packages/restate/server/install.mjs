// Installs the Restate server into this folder, once, and prints the path of its binary. Without a network: a reason, and status 1.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const pnpm = 'pnpm@10.34.9'
const folder = fileURLToPath(new URL('.', import.meta.url))
const lock = `${folder}node_modules.lock`
const maxMs = 120_000

if (!isInstalled()) alone(install)
const binary = findBinary()
if (binary === undefined) fail(`there is none for ${process.platform}-${process.arch}`)
process.stdout.write(`${binary}\n`)

// pnpm keeps a byte-equal copy of the lockfile that it installed.
function isInstalled() {
  const installed = `${folder}node_modules/.pnpm/lock.yaml`
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(`${folder}pnpm-lock.yaml`, 'utf8') && findBinary() !== undefined
}

function findBinary() {
  try {
    const { resolve } = createRequire(realpathSync(`${folder}node_modules/@restatedev/restate-server/package.json`))
    return resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`)
  } catch {
    return undefined
  }
}

function install() {
  if (isInstalled()) return
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
  if (status !== 0) fail(error?.message ?? reasonIn(`${stdout}\n${stderr}`))
}

function reasonIn(output) {
  const lines = output.split('\n').filter((line) => /err/i.test(line))
  return lines.slice(0, 4).join('; ') || output.trim()
}

/** One process at a time: test files run side by side. */
function alone(work) {
  const deadline = Date.now() + maxMs + 10_000
  while (!take()) {
    if (Date.now() > deadline) fail(`another process has ${lock}`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  process.once('exit', () => rmSync(lock, { recursive: true, force: true }))
  work()
}

function take() {
  try {
    mkdirSync(lock)
    return true
  } catch {
    // One that was killed leaves it behind.
    if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > maxMs + 10_000) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

function fail(reason) {
  process.stderr.write(`The Restate server cannot be installed: ${reason}\n`)
  process.exit(1)
}
