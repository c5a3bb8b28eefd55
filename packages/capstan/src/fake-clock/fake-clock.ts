import { setImmediate as realImmediate, setTimeout as realTimeout } from 'node:timers'
import { AgentError } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import { warmUp } from '@capstan/core/testing'
import { FakeTimers } from './timers.ts'

/** Options of `fakeClock()`. */
export interface FakeClockOptions {
  /** The time at which it begins: a date, or milliseconds since the Unix epoch. Default: 2026-01-01T00:00:00Z. */
  readonly now?: Date | number
}

/** A clock that moves only when it is told. */
export interface FakeClock {
  /** Milliseconds since the Unix epoch, as `Date.now()` says. */
  readonly now: number
  /** Timers that wait. */
  readonly timers: number
  /** Moves the time by so many milliseconds: timers fire in order, and what they start has its turn before the next one. */
  advance(ms: number): Promise<void>
  /**
   * Waits for work, and moves the time to the next timer whenever the process has nothing else to do: pauses take no time. It is for scripted
   * models and tapes. While a socket is open, time does not move: move it with `advance`.
   *
   * @returns What the work resolves to; its rejection is passed on.
   */
  run<Result>(work: PromiseLike<Result>): Promise<Result>
  /** Brings the real clock back. Timers that still wait never fire. */
  restore(): void
  [Symbol.dispose](): void
}

const defaultNow = Date.UTC(2026, 0, 1)
/** Turns of the event loop in which nothing else may be under way, until the process counts as idle. */
const idleTurns = 5

/**
 * A timer that is further away is usually a deadline, such as the time limit of a run. It must not pass while something is under way that Node
 * does not show, such as an import by a test runner: the process must be idle for `quietMs` of real time first.
 */
const farMs = 60_000
const quietMs = 500

let current: FakeClock | undefined

/**
 * Replaces the clock of the process: `setTimeout`, `setInterval`, `Date` and `performance.now`. Retries, time limits and pauses of a tape then
 * wait for it. `setImmediate`, promises, sockets, files and `AbortSignal.timeout` stay real.
 *
 * @throws {AgentError} `invalid-use` while another fake clock is in place; `invalid-options`.
 */
export function fakeClock(options: FakeClockOptions = {}): FakeClock {
  checkNames(options, { names: ['now'], what: 'an option of fakeClock()' })
  const startMs = Number(options.now ?? defaultNow)
  if (!Number.isFinite(startMs)) throw invalidOptions('`now` of fakeClock() must be a date, or milliseconds since the Unix epoch.')
  if (current !== undefined) throw new AgentError('There is a fake clock already. Call its `restore()` first.', { code: 'invalid-use' })
  const timers = new FakeTimers()
  const restoreGlobals = replaceGlobals(timers, startMs)
  const clock: FakeClock = {
    get now() {
      return startMs + timers.nowMs
    },
    get timers() {
      return timers.count
    },
    advance: (ms) => advance(timers, ms),
    run: (work) => run(timers, work),
    restore() {
      if (current !== clock) return
      current = undefined
      restoreGlobals()
    },
    [Symbol.dispose]() {
      clock.restore()
    },
  }
  current = clock
  return clock
}

async function advance(timers: FakeTimers, ms: number): Promise<void> {
  if (!(ms >= 0)) throw invalidOptions(`The clock moves by milliseconds of at least 0, not ${String(ms)}.`)
  const end = timers.nowMs + ms
  do await untilIdle(() => false)
  while (timers.fireNext(end))
  await untilIdle(() => false)
}

async function run<Result>(timers: FakeTimers, work: PromiseLike<Result>): Promise<Result> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  work.then(settle, settle)
  // While the process reads its files, it looks idle.
  await warmUp()
  while (!isSettled) {
    await untilIdle(() => isSettled)
    const { nextAt } = timers
    if (nextAt === undefined || hasSocket()) continue
    if (nextAt - timers.nowMs > farMs) await new Promise((resolve) => realTimeout(resolve, quietMs))
    if (!isSettled && timers.nextAt === nextAt) timers.fireNext(nextAt)
  }
  return await work
}

/** Gives the process turns until nothing but timers, servers and sockets is left in it for some turns. */
async function untilIdle(isEnough: () => boolean): Promise<void> {
  for (let idle = 0; idle < idleTurns && !isEnough(); idle++) {
    await new Promise((resolve) => realImmediate(resolve))
    if (process.getActiveResourcesInfo().some((name) => busy.test(name))) idle = -1
  }
}

/** Immediates, and requests to the file system, DNS and compression. */
const busy = /^Immediate$|Req|^Z(?:lib|std)|Brotli|Context$/

function hasSocket(): boolean {
  return process.getActiveResourcesInfo().some((name) => name === 'TCPSocketWrap' || name === 'TLSWrap')
}

/** Returns a function that puts the real ones back. */
function replaceGlobals(timers: FakeTimers, startMs: number): () => void {
  const RealDate = Date
  const nowMs = (): number => startMs + timers.nowMs
  const FakeDate = class extends RealDate {
    constructor(...parts: []) {
      // Without parts it is the current time.
      if (parts.length === 0) super(nowMs())
      else super(...parts)
    }

    static override now(): number {
      return nowMs()
    }

    // Dates that were made with the real one are dates too.
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof RealDate
    }
  }
  const set =
    (repeats: boolean) =>
    (fire: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): unknown =>
      timers.set(() => fire(...args), delayMs, repeats)
  const clear = (timer: unknown): void => timers.clear(timer)
  const performanceStart = performance.now()
  const restore = [
    replace(globalThis, 'setTimeout', set(false)),
    replace(globalThis, 'setInterval', set(true)),
    replace(globalThis, 'clearTimeout', clear),
    replace(globalThis, 'clearInterval', clear),
    replace(globalThis, 'Date', FakeDate),
    replace(performance, 'now', () => performanceStart + timers.nowMs),
  ]
  return () => {
    for (const one of restore) one()
  }
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: before?.enumerable ?? false })
  return () => {
    // A method of a class is not a property of the object itself.
    if (before === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, before)
  }
}
