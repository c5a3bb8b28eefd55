import { AgentError, type ErrorPhase } from '@capstan/core'
import type { Clocks } from '../profiles/profile.ts'
import type { DispatchController, Dispatcher, DispatchHandler, DispatchHeaders } from './dispatch.ts'
import { connectionsTo } from './dispatcher.ts'
import { type NetworkErrorPlace, networkError } from './network-error.ts'
import { Patience } from './patience.ts'
import { type Deadline, measureSilence, type Silence } from './silence.ts'

/** One request. */
export interface ExchangeOptions {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
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

/**
 * One HTTP exchange: a request out, chunks of bytes back, pulled one wait at a time. It settles exactly once: by the end of
 * the body, an error of the network, a clock, the signal, or `close()`. No timer and no listener is left then.
 */
export class Exchange implements DispatchHandler {
  status = 0
  headers: Readonly<Record<string, string>> = {}
  readonly silence: Silence
  readonly #options: ExchangeOptions
  #controller: DispatchController | undefined
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
  /** True while the wait is for the body: its time is silence. */
  #isSilence = false
  readonly #patience: Patience

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.silence = measureSilence(options.clocks)
    this.#patience = new Patience((deadline) => this.#fail(this.#timeout(deadline)))
  }

  /**
   * Sends the request and waits for the headers of the response.
   *
   * @throws {AgentError} A `network-` or `-timeout` error, or `aborted`.
   */
  open(): Promise<void> {
    const { signal } = this.#options
    if (signal.aborted) this.#fail(this.#aborted())
    else {
      signal.addEventListener('abort', this.#onAbort, { once: true })
      this.#dispatch()
    }
    return this.#wait(this.#untilHeaders())
  }

  #untilHeaders(): Deadline {
    const { connectMs, headersMs } = this.#options.clocks
    if (this.#isSent) return { clock: 'headersMs', code: 'headers-timeout', phase: 'headers', leftMs: headersMs }
    return { clock: 'connectMs', code: 'connect-timeout', phase: 'connect', leftMs: connectMs }
  }

  #dispatch(): void {
    const { origin, path, headers, body, dispatcher } = this.#options
    this.#connectionsBefore = connectionsTo(dispatcher, origin)
    try {
      // undici's own clocks are off: they know neither keep-alives nor a consumer that is busy.
      dispatcher.dispatch({ origin, path, method: 'POST', headers: { ...headers }, body, headersTimeout: 0, bodyTimeout: 0 }, this)
    } catch (error) {
      // What undici throws at once has a code; anything else is a defect of a dispatcher that was handed in.
      this.#fail(hasCode(error) ? networkError(error, this.#place()) : dispatcherFailed(error))
    }
  }

  /** True when `take` has something to give: chunks, or the end. */
  get isReady(): boolean {
    return this.#chunks.length > 0 || this.#hasEnded
  }

  /**
   * Waits until `isReady`. The time counts as silence.
   *
   * @throws {AgentError} What broke; chunks that came before are given first.
   */
  more(): Promise<void> {
    this.#isSilence = true
    return this.#wait(this.silence.next())
  }

  /**
   * The chunks that came since the last call.
   *
   * @returns `undefined` at the end of the body.
   * @throws {AgentError} `aborted`, whatever came before.
   */
  take(): readonly Buffer[] | undefined {
    if (this.#error?.code === 'aborted') throw this.#error
    if (this.#chunks.length === 0) return undefined
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
    if (this.#hasEnded) await this.free()
    else this.close()
  }

  /** undici frees a socket one turn of the event loop after its response: a request sent before that opens another connection. */
  free(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  /** Ends the exchange: a body that is still coming is cancelled and its socket destroyed. */
  close(): void {
    if (this.#hasEnded || this.#error !== undefined) return
    this.#fail(new AgentError('The answer was left before its end.', { code: 'aborted', phase: this.#phase }))
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    // Failed while it was waiting for a connection.
    if (this.#error !== undefined) return controller.abort(this.#error)
    const { dispatcher, origin } = this.#options
    this.#isReused = this.#connectionsBefore !== undefined && connectionsTo(dispatcher, origin) === this.#connectionsBefore
    this.#isSent = true
    if (this.#patience.isWaiting) this.#patience.until(this.#untilHeaders())
  }

  onResponseStart(_controller: DispatchController, status: number, headers: DispatchHeaders): void {
    if (status < 200) return
    this.status = status
    this.headers = textHeaders(headers)
    this.#hasHeaders = true
    this.#wake()
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
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

  onResponseError(_controller: DispatchController, error: Error): void {
    this.#fail(networkError(error, this.#place()))
  }

  get #phase(): ErrorPhase {
    if (!this.#isSent) return 'connect'
    return this.#hasHeaders ? this.silence.phase : 'headers'
  }

  #place(): NetworkErrorPlace {
    const { origin, secrets } = this.#options
    return { origin, phase: this.#phase, secrets, isReused: this.#isReused }
  }

  readonly #onAbort = (): void => this.#fail(this.#aborted())

  #aborted(): AgentError {
    return new AgentError('The request was aborted.', { code: 'aborted', phase: this.#phase, cause: this.#options.signal.reason })
  }

  /** Waits for headers, bytes or the end, at most as long as the deadline says. */
  #wait(deadline: Deadline): Promise<void> {
    return this.#error === undefined ? this.#patience.wait(deadline) : Promise.reject(this.#error)
  }

  #timeout({ clock, code, phase }: Deadline): AgentError {
    const ms = this.#options.clocks[clock]
    return new AgentError(`${this.#options.origin} was silent for too long (\`timeouts.${clock}\`: ${ms} ms).`, { code, phase, retryable: true })
  }

  #wake(): void {
    const waitedMs = this.#patience.end()
    if (this.#isSilence) this.silence.waited(waitedMs)
    this.#isSilence = false
  }

  #fail(error: AgentError): void {
    if (this.#error !== undefined || this.#hasEnded) return
    this.#error = error
    this.#release()
    this.#controller?.abort(error)
    this.#patience.fail(error)
  }

  #release(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#patience.close()
  }
}

/** By lower-case name, each with one text. */
function textHeaders(headers: DispatchHeaders): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    texts[name.toLowerCase()] = typeof value === 'string' ? value : (value?.join(', ') ?? '')
  }
  return texts
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}

function dispatcherFailed(cause: unknown): AgentError {
  return new AgentError('The dispatcher threw instead of sending the request.', { code: 'internal', phase: 'connect', cause })
}
