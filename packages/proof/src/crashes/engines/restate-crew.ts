import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { PendingQuestion } from '@capstan/core'
import type { LocalServer } from '@capstan/restate/local-server'
import type { Witness } from '@capstan/test-kit'
import type { AgentSetting } from '../agent.ts'
import { answersTo, type Crash, type Death, type EndedRun, isApproval } from '../crash.ts'
import { type Point, pointOf, type TeamDeath } from '../points.ts'
import type { RunningEngine } from './engine.ts'

const workerFile = fileURLToPath(new URL('../../../dist/crashes/engines/restate-worker.js', import.meta.url))
const maxMs = 60_000

/** The setting of a worker. */
export interface WorkerSetting extends AgentSetting {
  readonly runId: string
  /** Name of the workflow. */
  readonly name: string
  /** Files that list the operations that began and were recorded, and the process that holds a call. */
  readonly steps: string
  readonly held: string
  readonly port: number
  /** Address of the worker for the server, where it is not that of its port. */
  readonly address?: string
  readonly slow: boolean
  /** Position at which the first call is held, and how long. */
  readonly holdAt?: string
  readonly holdMs?: number
  readonly point?: string | undefined
  readonly team?: TeamDeath
  readonly overflow?: TeamDeath
  /** Process id of the server, which dies with the worker in the middle of a write. */
  readonly serverPid?: number | undefined
}

/** A crash on Restate, with what else happens meanwhile. */
export interface RestateCrash extends Crash {
  readonly worker?: Partial<WorkerSetting>
  readonly server?: LocalServer
  readonly during?: (crew: Crew) => Promise<void>
}

export interface RunningRestate extends RunningEngine {
  readonly runToEnd: (crash: RestateCrash) => ReturnType<RunningEngine['runToEnd']>
  startServer(): Promise<LocalServer>
  freePort(): Promise<number>
}

/** Starts a worker that prints `ready` once it serves. */
export function startWorker(setting: WorkerSetting): ChildProcess {
  return spawn(process.execPath, [workerFile, JSON.stringify(setting)], { stdio: ['ignore', 'pipe', 'ignore'] })
}

/** The workers of one run, one after the other, and the person who answers. */
export class Crew {
  kills = 0
  /** Questions about outcomes that the person was asked. */
  unknown = 0
  setting: WorkerSetting
  /** The current worker; set once `start` has resolved. */
  child: ChildProcess | undefined
  /** Settles with the run. */
  readonly ended: Promise<EndedRun>
  readonly #server: LocalServer
  readonly #deaths: Death[]
  readonly #deadline = AbortSignal.timeout(maxMs)
  #end: (result: EndedRun) => void = () => {}
  #fail: (error: unknown) => void = () => {}
  #death: Death | undefined
  #ready: Promise<unknown> = Promise.resolve()
  #closed: Promise<unknown> = Promise.resolve()
  #isStopped = false
  #isEnded = false

  constructor(server: LocalServer, setting: WorkerSetting, plan: readonly Death[]) {
    this.#server = server
    this.setting = setting
    this.#deaths = plan.filter((death) => Object.values(death).some((value) => value !== undefined))
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    this.ended.catch(() => {})
  }

  /** Starts the first worker; the others follow when it dies. */
  async start(): Promise<void> {
    await this.#startNext()
    await this.#server.register(this.setting.address ?? `http://127.0.0.1:${this.setting.port}`)
    this.#arm()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.child?.kill('SIGKILL')
    await this.#closed
  }

  /** One run from its start to its end. */
  async drive(outside: Witness): Promise<EndedRun> {
    this.#drive(outside).then(this.#end, this.#fail)
    return await this.ended
  }

  /** Kills the worker, and waits for the next. */
  async kill(): Promise<void> {
    const closed = this.#closed
    this.child?.kill('SIGKILL')
    await closed
    await this.#ready
  }

  async #drive(outside: Witness): Promise<EndedRun> {
    if (this.#point.open === 'before') void this.kill()
    await this.#call('run/send', { input: 'Go.' })
    const person = this.#answerAll(outside)
    const result = await this.#result()
    this.#isEnded = true
    await person
    if (this.#point.after?.({ type: 'end', stopReason: 'finished' }) !== true) return result
    await this.kill()
    const again = await this.#result()
    if (!isDeepStrictEqual(again, result)) throw new Error('The result is another one now.')
    return again
  }

  async #answerAll(outside: Witness): Promise<void> {
    while (!this.#isEnded) {
      const pending = ((await this.#call('pending')) ?? []) as readonly PendingQuestion[] // The handler of the workflow returns questions.
      if (pending.length > 0 && this.#point.after?.({ type: 'question' }) === true) await this.kill()
      if (pending.length > 0) {
        this.unknown += pending.filter((question) => !isApproval(question)).length
        await this.#call('decide', answersTo(pending, outside.read()))
      }
      await sleep(30)
    }
  }

  get #point(): Point {
    return pointOf(this.setting.point)
  }

  async #startNext(): Promise<void> {
    this.#death = this.#deaths.shift()
    const team = this.setting.team === undefined ? {} : { team: this.#death?.team ?? {} }
    const overflow = this.setting.overflow === undefined ? {} : { overflow: this.#death?.overflow ?? {} }
    this.setting = { ...this.setting, ...team, ...overflow, point: this.#death?.point, serverPid: this.#server.pid }
    const child = startWorker(this.setting)
    this.child = child
    this.#ready = once(child.stdout ?? child, 'data')
    this.#closed = once(child, 'close').then(([code, signal]) => this.#afterClose(code, signal))
    this.#closed.catch(this.#fail)
    await this.#ready
  }

  #afterClose(code: number | null, signal: string | null): void {
    if (this.#isStopped) return
    if (signal !== 'SIGKILL') throw new Error(`A worker ended with ${code ?? signal}.`)
    this.kills++
    this.#ready = this.#recover(this.#point.torn !== undefined)
    this.#ready.catch(this.#fail)
  }

  async #recover(isTorn: boolean): Promise<void> {
    if (isTorn) {
      await this.#server.kill()
      await this.#server.restart()
    }
    await this.#startNext()
    this.#arm()
  }

  #arm(): void {
    const { child } = this
    const killAfterMs = this.#death?.killAfterMs
    if (killAfterMs !== undefined) setTimeout(() => child?.kill('SIGKILL'), killAfterMs)
  }

  async #result(): Promise<EndedRun> {
    const { name, runId } = this.setting
    return (await this.#request(`restate/workflow/${name}/${runId}/attach`)) as EndedRun // What `run` of the workflow returns.
  }

  /** Calls a handler of the workflow; again while the server is down. */
  async #call(handler: string, body?: unknown): Promise<unknown> {
    const { name, runId } = this.setting
    return await this.#request(`${name}/${runId}/${handler}`, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) })
  }

  async #request(path: string, options: RequestInit = {}): Promise<unknown> {
    for (;;) {
      try {
        return await this.#requestOnce(path, options)
      } catch (error) {
        // What fetch throws when nothing listens, or the connection breaks.
        if (!(error instanceof TypeError)) throw error
        await sleep(50)
      }
    }
  }

  async #requestOnce(path: string, options: RequestInit): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${this.#server.ingressUrl}/${path}`, { ...options, headers, signal: this.#deadline })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}
