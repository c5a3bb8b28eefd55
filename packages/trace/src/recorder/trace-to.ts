import { dirname, resolve } from 'node:path'
import type { Tracer } from '@capstan/core'
import { invalidOptions, kindOf } from '@capstan/core/internal'
import { makeFolder } from '../format/make-folder.ts'
import { FileSink } from './file-sink.ts'
import { FolderSink } from './folder-sink.ts'
import { resolveOptions, type TraceOptions } from './options.ts'
import { Recorder } from './recorder.ts'

/**
 * Records runs in a folder, each in a file of its own: `new Agent({ trace: traceTo('traces') })`. The folder is made where it is missing. A run
 * that cannot be recorded, such as on a full disk, continues with the warning `trace-failed`.
 *
 * @param folder - On a disk of this machine: lines are written while the run waits.
 * @throws {AgentError} `invalid-options`, also for a folder that cannot be made.
 */
export function traceTo(folder: string, options: TraceOptions = {}): Tracer {
  checkPath(folder, 'traceTo')
  const resolved = resolveOptions(options, 'traceTo()')
  const path = resolve(folder)
  attempt(path, () => makeFolder(path))
  return new Recorder(new FolderSink(path, resolved), resolved)
}

/**
 * Records all runs in one file. It is added to where it exists. When it is full, it is renamed to `FILE.1`, the one before to `FILE.2`, and so on.
 *
 * @throws {AgentError} `invalid-options`, also for a file that cannot be written.
 */
export function traceToFile(file: string, options: TraceOptions = {}): Tracer {
  checkPath(file, 'traceToFile')
  const resolved = resolveOptions(options, 'traceToFile()')
  const path = resolve(file)
  const sink = attempt(path, () => {
    makeFolder(dirname(path))
    return new FileSink(path, resolved)
  })
  return new Recorder(sink, resolved)
}

function checkPath(path: unknown, what: string): void {
  if (typeof path !== 'string' || path === '') throw invalidOptions(`${what}() needs a path, not ${path === '' ? 'an empty text' : kindOf(path)}.`)
}

function attempt<Result>(path: string, open: () => Result): Result {
  try {
    return open()
  } catch (error) {
    throw invalidOptions(`The trace cannot be written to ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
