import { mkdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { AgentError, type Dispatcher, type ExchangeObserver } from '@capstan/core'
import { LineFile } from '../format/line-file.ts'
import type { ExchangeLine } from '../format/lines.ts'
import { writeLine } from '../format/write-line.ts'
import { ByteBudget } from '../recorder/byte-budget.ts'
import { ExchangeRecording } from '../recorder/exchange-recording.ts'
import { headerLine } from '../recorder/trace-header.ts'

/** A body that is longer cannot be replayed. */
const maxBodyBytes = 64 * 1024 * 1024

/** How a tape is recorded. */
export interface RecordingOptions {
  /** Replaces what must not be recorded in a body. */
  readonly clean: (text: string) => string
  /** Sends the requests; by default what would send them without the tape. */
  readonly dispatcher: Dispatcher | undefined
}

/** Records exchanges beside the file of the tape, which they replace when the recording is closed. */
export class TapeRecording {
  readonly dispatcher: Dispatcher
  readonly #file: string
  readonly #draft: string
  readonly #budget = new ByteBudget(maxBodyBytes)
  #lines: LineFile | undefined
  #open = 0
  #count = 0
  #failure: unknown
  #whenDone: () => void = () => undefined

  constructor(file: string, options: RecordingOptions) {
    this.#file = file
    this.#draft = `${file}.recording`
    const observer: ExchangeObserver = {
      onRequest: (request) => {
        this.#open++
        return new ExchangeRecording(request, {
          id: ++this.#count,
          isKeyed: true,
          clean: (text) => options.clean(request.redact(text)),
          budget: this.#budget,
          onEnd: (line) => this.#add(line),
        })
      },
    }
    this.dispatcher = { isTape: true, observer, dispatch: (request, handler, next) => (options.dispatcher ?? next).dispatch(request, handler, next) }
  }

  /** @throws {AgentError} `invalid-use` while another recording of the same tape is in progress; `invalid-trace` for a file that cannot be written. */
  start(): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true })
      removeDead(this.#draft)
      this.#lines = new LineFile(this.#draft, true)
      this.#lines.append(headerLine({}))
    } catch (error) {
      throw AgentError.is(error) ? error : cannotWrite(this.#file, error)
    }
  }

  /** Waits for exchanges that are under way, then puts the recording in the place of the tape. One without an exchange is dropped. */
  async close(): Promise<void> {
    if (this.#lines === undefined) return
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#whenDone = resolve
      })
    }
    const lines = this.#lines
    this.#lines = undefined
    lines.close()
    try {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#count === 0) unlinkSync(this.#draft)
      else renameSync(this.#draft, this.#file)
    } catch (error) {
      throw cannotWrite(this.#file, error)
    }
  }

  /** An observer must not break a run, so a failure is kept for `close`. */
  #add(line: ExchangeLine): void {
    try {
      this.#lines?.append(writeLine(line))
    } catch (error) {
      this.#failure ??= error
    }
    this.#open--
    if (this.#open === 0) this.#whenDone()
  }
}

/** Removes the draft of a recording that was not closed. */
function removeDead(draft: string): void {
  const pid = pidIn(draft)
  if (pid === undefined) return
  if (isAlive(pid)) {
    const message = `The tape is being recorded by process ${pid} already. Give each test file a tape of its own, or delete ${draft} if that process is another program.`
    throw new AgentError(message, { code: 'invalid-use' })
  }
  unlinkSync(draft)
}

/** The process that made a draft, 0 where it cannot be read; `undefined` without a draft. */
function pidIn(draft: string): number | undefined {
  try {
    const [, pid] = /"pid":(\d+)/.exec(readFileSync(draft, 'utf8').split('\n', 1)[0] ?? '') ?? []
    return Number(pid ?? 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It exists, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function cannotWrite(file: string, cause: unknown): AgentError {
  return new AgentError(`The tape ${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { code: 'invalid-trace', cause })
}
