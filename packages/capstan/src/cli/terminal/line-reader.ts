import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Host } from '../host.ts'
import { ShownText } from './shown-text.ts'

/** Input that came before a question is over when nothing arrives for this long. A paste has no pauses of this length. */
const quietMs = 120
/** Lines of a pipe that may wait before it is paused. */
const maxWaiting = 100

/**
 * Reads lines from a person or from a pipe. It owns what was typed and not used yet: lines that wait are taken by `next`, and are
 * dropped by `discard`.
 */
export class LineReader {
  readonly isTerminal: boolean
  readonly #host: Host
  readonly #lines: Interface
  readonly #echo: Echo
  #waiting: string[] = []
  #take: ((line: string | undefined) => void) | undefined
  #isClosed = false

  /** @param onInterrupt - Called for Ctrl-C on a terminal, where it is a key and not a signal. */
  constructor(host: Host, onInterrupt: () => void) {
    this.#host = host
    this.isTerminal = host.stdin.isTTY === true
    this.#echo = new Echo(host)
    this.#lines = createInterface({ input: host.stdin, output: this.#echo, terminal: this.isTerminal })
    this.#lines.on('line', (line) => this.#receive(line))
    this.#lines.on('close', () => this.#end())
    this.#lines.on('SIGINT', onInterrupt)
  }

  /** The next line, also one that is waiting; `undefined` at the end of the input. */
  async next(prompt: ShownText): Promise<string | undefined> {
    const line = this.#waiting.shift()
    if (this.#waiting.length === 0 && !this.#isClosed) this.#lines.resume()
    if (line !== undefined || this.#isClosed) return line
    return await new Promise((resolve) => {
      this.#take = resolve
      // Nobody reads a prompt at a pipe.
      if (!this.isTerminal) return
      this.#echo.isOn = true
      this.#lines.setPrompt(prompt.toString())
      this.#lines.prompt(true)
    })
  }

  /** Waits until nothing arrives any more, and drops what was typed or pasted by then. Returns true when there was something. */
  async discard(): Promise<boolean> {
    let hadInput = false
    for (let isQuiet = false; !isQuiet && !this.#isClosed; hadInput ||= !isQuiet) isQuiet = await isQuietFor(this.#host.stdin, quietMs)
    return this.drop() || hadInput
  }

  /** Drops the lines that wait and the line that was begun. Returns true when there was something. */
  drop(): boolean {
    const hadInput = this.#waiting.length > 0 || this.#lines.line !== ''
    this.#waiting = []
    // Keys of the line editor: to the end of the line, and delete to its beginning.
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
    // What is written next must not follow the prompt on its line.
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

/** Shows the prompt and what is typed at it, and nothing of what is typed while the command works. */
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
    // The line editor draws with escape sequences; what it draws is the prompt and the person's own keys.
    if (this.isOn) this.#host.stderr.write(ShownText.exact(chunk.toString(), {}))
    done()
  }
}
