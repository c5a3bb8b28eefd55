import { type TraceLine, traceVersion } from './lines.ts'

/** A line that cannot be read as a line of a trace: the process was killed while it was written, or something else wrote to the file. */
export interface TraceProblem {
  /** From 1. */
  readonly line: number
  /** `cut`: the last line has no end, because the process was killed, or is still writing. */
  readonly kind: 'cut' | 'invalid' | 'unknown' | 'newer'
  readonly message: string
}

const types: readonly string[] = ['trace', 'event', 'answer', 'exchange'] satisfies readonly TraceLine['type'][]

/** Reads the lines of a trace or a tape from pieces of its text, in any sizes. A line that cannot be read is a problem and is left out. */
export class LineParser {
  readonly problems: TraceProblem[] = []
  #rest: string[] = []
  #count = 0

  /** Returns the lines that the text completes. */
  feed(text: string): TraceLine[] {
    const pieces = text.split('\n')
    const last = pieces.pop() ?? ''
    const lines: TraceLine[] = []
    for (const piece of pieces) {
      this.#rest.push(piece)
      this.#take(this.#rest.join(''), lines)
      this.#rest = []
    }
    if (last !== '') this.#rest.push(last)
    return lines
  }

  /** The end of the text. A last line without its end is read when it is complete, and reported otherwise. */
  end(): TraceLine[] {
    const lines: TraceLine[] = []
    const text = this.#rest.join('')
    this.#rest = []
    if (text === '') return lines
    if (isComplete(text)) this.#take(text, lines)
    else {
      this.#count += 1
      this.#report('cut', 'The last line is cut: the process that wrote it was killed, or is still writing. It was left out.')
    }
    return lines
  }

  #take(text: string, lines: TraceLine[]): void {
    this.#count += 1
    if (text.trim() === '') return
    const value = parse(text)
    if (value === undefined) return this.#report('invalid', 'This is not JSON: a process was killed while it wrote it, or something else did. It was left out.')
    if (!isLine(value)) return this.#report('unknown', 'This is no line of a trace. It was left out.')
    if (value.type === 'trace' && value.version > traceVersion)
      this.#report('newer', `A later release wrote this: version ${value.version}, and this release reads ${traceVersion}. Some of it may be missing.`)
    lines.push(value)
  }

  #report(kind: TraceProblem['kind'], message: string): void {
    this.problems.push({ line: this.#count, kind, message })
  }
}

function isComplete(text: string): boolean {
  return parse(text) !== undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Only the fields that every reader relies on are checked: what a line holds beyond them was written by the same release. */
function isLine(value: unknown): value is TraceLine {
  if (!isObject(value) || typeof value['type'] !== 'string' || !types.includes(value['type'])) return false
  if (value['type'] === 'trace') return typeof value['version'] === 'number'
  if (value['type'] === 'event') return isObject(value['event']) && typeof value['event']['type'] === 'string' && typeof value['event']['runId'] === 'string'
  if (value['type'] === 'answer') return typeof value['runId'] === 'string' && typeof value['position'] === 'string'
  return (
    isObject(value['request']) && typeof value['request']['url'] === 'string' && typeof value['request']['body'] === 'string' && Array.isArray(value['chunks'])
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
