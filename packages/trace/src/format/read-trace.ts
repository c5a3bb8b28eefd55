import { createReadStream } from 'node:fs'
import type { TraceLine } from './lines.ts'
import { LineParser, type TraceProblem } from './parse-lines.ts'

/** What a trace or a tape holds. */
export interface ReadTrace {
  readonly lines: readonly TraceLine[]
  /** Lines that could not be read, such as the last one of a process that was killed. */
  readonly problems: readonly TraceProblem[]
}

/**
 * Reads a trace or a tape completely. A file that a process still writes is read as far as it is.
 *
 * @throws {Error} The error of the file system for a file that cannot be read.
 */
export async function readTrace(path: string): Promise<ReadTrace> {
  const parser = new LineParser()
  const lines: TraceLine[] = []
  for await (const text of createReadStream(path, 'utf8')) {
    // Pushed one by one: a file may have more lines than a call has arguments.
    for (const line of parser.feed(String(text))) lines.push(line)
  }
  lines.push(...parser.end())
  return { lines, problems: parser.problems }
}
