// Drives the processes of one crash test until the run ends, and plays the person in between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Oracle } from './agent.mjs'

const child = fileURLToPath(new URL('child.mjs', import.meta.url))
const maxProcesses = 30

/** How Node is started for a store: `node:sqlite` needs a newer one than the oldest that is supported. */
const commands = { file: [process.execPath], sqlite: sqliteNode() }

function sqliteNode() {
  return process.getBuiltinModule?.('node:sqlite') ? [process.execPath] : ['npx', '-y', '-p', 'node@24', 'node']
}

/** Runs one process. `killed` is true when it died at its point. */
export async function runChild(setting) {
  const [command, ...before] = setting.node ?? commands[setting.store]
  const process = spawn(command, [...before, child, JSON.stringify(setting)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  process.stdout.on('data', (chunk) => (stdout += chunk))
  process.stderr.on('data', (chunk) => (stderr += chunk))
  const [code, signal] = await once(process, 'close')
  if (signal === 'SIGKILL' || code === 137) return { killed: true }
  if (code !== 0) throw new Error(`A child failed (${code ?? signal}): ${stderr}`)
  return { killed: false, ...JSON.parse(stdout.trim().split('\n').at(-1)) }
}

/**
 * One run from its start to its end: a process for each crash of the plan, then as many as it takes.
 *
 * @param plan - For each process in turn where it dies: `{ point }` or `{ dieAfterMs }`.
 */
export async function runToEnd({ store, effect, plan = [], node }) {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-crash-'))
  const setting = { store, path: join(folder, store === 'file' ? 'runs' : 'runs.db'), runId: 'run-1', effect, oracle: join(folder, 'oracle'), node }
  const outside = new Oracle(setting.oracle)
  const seen = { kills: 0, unknown: 0, processes: 0 }
  try {
    for (const crashes = [...plan]; seen.processes < maxProcesses; ) {
      seen.processes++
      const result = await runChild({ ...setting, ...crashes.shift() })
      if (result.killed) seen.kills++
      else if (result.error !== undefined) throw new Error(`${result.error}: ${result.message}`)
      else if (result.pending.length === 0) return { ...seen, result, outside: outside.read() }
      else {
        if (result.stopReason === 'outcome-unknown') seen.unknown++
        await runChild({ ...setting, task: 'decide', answers: answersTo(result.pending, outside.read()) })
      }
    }
    throw new Error(`The run did not end within ${maxProcesses} processes.`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The person approves, and looks outside before saying what became of a call. */
function answersTo(pending, outside) {
  return Object.fromEntries(
    pending.map(({ id, about }) => {
      if (about.type === 'approval') return [id, { approve: true }]
      const happened = outside.some((line) => line.startsWith(`effect ${about.toolName} `))
      return [id, happened ? { output: `${about.toolName} is done` } : { repeat: true }]
    }),
  )
}
