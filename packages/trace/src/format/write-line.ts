import type { TraceLine } from './lines.ts'

/** A line as it is in a file, with its end. */
export function writeLine(line: TraceLine): string {
  return `${JSON.stringify(line)}\n`
}
