import { setImmediate as nextLoop } from 'node:timers/promises'

/** The cost of a piece of work. */
export interface Cost {
  /** CPU time of this process, in milliseconds. */
  readonly cpuMs: number
  /** Longest time in which nothing else could run, in milliseconds. */
  readonly blockMs: number
}

/** Runs work and measures it; the best of several times, as other programs share the machine. */
export async function measure(times: number, work: () => Promise<void>): Promise<Cost> {
  await work()
  let cpuMs = Number.POSITIVE_INFINITY
  let blockMs = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    cpuMs = Math.min(cpuMs, await cpuOf(work))
    blockMs = Math.min(blockMs, await longestBlockOf(work))
  }
  return { cpuMs, blockMs }
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Looks at the clock in each turn of the event loop; this costs CPU time of its own. */
async function longestBlockOf(work: () => Promise<void>): Promise<number> {
  let isOver = false
  let blockMs = 0
  const watch = async (): Promise<void> => {
    let last = performance.now()
    while (!isOver) {
      await nextLoop()
      const now = performance.now()
      blockMs = Math.max(blockMs, now - last)
      last = now
    }
  }
  const watching = watch()
  await work()
  isOver = true
  await watching
  return blockMs
}
