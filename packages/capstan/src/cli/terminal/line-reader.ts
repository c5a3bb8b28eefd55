import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Host } from '../host.ts'
import { ShownText } from './shown-text.ts'

/** The earlier input is considered complete when nothing arrives for this time. A paste has no pauses of this length. */
const quietMs = 120
/** The most waiting lines before a pipe is paused. */
const maxWaiting = 100

/**
 * Reads lines from a person or from a pipe. It owns the input that is not used yet: `next` returns the first waiting line, and `discard`
 * drops all of them.
 */
export class LineReader {
  readonly isTerminal: boolean
  readonly #host: Host
  readonly #lines: Interface
  readonly #echo: Echo
  #waiting: string[] = []
  #take: ((line: string | undefined) => void) | undefined
  #isClosed = false

  /** @param onInterrupt - Called for Ctrl-C on a terminal, where Ctrl-C is a key and not a signal. */
  constructor(host: Host, onInterrupt: () => void) {
    this.#host = host
    this.isTerminal = host.stdin.isTTY === true
    this.#echo = new Echo(host)
    this.#lines = createInterface({ input: host.stdin, output: this.#echo, terminal: this.isTerminal })
    this.#lines.on('line', (line) => this.#receive(line))
    this.#lines.on('close', () => this.#end())
    this.#lines.on('SIGINT', onInterrupt)
  }

  /** The next line, or the first waiting one; `undefined` at the end of the input. */
  async next(prompt: ShownText): Promise<string | undefined> {
    const line = this.#waiting.shift()
    if (this.#waiting.length === 0 && !this.#isClosed) this.#lines.resume()
    if (line !== undefined || this.#isClosed) return line
    return await new Promise((resolve) => {
      this.#take = resolve
      // A pipe gets no prompt.
      if (!this.isTerminal) return
      this.#echo.isOn = true
      this.#lines.setPrompt(prompt.toString())
      this.#lines.prompt(true)
    })
  }

  /** Waits until no more input arrives, and drops what was typed or pasted until then. Returns true if anything was dropped. */
  async discard(): Promise<boolean> {
    let hadInput = false
    for (let isQuiet = false; !isQuiet && !this.#isClosed; hadInput ||= !isQuiet) isQuiet = await isQuietFor(this.#host.stdin, quietMs)
    return this.drop() || hadInput
  }

  /** Drops the waiting lines and the incomplete line. Returns true if anything was dropped. */
  drop(): boolean {
    const hadInput = this.#waiting.length > 0 || this.#lines.line !== ''
    this.#waiting = []
    // The keys of the line editor that move to the end of the line and delete everything before the cursor.
    if (!this.#isClosed) for (const name of ['e', 'u']) this.#lines.write(null, { ctrl: true, name })
    return hadInput
  }

  close(): void {
    this.#lines.close()
  }

  #receive(line: string): void {
    this.#echo.isOn = false
    const take = this.#take
    this.#take = undefined
    if (take !== undefined) return take(line)
    this.#waiting.push(line)
    if (!this.isTerminal && this.#waiting.length >= maxWaiting) this.#lines.pause()
  }

  #end(): void {
    this.#isClosed = true
    if (this.#take === undefined) return
    // The next output must not continue the line of the prompt.
    if (this.isTerminal) this.#host.stderr.write(ShownText.newline)
    this.#take(undefined)
    this.#take = undefined
  }
}

async function isQuietFor(stdin: Host['stdin'], ms: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const settle = (isQuiet: boolean): void => {
      clearTimeout(timer)
      stdin.off('data', onData)
      resolve(isQuiet)
    }
    const onData = (): void => settle(false)
    const timer = setTimeout(settle, ms, true)
    stdin.on('data', onData)
  })
}

/** Shows the prompt and what is typed at it, but not what is typed at other times. */
class Echo extends Writable {
  isOn = false
  readonly #host: Host

  constructor(host: Host) {
    super()
    this.#host = host
  }

  get columns(): number {
    return this.#host.stderr.columns ?? 80
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // The line editor writes escape sequences, but only for the prompt and for the keys of the person.
    if (this.isOn) this.#host.stderr.write(ShownText.exact(chunk.toString(), {}))
    done()
  }
}
