import type { RunTrace } from './run-trace.ts'

/** How long lines of an open step may wait. */
const writeAfterMs = 50

/** Traces with lines that wait to be written, of all recorders of the process. */
const waiting = new Set<RunTrace>()
let timer: NodeJS.Timeout | undefined
let isListening = false

/** Writes the lines of a trace soon: within 50 ms, or when the process ends by itself or by `process.exit()`. */
export function writeSoon(trace: RunTrace): void {
  waiting.add(trace)
  // It must not keep a process alive: what waits is written at its exit.
  timer ??= setTimeout(writeAll, writeAfterMs).unref()
  if (isListening) return
  isListening = true
  process.on('exit', writeAll)
}

function writeAll(): void {
  clearTimeout(timer)
  timer = undefined
  for (const trace of waiting) trace.write()
  waiting.clear()
}
