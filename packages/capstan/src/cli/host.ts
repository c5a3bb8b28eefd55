import type { Readable } from 'node:stream'
import type { Screen } from './show-run.ts'

/** The process as commands see it. */
export interface Host extends Screen {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Calls the handler at the first Ctrl-C or SIGTERM; a second one ends the process. Returns how to stop listening. */
  onInterrupt(handler: () => void): () => void
}

/** The real process. */
export function processHost(): Host {
  // A reader that went away (`capstan run … | head -1`) is no error of ours.
  const leaveOnClosedPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  }
  process.stdout.on('error', leaveOnClosedPipe)
  process.stderr.on('error', leaveOnClosedPipe)
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env, onInterrupt }
}

function onInterrupt(handler: () => void): () => void {
  let isFirst = true
  const listener = (): void => {
    if (!isFirst) process.exit(130)
    isFirst = false
    handler()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}
