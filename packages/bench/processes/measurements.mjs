// The measurements of a contender. CPU time is user and system time of all threads of this process.
import { setTimeout as sleep } from 'node:timers/promises'

const collect = globalThis.gc ?? (() => {})

function startClocks() {
  const cpu = process.cpuUsage()
  const started = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - started }
  }
}

/** Runs for a while, so that what follows is compiled. */
export async function warmUp({ run, ms, runs: least }) {
  const started = performance.now()
  let runs = 0
  for (; runs < least || performance.now() - started < ms; runs++) await run()
  return { runs }
}

/** Runs one after another, at least so many and at least so long. */
export async function measure({ run, ms, runs: least }) {
  collect()
  const started = performance.now()
  const stop = startClocks()
  let runs = 0
  for (; runs < least || performance.now() - started < ms; runs++) await run()
  return { runs, ...stop() }
}

/** All runs at once: what they cost together, how long each took, and the memory at the peak. */
export async function burst({ run, runs, times = 1 }) {
  collect()
  const before = process.memoryUsage().rss
  let peak = before
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  const latencies = []
  const timed = async () => {
    const started = performance.now()
    await run()
    latencies.push(performance.now() - started)
  }
  const stop = startClocks()
  for (let time = 0; time < times; time++) await Promise.all(Array.from({ length: runs }, timed))
  const clocks = stop()
  clearInterval(sampler)
  latencies.sort((left, right) => left - right)
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))]
  return { runs: runs * times, ...clocks, p50Ms: at(0.5), p99Ms: at(0.99), peakBytes: Math.max(peak, process.memoryUsage.rss()), beforeBytes: before }
}

/** The first burst of a process shows its memory, the second its time. */
export async function twoBursts(options) {
  const first = await burst(options)
  const second = await burst(options)
  return { runs: first.runs + second.runs, first, second }
}

/** CPU time between the calls of one long run: a step is from one call of the tool to the next. */
export async function countSteps({ run, watch, early, late }) {
  collect()
  const marks = []
  watch.onCall = () => {
    const { user, system } = process.cpuUsage()
    marks.push((user + system) / 1_000)
  }
  const stop = startClocks()
  await run()
  const clocks = stop()
  watch.onCall = () => {}
  const between = ([from, to]) => (marks[to] - marks[from]) / (to - from)
  const tens = Array.from({ length: Math.floor((marks.length - 1) / 10) }, (_, index) => between([index * 10, index * 10 + 10]))
  return { runs: 1, ...clocks, earlyMs: between(early), lateMs: between(late), tensMs: tens }
}

/** Very many runs; the heap is read after a collection from time to time. At the end, listeners, sockets and timers that are left are counted. */
export async function soak({ run, runs, every, concurrency, settleMs }) {
  const samples = []
  const warnings = []
  const onWarning = (warning) => warnings.push(`${warning.name}: ${warning.message}`)
  const listenersBefore = listenerCount()
  process.on('warning', onWarning)
  for (let done = 0; done < runs; done += every) {
    for (let part = 0; part < every; part += concurrency) await Promise.all(Array.from({ length: Math.min(concurrency, every - part) }, run))
    collect()
    samples.push({ runs: done + every, heapBytes: process.memoryUsage().heapUsed, rssBytes: process.memoryUsage.rss() })
  }
  await sleep(settleMs)
  process.off('warning', onWarning)
  const left = process.getActiveResourcesInfo()
  const countOf = (pattern) => left.filter((name) => pattern.test(name)).length
  return {
    runs: samples.length * every,
    samples,
    warnings,
    left: { listeners: listenerCount() - listenersBefore, sockets: countOf(/TCP|TLS/), timers: countOf(/Timeout|Immediate/) },
  }
}

function listenerCount() {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
}
