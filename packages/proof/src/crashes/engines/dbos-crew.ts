import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answers, PendingQuestion } from '@capstan/core'
import type { PostgresServer, Witness } from '@capstan/test-kit'
import type { DBOSClient, DBOSConfig } from '@dbos-inc/dbos-sdk'
import type { AgentSetting } from '../agent.ts'
import { answersTo, type Crash, type Death, type EndedRun, isApproval } from '../crash.ts'
import type { RunningEngine } from './engine.ts'

const workerFile = fileURLToPath(new URL('../../../dist/crashes/engines/dbos-worker.js', import.meta.url))
const maxMs = 60_000
const maxWorkers = 10

/** The setting of a worker. */
export interface WorkerSetting extends AgentSetting, Death {
  readonly runId: string
  readonly config: DBOSConfig
  readonly steps: string
  readonly slow?: boolean
  /** True for a worker that starts no run. */
  readonly isIdle?: boolean
  /** Position at which it is held, and how long. */
  readonly holdAt?: string
  readonly holdMs?: number
  readonly maxRecoveryAttempts?: number
}

/** What one worker of a plan gets in addition to the setting of the run. */
export interface WorkerPlan extends Death, Pick<WorkerSetting, 'holdAt'> {
  readonly executorID?: string
}

/** A crash on DBOS, with what else happens meanwhile. */
export interface DbosCrash extends Crash, Pick<WorkerSetting, 'holdAt' | 'holdMs' | 'maxRecoveryAttempts'> {
  readonly plan?: readonly WorkerPlan[]
  readonly during?: (crew: Crew) => Promise<void>
}

export interface RunningDbos extends RunningEngine {
  readonly client: DBOSClient
  readonly server: PostgresServer
  readonly runToEnd: (crash: DbosCrash) => ReturnType<RunningEngine['runToEnd']>
}

/** A message of a worker. */
export type WorkerMessage =
  /** Its modules are loaded. */
  | { readonly type: 'ready' }
  | { readonly type: 'launched' }
  /** It is at the position at which it is held. */
  | { readonly type: 'held' }
  | { readonly type: 'pending'; readonly questions: readonly PendingQuestion[] }
  | { readonly type: 'end'; readonly result?: EndedRun; readonly error?: string }

/** A message to a worker that runs: decisions to make. */
export interface WorkerOrder {
  readonly answers: Answers
}

export function startWorker({ executorID, ...setting }: WorkerSetting & { readonly executorID?: string }): ChildProcess {
  const config = { ...setting.config, ...(executorID !== undefined && { executorID }) }
  return spawn(process.execPath, [workerFile, JSON.stringify({ ...setting, config })], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

/** The workers of one run, one after the other, and the person who answers. */
export class Crew {
  kills = 0
  /** Ids of the calls of unknown outcome. */
  readonly unknown: Set<string> = new Set()
  readonly setting: WorkerSetting
  /** Resolves when a worker is at the position at which it is held. */
  readonly held: Promise<void>
  ended: Promise<unknown> = Promise.resolve()
  afterKill: () => Promise<void> = async () => {}
  readonly #plan: WorkerPlan[]
  #child: ChildProcess | undefined
  #hold: () => void = () => {}
  #launched: () => void = () => {}
  #fail: (error: Error) => void = () => {}

  /** @param plan - The settings of the workers, in turn. The worker after the last one lives until the end. */
  constructor(setting: WorkerSetting, plan: readonly WorkerPlan[]) {
    this.setting = setting
    this.#plan = plan.filter((worker) => Object.keys(worker).length > 0)
    this.held = new Promise((resolve) => {
      this.#hold = resolve
    })
  }

  /** One run from its start to its end: its result. */
  async drive(outside: Witness): Promise<EndedRun> {
    const result = this.#drive(outside)
    this.ended = result
    return await result
  }

  /** Kills the current worker, and waits until the next one is launched. */
  async kill(): Promise<void> {
    const launched = new Promise<void>((resolve) => {
      this.#launched = resolve
    })
    this.#child?.kill('SIGKILL')
    await launched
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  async #drive(outside: Witness): Promise<EndedRun> {
    const timer = setTimeout(() => this.#fail(new Error('The run did not end in time.')), maxMs)
    try {
      for (let count = 0; count < maxWorkers; count++) {
        const end = await this.#work({ ...this.setting, ...this.#plan.shift() }, outside)
        if (end?.error !== undefined) throw new Error(end.error)
        if (end?.result !== undefined) return end.result
        this.kills++
        await this.afterKill()
      }
      throw new Error(`The run did not end within ${maxWorkers} workers.`)
    } finally {
      clearTimeout(timer)
    }
  }

  /** One worker until the end of the run; `undefined` when the worker died first. */
  async #work({ killAfterMs, ...setting }: WorkerSetting, outside: Witness): Promise<Extract<WorkerMessage, { type: 'end' }> | undefined> {
    const child = startWorker(setting)
    this.#child = child
    let said = ''
    child.stderr?.on('data', (chunk) => (said += chunk))
    return await new Promise((resolve, reject) => {
      this.#fail = reject
      child.on('message', (message: WorkerMessage) => {
        switch (message.type) {
          case 'ready':
            return killAfterMs !== undefined && setTimeout(() => child.kill('SIGKILL'), killAfterMs)
          case 'launched':
            return this.#launched()
          case 'held':
            return this.#hold()
          case 'pending':
            return this.#answer(message.questions, outside)
          default:
            return resolve(message)
        }
      })
      child.on('close', (code, signal) => (signal === 'SIGKILL' ? resolve(undefined) : reject(new Error(`A worker failed (${code ?? signal}): ${said}`))))
    })
  }

  #answer(questions: readonly PendingQuestion[], outside: Witness): void {
    for (const question of questions) if (!isApproval(question)) this.unknown.add(question.id)
    const order: WorkerOrder = { answers: answersTo(questions, outside.read()) }
    // A worker that died meanwhile: the next one asks again.
    if (this.#child?.connected === true) this.#child.send(order, () => {})
  }
}
