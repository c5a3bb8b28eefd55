// Drives the processes of one crash test until the run ends, and plays the person in between.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Witness } from '@capstan/test-kit'

const child = fileURLToPath(new URL('child.mjs', import.meta.url))
const maxProcesses = 30

/** @type {Map<string, string | undefined>} */
const nodes = new Map([['file', process.execPath]])

/** The Node that a store runs on; `undefined` where there is none. `node:sqlite` needs a newer one than the oldest that is supported. */
export function nodeFor(store) {
  if (!nodes.has(store)) nodes.set(store, process.getBuiltinModule?.('node:sqlite') ? process.execPath : findNode24())
  return nodes.get(store)
}

function findNode24() {
  // Its path, so that a kill hits Node itself and nothing that started it.
  const { status, stdout } = spawnSync('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath'], { encoding: 'utf8', timeout: 120_000 })
  return status === 0 ? stdout.trim() : undefined
}

/** Runs one process. `killed` is true when it died: at its point, or by `killAfterMs` after it was ready. */
export async function runChild({ killAfterMs, ...setting }) {
  const running = startChild(setting)
  if (killAfterMs !== undefined) running.ready.then(() => setTimeout(() => running.process.kill('SIGKILL'), killAfterMs))
  return await running.ended
}

/** Starts one process; `ready` resolves when its modules are loaded. */
export function startChild(setting) {
  const started = spawn(nodeFor(setting.store) ?? process.execPath, [child, JSON.stringify(setting)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  const ready = once(started.stdout, 'data')
  started.stdout.on('data', (chunk) => (stdout += chunk))
  started.stderr.on('data', (chunk) => (stderr += chunk))
  ready.catch(() => {})
  const ended = once(started, 'close').then(([code, signal]) => {
    if (signal === 'SIGKILL') return { killed: true }
    if (code !== 0) throw new Error(`A process of the test failed (${code ?? signal}): ${stderr}`)
    return { killed: false, ...lastLine(stdout) }
  })
  return { process: started, ready, ended }
}

/** What a process said last. */
export function lastLine(text) {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '')
}

/** A setting of its own for one run, in a folder of its own, for as long as the work takes. */
export async function withRun({ store, effect }, work) {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-crash-'))
  const path = join(folder, store === 'file' ? 'runs' : 'runs.db')
  const oracle = join(folder, 'oracle')
  try {
    return await work({ store, effect, path, runId: 'run-1', oracle }, new Witness(oracle))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * One run from its start to its end: a process for each crash of the plan, then as many as it takes.
 *
 * @param {{ store: string, effect: string | undefined, slow?: boolean, plan?: { point?: string, killAfterMs?: number }[] }} crash
 *   `plan` says for each process in turn where it dies; `slow` gives a random moment something to hit.
 */
export async function runToEnd({ store, effect, plan = [], slow = false }) {
  return await withRun({ store, effect }, async (setting, outside) => {
    const seen = { kills: 0, unknown: 0 }
    for (let process = 0; process < maxProcesses; process++) {
      const result = await runChild({ ...setting, slow, ...plan[process] })
      if (result.error !== undefined) throw new Error(`${result.error}: ${result.message}`)
      seen.kills += Number(result.killed)
      seen.unknown += Number(result.stopReason === 'outcome-unknown')
      if (result.killed) continue
      if (result.pending.length === 0) return { ...seen, result, outside: outside.read(), records: result.records }
      await runChild({ ...setting, task: 'decide', answers: answersTo(result.pending, outside.read()) })
    }
    throw new Error(`The run did not end within ${maxProcesses} processes.`)
  })
}

/** The person approves, and looks outside before saying what became of a call. */
export function answersTo(pending, outside) {
  return Object.fromEntries(
    pending.map(({ id, about }) => {
      if (about.type === 'approval') return [id, { approve: true }]
      const happened = outside.some((line) => line.startsWith(`effect ${about.toolName} `))
      return [id, happened ? { output: `${about.toolName} is done` } : { repeat: true }]
    }),
  )
}
