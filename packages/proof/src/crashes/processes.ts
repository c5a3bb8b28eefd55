import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentErrorCode, Answers, Message, PendingQuestion, RunOptions, StopReason, ToolEffect } from '@capstan/core'
import { Witness } from '@capstan/test-kit'
import type { AgentSetting } from './agent.ts'
import { answersTo, type Crash, type Death, type EndedRun, type RunReport } from './crash.ts'
import type { SessionDeath } from './points.ts'
import { placeFor, type StoreName, type StoreSetting } from './stores.ts'

// The built file, also where this module runs from its source.
const child = fileURLToPath(new URL('../../dist/crashes/child.js', import.meta.url))
const maxProcesses = 30

/** One run on a journal in a place of its own. */
export interface RunSetting extends AgentSetting, StoreSetting {
  readonly runId: string
}

/** The setting of one process. */
export interface ChildSetting extends RunSetting, Death {
  /** Decides instead of running: these questions, or all that are pending. */
  readonly decides?: Answers | 'all'
  readonly slow?: boolean
  /** Milliseconds since the Unix epoch at which it starts. */
  readonly startAt?: number
  /** A position at which it is held for some time, which it tells the witness first. */
  readonly hold?: { readonly at: string; readonly ms: number }
  /** Position at which it stops itself with SIGSTOP. */
  readonly stopAt?: string
  /** Sends itself SIGTERM at a position: what it then does with its run, and how long the work at that position still takes. */
  readonly term?: Termination
  /** The run belongs to a session, and its process may die when it writes to it. */
  readonly session?: { readonly death?: SessionDeath }
  /** Options of the call that starts or continues the run. */
  readonly options?: Pick<RunOptions, 'limits' | 'toolChoice' | 'settings'>
}

export interface Termination {
  readonly at: string
  readonly by: 'stop' | 'abort'
  readonly graceMs?: number
  readonly workMs: number
}

/** The output of one process: how its run ended, which questions it decided, or the error that it got. */
export interface ChildReport {
  readonly stopReason?: StopReason
  readonly result?: EndedRun
  readonly pending?: readonly PendingQuestion[]
  /** Ids of the operations that are recorded. */
  readonly records?: readonly string[]
  readonly decided?: readonly string[]
  /** The session of the run, when its process is done. */
  readonly session?: { readonly messages: readonly Message[]; readonly openRun?: string | undefined }
  readonly error?: AgentErrorCode
  readonly message?: string
}

/** What became of one process: its report, or `killed`. */
export type ChildEnd = ChildReport & { readonly killed: boolean }

let sqliteNode: string | undefined

/** The Node that a store runs on; `undefined` where there is none. `node:sqlite` needs a newer one than the oldest that is supported. */
export function nodeFor(store: StoreName): string | undefined {
  if (store !== 'sqlite' || process.getBuiltinModule?.('node:sqlite') !== undefined) return process.execPath
  sqliteNode ??= findNode24()
  return sqliteNode
}

function findNode24(): string | undefined {
  // Its path, so that a kill hits Node itself and not what started it.
  const { status, stdout } = spawnSync('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath'], { encoding: 'utf8', timeout: 120_000 })
  return status === 0 ? stdout.trim() : undefined
}

/** Runs one process to its end, or kills it. */
export async function runChild({ killAfterMs, ...setting }: ChildSetting): Promise<ChildEnd> {
  const running = startChild(setting)
  if (killAfterMs !== undefined) void running.ready.then(() => setTimeout(() => running.process.kill('SIGKILL'), killAfterMs))
  return await running.ended
}

/** A process under way. `ready` resolves when its modules are loaded. */
export interface RunningChild {
  readonly process: ChildProcess
  readonly ready: Promise<unknown>
  readonly ended: Promise<ChildEnd>
}

export function startChild(setting: ChildSetting): RunningChild {
  return watchChild(spawn(nodeFor(setting.store) ?? process.execPath, childArguments(setting), { stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** The arguments of Node for one process. */
export function childArguments(setting: ChildSetting): readonly [script: string, setting: string] {
  return [child, JSON.stringify(setting)]
}

/** Reads the output of a process until it ends. */
export function watchChild(started: ChildProcess): RunningChild {
  let [stdout, stderr] = ['', '']
  started.stdout?.on('data', (chunk) => (stdout += chunk))
  started.stderr?.on('data', (chunk) => (stderr += chunk))
  const ready = once(started.stdout ?? started, 'data')
  ready.catch(() => {})
  const ended = once(started, 'close').then(([code, signal]): ChildEnd => {
    if (signal === 'SIGKILL') return { killed: true }
    if (code !== 0) throw new Error(`A process of the test failed (${code ?? signal}): ${stderr}`)
    return { killed: false, ...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ChildReport) }
  })
  return { process: started, ready, ended }
}

/** Makes a folder for one run and removes it after the work. */
export async function withRun<Value>(
  { store, effect }: { readonly store: StoreName; readonly effect: ToolEffect },
  work: (setting: RunSetting, outside: Witness) => Promise<Value>,
): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-crash-'))
  const witness = new Witness(join(folder, 'witness'))
  try {
    return await work({ store, effect, ...placeFor(store, folder), runId: 'run-1', witness: witness.path }, witness)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One run from its start to its end: a process for each death of the plan, then as many as it takes. */
export async function runToEnd(
  store: StoreName,
  { effect, plan = [], slow = false, team = false, overflow = false, changes = false, vanishes = false, tainted = false }: Crash,
): Promise<RunReport> {
  return await withRun({ store, effect }, async (setting, outside) => {
    let [kills, unknown] = [0, 0]
    for (let count = 0; count < maxProcesses; count++) {
      const {
        killed,
        error,
        message,
        stopReason,
        pending = [],
        result,
        records = [],
      } = await runChild({ ...setting, slow, changes, vanishes, tainted, ...(team && { team: {} }), ...(overflow && { overflow: {} }), ...plan[count] })
      if (error !== undefined) throw new Error(`${error}: ${message}`)
      kills += Number(killed)
      unknown += Number(stopReason === 'outcome-unknown')
      if (killed) continue
      if (pending.length === 0 && result !== undefined) return { kills, unknown, result, outside: outside.read(), records }
      await runChild({ ...setting, decides: answersTo(pending, outside.read()) })
    }
    throw new Error(`The run did not end within ${maxProcesses} processes.`)
  })
}
