// The workers of one run on Restate, one after the other, and the person who answers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { answersTo } from '../harness.mjs'
import { points } from '../points.mjs'

const worker = fileURLToPath(new URL('restate-worker.mjs', import.meta.url))
const maxMs = 60_000

/** Says `ready` on stdout once it serves. */
export function startWorker(setting) {
  return spawn(process.execPath, [worker, JSON.stringify(setting)], { stdio: ['ignore', 'pipe', 'ignore'] })
}

export class Crew {
  /**
   * @param {object} run The setting of the workers, and the `server` that they work for.
   * @param {{ point?: string, killAfterMs?: number }[]} plan Where each worker in turn dies; the one after the last stays.
   */
  constructor({ server, ...setting }, plan) {
    this.server = server
    this.setting = setting
    this.deaths = plan.filter(({ point, killAfterMs }) => point !== undefined || killAfterMs !== undefined)
    this.kills = 0
    this.deadline = AbortSignal.timeout(maxMs)
    /** Settles with the run. */
    this.ended = new Promise((resolve, reject) => {
      this.end = resolve
      this.fail = reject
    })
    this.ended.catch(() => {})
  }

  /** Starts the first worker; the others follow by themselves. */
  async start() {
    await this.#startNext()
    await this.server.register(this.setting.address ?? `http://127.0.0.1:${this.setting.port}`)
    this.#arm()
  }

  async stop() {
    this.isStopped = true
    this.child.kill('SIGKILL')
    await this.closed
  }

  /** One run from its start to its end. */
  async drive(outside, seen) {
    this.#drive(outside, seen).then(this.end, this.fail)
    return await this.ended
  }

  async #drive(outside, seen) {
    if (this.#point.open === 'before') void this.kill()
    await this.#call('run/send', { input: 'Go.' })
    const person = this.#answerAll(outside, seen)
    const result = await this.#result()
    this.isEnded = true
    await person
    if (!this.#point.after?.({ type: 'end', stopReason: 'finished' })) return result
    await this.kill()
    const again = await this.#result()
    if (!isDeepStrictEqual(again, result)) throw new Error('The result is another one now.')
    return again
  }

  /** Kills the worker, and waits for the next. */
  async kill() {
    const { closed } = this
    this.child.kill('SIGKILL')
    await closed
    await this.ready
  }

  async #answerAll(outside, seen) {
    while (!this.isEnded) {
      const pending = (await this.#call('pending')) ?? []
      if (pending.length > 0 && this.#point.after?.({ type: 'question' })) await this.kill()
      if (pending.length > 0) {
        seen.unknown += pending.filter(({ about }) => about.type !== 'approval').length
        await this.#call('decide', answersTo(pending, outside.read()))
      }
      await sleep(30)
    }
  }

  get #point() {
    return points[this.setting.point] ?? {}
  }

  async #startNext() {
    const death = this.deaths.shift()
    this.death = death
    this.setting = { ...this.setting, point: death?.point, serverPid: this.server.pid }
    const child = startWorker(this.setting)
    this.child = child
    this.ready = once(child.stdout, 'data')
    this.closed = once(child, 'close').then(([code, signal]) => this.#closed(code, signal))
    this.closed.catch(this.fail)
    await this.ready
  }

  #closed(code, signal) {
    if (this.isStopped) return
    if (signal !== 'SIGKILL') throw new Error(`A worker ended with ${code ?? signal}.`)
    this.kills++
    const isTorn = this.#point.torn !== undefined
    this.ready = this.#recover(isTorn)
    this.ready.catch(this.fail)
  }

  async #recover(isTorn) {
    if (isTorn) {
      await this.server.kill()
      await this.server.restart()
    }
    await this.#startNext()
    this.#arm()
  }

  #arm() {
    const { child, death } = this
    if (death?.killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), death.killAfterMs)
  }

  async #result() {
    const { name, runId } = this.setting
    return await this.#request(`restate/workflow/${name}/${runId}/attach`)
  }

  /** Calls a handler of the workflow; again while the server is away. */
  async #call(handler, body) {
    const { name, runId } = this.setting
    return await this.#request(`${name}/${runId}/${handler}`, { method: 'POST', ...(body && { body: JSON.stringify(body) }) })
  }

  async #request(path, options = {}) {
    for (;;) {
      try {
        return await this.#requestOnce(path, options)
      } catch (error) {
        // What fetch throws when nobody listens, or the connection breaks.
        if (!(error instanceof TypeError)) throw error
        await sleep(50)
      }
    }
  }

  async #requestOnce(path, options) {
    const response = await fetch(`${this.server.ingressUrl}/${path}`, { ...options, headers: { 'content-type': 'application/json' }, signal: this.deadline })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}
