// Runs one step in a process group of its own, no longer than it may take, and counts its tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../project-files.mjs'

/**
 * @typedef {object} StepResult
 * @property {import('./steps.mjs').Step} step
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} seconds
 */

const graceMs = 10_000

/**
 * @param {import('./steps.mjs').Step} step
 * @param {{ folder: string, limitS: number, signal: AbortSignal }} options `folder`: for the report of the step. `limitS`: in place of its own, if less.
 * @returns {Promise<StepResult>}
 */
export async function runStep(step, { folder, limitS, signal }) {
  const report = join(folder, `${step.name.replaceAll(/\W+/g, '-')}.json`)
  const startedAt = performance.now()
  const status = await run(step.command, { limitMs: Math.min(step.limitS, limitS) * 1000, signal, env: { ...process.env, CAPSTAN_REPORT: report } })
  return { step, ...counts(report, status === 0), seconds: (performance.now() - startedAt) / 1000 }
}

/**
 * @param {string[]} command
 * @param {{ limitMs: number, signal: AbortSignal, env: NodeJS.ProcessEnv }} options
 */
async function run([name = '', ...args], { limitMs, signal, env }) {
  if (limitMs <= 0) {
    console.error('There is no time left for this step.')
    return 124
  }
  const child = spawn(name, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true, env })
  const end = (/** @type {NodeJS.Signals} */ kind) => {
    try {
      // The group: npm and vitest do not end what they started when they are killed.
      if (child.pid !== undefined) process.kill(-child.pid, kind)
    } catch {
      // It has ended meanwhile.
    }
  }
  const stop = () => {
    end('SIGTERM')
    setTimeout(() => end('SIGKILL'), graceMs).unref()
  }
  const timer = setTimeout(() => {
    console.error(`This step took longer than ${limitMs / 1000} s and is ended.`)
    stop()
  }, limitMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const [status] = await once(child, 'close')
    return status ?? 1
  } catch (error) {
    console.error(`${name} could not be started: ${error instanceof Error ? error.message : error}`)
    return 127
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // What a step leaves behind would disturb the next one.
    end('SIGKILL')
  }
}

/**
 * Counts from the report that the step leaves, or as one test when it leaves none. A command that fails counts as a failure even when no test
 * did: a crash, a file that does not load, a timeout.
 *
 * @param {string} report
 * @param {boolean} isDone
 */
function counts(report, isDone) {
  const failed = isDone ? 0 : 1
  if (!existsSync(report)) return { passed: 1 - failed, failed, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests = 0, numTodoTests = 0 } = JSON.parse(readFileSync(report, 'utf8'))
  return { passed: numPassedTests, failed: Math.max(numFailedTests, failed), skipped: numPendingTests + numTodoTests }
}
