import { createRequire } from 'node:module'
import { type TraceHeader, traceVersion } from '../format/lines.ts'
import { writeLine } from '../format/write-line.ts'

let release: string | undefined

/** The first line of a file. */
export function headerLine(about: Pick<TraceHeader, 'runId' | 'part'>): string {
  release ??= readRelease()
  return writeLine({ type: 'trace', version: traceVersion, at: Date.now(), capstan: release, node: process.version, pid: process.pid, ...about })
}

/** The version of this package. In a program that was bundled, its manifest is not there. */
function readRelease(): string {
  try {
    return (createRequire(import.meta.url)('../../package.json') as { readonly version: string }).version
  } catch {
    return 'unknown'
  }
}
