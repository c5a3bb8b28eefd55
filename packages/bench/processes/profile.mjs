import { appendFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/**
 * Records where the CPU time of a measurement goes: `<path>.cpuprofile` for tools that draw it, and a line of self times.
 *
 * @template Report
 * @param {string} path
 * @param {() => Promise<Report>} work
 */
export async function profiled(path, work) {
  // Garbage of earlier work is not part of the cost.
  globalThis.gc?.()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  const report = await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  writeFileSync(`${path}.cpuprofile`, JSON.stringify(profile))
  appendFileSync(`${path}.jsonl`, `${JSON.stringify(selfTimes(profile))}\n`)
  return report
}

/**
 * Self time by function, in microseconds.
 *
 * @param {import('node:inspector').Profiler.Profile} profile
 */
function selfTimes({ nodes, samples = [], timeDeltas = [] }) {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [id, `${functionName || '(anonymous)'} ${shorten(url)}:${lineNumber + 1}`]),
  )
  /** @type {Map<string, number>} */
  const times = new Map()
  samples.forEach((id, index) => {
    const name = names.get(id) ?? ''
    if (name.startsWith('(idle)') || name.startsWith('post node:inspector')) return
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  })
  return Object.fromEntries([...times].sort(([, left], [, right]) => right - left).slice(0, 1_000))
}

function shorten(url) {
  return url.replace(/^.*\/(?:node_modules|packages)\//, '')
}
