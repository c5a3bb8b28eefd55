import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { ProcessGroup } from '@capstan/tools/internal'
import { deserializeMessage, type JSONRPCMessage, serializeMessage, type Transport } from '@modelcontextprotocol/client'
import { ConnectionFailure, describeFailure } from '../failure.ts'
import { maxStderrCharacters } from '../limits.ts'
import type { CheckedTarget } from '../options.ts'
import { cleanText } from '../tools/clean-text.ts'
import { Lines } from './lines.ts'

/** What a process needs to be a server. */
export interface ProcessTransportOptions {
  readonly target: CheckedTarget & { readonly kind: 'process' }
  readonly maxMessageBytes: number
  readonly closeTimeoutMs: number
}

/** After a process has ended, others may still hold its output open. */
const drainMs = 200
/** A process whose input broke is nearly always about to end, and then its exit code says more. */
const exitMs = 1_000
/** How often the end of the first process is waited for before it is asked to end. */
const politeShare = 4

/**
 * A server in a process group of its own, which gets no variables but those of the target. The transport of the client package passes on
 * variables that nobody named, and ends only the first process.
 */
export class ProcessTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage']
  readonly #options: ProcessTransportOptions
  #child: ChildProcessWithoutNullStreams | undefined
  #group: ProcessGroup | undefined
  #closing: Promise<void> | undefined
  #stderr = ''
  #reason: string | undefined
  /** Called once there is a reason. */
  #onGone: () => void = () => {}
  readonly #gone = new Promise<void>((resolve) => {
    this.#onGone = resolve
  })

  constructor(options: ProcessTransportOptions) {
    this.#options = options
  }

  /** By `pid` and `stderr` the client knows that this is a process. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  get stderr(): null {
    return null
  }

  /** Why the process ended; `undefined` while it runs. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** The end of what it wrote to stderr, as a sentence of its own; empty when it wrote nothing. */
  get output(): string {
    const text = cleanText(this.#stderr).trim()
    return text === '' ? '' : `. It wrote to stderr: ${text}`
  }

  /** @throws {ConnectionFailure} If the program cannot be started. */
  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#options.target
    const isGroup = process.platform !== 'win32'
    try {
      const child = spawn(command, args, { env, stdio: 'pipe', detached: isGroup, windowsHide: true, ...(cwd !== undefined && { cwd }) })
      this.#child = child
      child.on('error', (error) => this.onerror?.(error))
      this.#read(child)
      if (child.pid === undefined) throw (await once(child, 'error'))[0]
      if (isGroup) this.#group = new ProcessGroup(child.pid)
      this.#watch(child)
    } catch (error) {
      throw new ConnectionFailure(explainStart(error, this.#options.target))
    }
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    if (child === undefined) throw new ConnectionFailure('it does not run any more (it was not started)')
    const { stdin } = child
    if (!stdin.writable) await this.#inputBroke(child)
    this.#throwIfGone()
    if (stdin.write(serializeMessage(message))) return
    // A write that fails at once is reported here, too, and its error says less than the end of the process.
    await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => this.#inputBroke(child))
    this.#throwIfGone()
  }

  /** Ends its input, then asks the group to end, then kills it. Settles when it is gone. */
  async close(): Promise<void> {
    this.#closing ??= this.#finish()
    await this.#closing
  }

  #read(child: ChildProcessWithoutNullStreams): void {
    const lines = new Lines(this.#options.maxMessageBytes)
    child.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) this.#receive(line)
      } catch (error) {
        this.#fail(`it was ended, because it sent ${describeFailure(error)}`)
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-maxStderrCharacters)
    })
    child.stdin.on('error', () => void this.#inputBroke(child))
    for (const stream of [child.stdout, child.stderr]) stream.on('error', (error: Error) => this.onerror?.(error))
  }

  #receive(line: string): void {
    if (line.trim() === '' || this.#reason !== undefined) return
    try {
      this.onmessage?.(deserializeMessage(line))
    } catch (error) {
      // Some servers print other things to their output.
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #watch(child: ChildProcessWithoutNullStreams): void {
    const closed = once(child, 'close')
    child.once('exit', async (code, signal) => {
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainMs))])
      this.#fail(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`)
    })
  }

  #throwIfGone(): void {
    if (this.#reason !== undefined) throw new ConnectionFailure(`it does not run any more (${this.#reason})`)
  }

  /** Settles once there is a reason: that of the process, if it ends soon. */
  async #inputBroke(child: ChildProcessWithoutNullStreams): Promise<void> {
    const timer = setTimeout(() => {
      if (child.exitCode === null && child.signalCode === null) this.#fail('it closed its input')
    }, exitMs)
    await this.#gone
    clearTimeout(timer)
  }

  /** Tells the client once that there is no server any more, and ends what is left of it. */
  #fail(reason: string): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#onGone()
    for (const stream of [this.#child?.stdout, this.#child?.stderr]) stream?.destroy()
    void this.close()
    this.onclose?.()
  }

  async #finish(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined) return
    const { closeTimeoutMs } = this.#options
    const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')
    child.stdin.end()
    const politeMs = Math.ceil(closeTimeoutMs / politeShare)
    await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, politeMs))])
    if (this.#group === undefined) child.kill('SIGKILL')
    else await this.#group.close(closeTimeoutMs - politeMs)
    this.#fail('it was closed')
  }
}

function explainStart(error: unknown, { command, env }: ProcessTransportOptions['target']): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOENT') return `it cannot be started: ${describeFailure(error)}`
  const hint = 'PATH' in env ? '' : ". It gets no PATH: name it, as in env: ['PATH', 'HOME']"
  return `there is no program ${JSON.stringify(command)}, or not the folder in which it should run${hint}`
}
