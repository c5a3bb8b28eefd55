// The workers of one run on DBOS, one after the other, and the person who answers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { answersTo } from '../harness.mjs'

const worker = fileURLToPath(new URL('dbos-worker.mjs', import.meta.url))
const maxMs = 60_000
const maxWorkers = 10

/** A process whose messages are `ready` when its modules are loaded, `launched`, `held`, `pending` with questions, and `end`. */
export function startWorker({ executorID, ...rest }) {
  const setting = executorID === undefined ? rest : { ...rest, config: { ...rest.config, executorID } }
  return spawn(process.execPath, [worker, JSON.stringify(setting)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

export class Crew {
  kills = 0
  /** Ids of the calls of unknown outcome. */
  unknown = new Set()
  afterKill = async () => {}

  /**
   * @param {object} setting Of the workers.
   * @param {{ point?: string, killAfterMs?: number, executorID?: string }[]} plan Where each worker in turn dies; the one after the last stays.
   */
  constructor(setting, plan) {
    this.setting = setting
    this.plan = plan.filter((worker) => Object.keys(worker).length > 0)
    /** Resolves when a worker has come to where it is held. */
    this.held = new Promise((resolve) => {
      this.hold = resolve
    })
  }

  /** One run from its start to its end: its result. */
  async drive(outside) {
    this.ended = this.#drive(outside)
    return await this.ended
  }

  async #drive(outside) {
    const timer = setTimeout(() => this.fail(new Error('The run did not end in time.')), maxMs)
    try {
      for (let count = 0; count < maxWorkers; count++) {
        const end = await this.#work({ ...this.setting, ...this.plan.shift() }, outside)
        if (end?.error !== undefined) throw new Error(end.error)
        if (end !== undefined) return end.result
        this.kills++
        await this.afterKill()
      }
      throw new Error(`The run did not end within ${maxWorkers} workers.`)
    } finally {
      clearTimeout(timer)
    }
  }

  fail = () => {}

  /** One worker until the end of the run, or its own: then `undefined`. */
  async #work({ killAfterMs, ...setting }, outside) {
    const child = startWorker(setting)
    this.child = child
    let said = ''
    child.stderr.on('data', (chunk) => (said += chunk))
    return await new Promise((resolve, reject) => {
      this.fail = reject
      const hears = {
        ready: () => killAfterMs !== undefined && setTimeout(() => child.kill('SIGKILL'), killAfterMs),
        launched: () => this.launched?.(),
        held: () => this.hold(),
        pending: ({ questions }) => this.#answer(questions, outside),
        end: resolve,
      }
      child.on('message', (message) => hears[message.type](message))
      child.on('close', (code, signal) => (signal === 'SIGKILL' ? resolve(undefined) : reject(new Error(`A worker failed (${code ?? signal}): ${said}`))))
    })
  }

  #answer(questions, outside) {
    for (const { id, about } of questions) if (about.type !== 'approval') this.unknown.add(id)
    // A worker that died meanwhile hears of it again from the next.
    if (this.child.connected) this.child.send({ answers: answersTo(questions, outside.read()) }, () => {})
  }

  /** Kills the worker of now, and waits until the next is there. */
  async kill() {
    const launched = new Promise((resolve) => {
      this.launched = resolve
    })
    this.child.kill('SIGKILL')
    await launched
  }

  async stop() {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}
