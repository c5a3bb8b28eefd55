import { setImmediate } from 'node:timers/promises'
import { AgentError, type ErrorPhase } from '@capstan/core'
import type { Clocks } from '../profiles/profile.ts'
import { connectionsTo, type Dispatcher } from './dispatcher.ts'
import { type NetworkErrorPlace, networkError } from './network-error.ts'
import { type Deadline, measureSilence, type Silence } from './silence.ts'

/** One request. */
export interface ExchangeOptions {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
  readonly dispatcher: Dispatcher
  readonly clocks: Clocks
  /** Bytes of the body after which the answer is refused. */
  readonly maxBytes: number
  readonly secrets: readonly string[]
}

/** Bytes that may wait for the consumer before the socket is paused. */
const highWaterBytes = 256 * 1024
/** How long, and for how many bytes, the end of a body is waited for once everything in it that counts was read. */
const drainMs = 100
const drainBytes = 64 * 1024

interface Waiter {
  resolve(): void
  reject(error: AgentError): void
}

/**
 * One HTTP exchange: a request out, chunks of bytes back, pulled one wait at a time. It settles exactly once: by the end of
 * the body, an error of the network, a clock, the signal, or `close()`. No timer and no listener is left then.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0
  headers: Readonly<Record<string, string>> = {}
  readonly silence: Silence
  readonly #options: ExchangeOptions
  #controller: Dispatcher.DispatchController | undefined
  #chunks: Buffer[] = []
  #queuedBytes = 0
  #receivedBytes = 0
  #connectionsBefore: number | undefined
  #isSent = false
  /** True when it went over a connection that had been idle. */
  #isReused = false
  #hasHeaders = false
  #hasEnded = false
  #isDraining = false
  #error: AgentError | undefined
  #waiter: Waiter | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.silence = measureSilence(options.clocks)
  }

  /**
   * Sends the request and waits for the headers of the response.
   *
   * @throws {AgentError} A `network-` or `-timeout` error, or `aborted`.
   */
  async open(): Promise<void> {
    const { url, headers, body, signal, dispatcher, clocks } = this.#options
    if (signal.aborted) this.#fail(this.#aborted())
    else {
      signal.addEventListener('abort', this.#onAbort, { once: true })
      this.#connectionsBefore = connectionsTo(dispatcher, url.origin)
      const path = `${url.pathname}${url.search}`
      try {
        // undici's own clocks are off: they know neither keep-alives nor a consumer that is busy.
        dispatcher.dispatch({ origin: url.origin, path, method: 'POST', headers: { ...headers }, body, headersTimeout: 0, bodyTimeout: 0 }, this)
      } catch (error) {
        // What undici throws at once has a code; anything else is a defect of a dispatcher that was handed in.
        this.#fail(hasCode(error) ? networkError(error, this.#place()) : dispatcherFailed(error))
      }
    }
    if (!this.#isSent) await this.#wait({ clock: 'connectMs', code: 'connect-timeout', phase: 'connect', leftMs: clocks.connectMs })
    if (!this.#hasHeaders) await this.#wait({ clock: 'headersMs', code: 'headers-timeout', phase: 'headers', leftMs: clocks.headersMs })
  }

  /**
   * The chunks that came since the last call; waits while there are none.
   *
   * @returns `undefined` at the end of the body.
   * @throws {AgentError} What broke; chunks that came before are given first.
   */
  async read(): Promise<readonly Buffer[] | undefined> {
    if (this.#error?.code === 'aborted') throw this.#error
    if (this.#chunks.length === 0 && !this.#hasEnded) {
      const start = performance.now()
      await this.#wait(this.silence.next())
      this.silence.waited(performance.now() - start)
    }
    if (this.#chunks.length === 0) {
      await this.#socketFree()
      return undefined
    }
    const chunks = this.#chunks
    this.#chunks = []
    this.#queuedBytes = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    return chunks
  }

  /**
   * The beginning of a body that is read for its words alone, such as an error page: at most `maxBytes` and `maxMs`, then the
   * rest is cancelled. A body that breaks gives what came of it.
   *
   * @throws {AgentError} `aborted` alone.
   */
  async readBeginning(maxBytes: number, maxMs: number): Promise<Buffer> {
    const end = performance.now() + maxMs
    const chunks: Buffer[] = []
    let bytes = 0
    while (bytes < maxBytes) {
      if (this.#chunks.length === 0) {
        if (this.#hasEnded || this.#error !== undefined) break
        await this.#wait({ clock: 'gapMs', code: 'stream-timeout', phase: 'first', leftMs: end - performance.now() }).catch(() => undefined)
      }
      for (const chunk of this.#chunks) bytes += chunk.length
      chunks.push(...this.#chunks)
      this.#chunks = []
    }
    if (this.#error?.code === 'aborted') throw this.#error
    if (!this.#hasEnded) await this.drain()
    return Buffer.concat(chunks).subarray(0, maxBytes)
  }

  /**
   * Lets the body end, so that its socket is used again; a body that does not end within 100 ms and 64 KiB is cancelled. What
   * still comes is thrown away. Never throws.
   */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#chunks = []
    this.#queuedBytes = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    if (!this.#hasEnded && this.#error === undefined) {
      const late: Deadline = { clock: 'gapMs', code: 'stream-timeout', phase: 'finish', leftMs: drainMs }
      await this.#wait(late).catch(() => undefined)
    }
    if (this.#hasEnded) await this.#socketFree()
    else this.close()
  }

  /** undici frees a socket one turn of the event loop after its response: a request sent before that opens another connection. */
  async #socketFree(): Promise<void> {
    await setImmediate()
  }

  /** Ends the exchange: a body that is still coming is cancelled and its socket destroyed. */
  close(): void {
    if (this.#hasEnded || this.#error !== undefined) return
    this.#fail(new AgentError('The answer was left before its end.', { code: 'aborted', phase: this.#phase }))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Failed while it was waiting for a connection.
    if (this.#error !== undefined) return controller.abort(this.#error)
    const { dispatcher, url } = this.#options
    this.#isReused = this.#connectionsBefore !== undefined && connectionsTo(dispatcher, url.origin) === this.#connectionsBefore
    this.#isSent = true
    this.#wake()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (status < 200) return
    this.status = status
    const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : (value ?? '')])
    this.headers = Object.fromEntries(entries)
    this.#hasHeaders = true
    this.#wake()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#error !== undefined) return
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes > this.#options.maxBytes) {
      const message = `The answer is longer than ${this.#options.maxBytes} bytes. Ask for less, or raise \`limits.responseBytes\`.`
      return this.#fail(new AgentError(message, { code: 'response-too-large', phase: this.#phase }))
    }
    if (this.#isDraining) {
      this.#queuedBytes += chunk.length
      return this.#queuedBytes > drainBytes ? this.close() : undefined
    }
    this.#chunks.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#queuedBytes > highWaterBytes) controller.pause()
    this.#wake()
  }

  onResponseEnd(): void {
    this.#hasEnded = true
    this.#release()
    this.#wake()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(networkError(error, this.#place()))
  }

  get #phase(): ErrorPhase {
    if (!this.#isSent) return 'connect'
    return this.#hasHeaders ? this.silence.phase : 'headers'
  }

  #place(): NetworkErrorPlace {
    const { url, secrets } = this.#options
    return { origin: url.origin, phase: this.#phase, secrets, isReused: this.#isReused }
  }

  readonly #onAbort = (): void => this.#fail(this.#aborted())

  #aborted(): AgentError {
    return new AgentError('The request was aborted.', { code: 'aborted', phase: this.#phase, cause: this.#options.signal.reason })
  }

  /** Waits for the next callback of undici, at most as long as the deadline says. */
  async #wait(deadline: Deadline): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    const { leftMs } = deadline
    // Longer delays overflow and would fire at once.
    if (leftMs < 2 ** 31) this.#timer = setTimeout(() => this.#fail(this.#timeout(deadline)), Math.max(0, leftMs))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiter = { resolve, reject }
      })
    } finally {
      clearTimeout(this.#timer)
      this.#waiter = undefined
    }
  }

  #timeout({ clock, code, phase }: Deadline): AgentError {
    const ms = this.#options.clocks[clock]
    return new AgentError(`${this.#options.url.origin} was silent for too long (\`timeouts.${clock}\`: ${ms} ms).`, { code, phase, retryable: true })
  }

  #wake(): void {
    this.#waiter?.resolve()
  }

  #fail(error: AgentError): void {
    if (this.#error !== undefined || this.#hasEnded) return
    this.#error = error
    this.#release()
    this.#controller?.abort(error)
    this.#waiter?.reject(error)
  }

  #release(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#timer)
  }
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}

function dispatcherFailed(cause: unknown): AgentError {
  return new AgentError('The dispatcher threw instead of sending the request.', { code: 'internal', phase: 'connect', cause })
}
