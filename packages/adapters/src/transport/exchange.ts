import { AgentError, type DispatchController, type Dispatcher, type DispatchHandler, type DispatchHeaders, type ErrorPhase } from '@capstan/core'
import { connectionsTo, sharedAgent } from './dispatcher.ts'
import type { ExchangeOptions } from './exchange-options.ts'
import { encodingOf, textHeaders } from './headers.ts'
import { Inflater, isEncoding } from './inflate.ts'
import { dispatchError, networkError } from './network-error.ts'
import { nextTurn } from './next-turn.ts'
import { Patience } from './patience.ts'
import { type Deadline, Silence } from './silence.ts'

/** Bytes that may wait for the consumer before the socket is paused. */
const highWaterBytes = 256 * 1024
/** How long, and for how many bytes, the end of a body is waited for once everything in it that counts was read. */
const drainDeadline: Deadline = { clock: 'gapMs', code: 'stream-timeout', phase: 'finish', leftMs: 100 }
const drainBytes = 64 * 1024
/** How long an error page is read. */
const textMs = 5_000

/**
 * One HTTP exchange: sends a request and returns the chunks of the response, one wait at a time. It settles exactly once: by the end
 * of the body, a network error, a clock, the signal or `close()`. After that no timer and no listener is left.
 */
export class Exchange implements DispatchHandler {
  status = 0
  /** By lower-case name. */
  headers: Readonly<Record<string, string>> = {}
  readonly silence: Silence
  readonly #options: ExchangeOptions
  readonly #dispatcher: Dispatcher
  /** Our own agent: a dispatcher of the settings may send through it. */
  readonly #next: Dispatcher
  readonly #patience: Patience
  #controller: DispatchController | undefined
  /** Created for a body that is compressed. */
  #inflater: Inflater | undefined
  #chunks: Buffer[] = []
  #queuedBytes = 0
  #receivedBytes = 0
  #connectionsBefore: number | undefined
  #isSent = false
  /** True when the request went over a connection that had been idle. */
  #isReused = false
  #hasHeaders = false
  /** True when the body is complete: nothing can break the exchange any more. */
  #isComplete = false
  /** True when its end is reported. */
  #hasEnded = false
  #isDraining = false
  #error: AgentError | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#next = sharedAgent(options.clocks.connectMs)
    this.#dispatcher = options.dispatcher ?? this.#next
    this.silence = new Silence(options.clocks)
    this.#patience = new Patience(this.#onLate)
  }

  /**
   * Sends the request and waits for the headers of the response. Call it once.
   *
   * @throws {AgentError} A `network-` or `-timeout` error, or `aborted`.
   */
  send(): Promise<void> {
    const { signal } = this.#options
    if (signal.aborted) this.#fail(this.#aborted())
    else {
      signal.addEventListener('abort', this.#onAbort, { once: true })
      this.#dispatch()
    }
    // Some dispatchers, such as undici's MockAgent, answer inside `dispatch()`.
    return this.#hasHeaders ? Promise.resolve() : this.#wait(this.#untilHeaders())
  }

  #untilHeaders(): Deadline {
    const { connectMs, headersMs } = this.#options.clocks
    if (this.#isSent) return { clock: 'headersMs', code: 'headers-timeout', phase: 'headers', leftMs: headersMs }
    return { clock: 'connectMs', code: 'connect-timeout', phase: 'connect', leftMs: connectMs }
  }

  #dispatch(): void {
    const { origin, path, headers, body } = this.#options
    this.#connectionsBefore = connectionsTo(this.#dispatcher, origin)
    try {
      // undici's own clocks are off: they know neither keep-alives nor a busy consumer.
      const request = { origin, path, method: 'POST', headers: { ...headers }, body, headersTimeout: 0, bodyTimeout: 0 } as const
      this.#dispatcher.dispatch(request, this, this.#next)
    } catch (error) {
      this.#fail(dispatchError(error, this.#context()))
    }
  }

  /** True when `take` has something to return: chunks, or the end. */
  get isReady(): boolean {
    return this.#chunks.length > 0 || this.#hasEnded
  }

  /** The encoding of the body, where it cannot be read. */
  get unreadableEncoding(): string | undefined {
    const encoding = encodingOf(this.headers)
    return encoding === '' || encoding === 'identity' || isEncoding(encoding) ? undefined : encoding
  }

  /**
   * Waits for bytes or the end of the body. The time counts as silence.
   *
   * @throws {AgentError} What broke the exchange; chunks that came before it are returned first.
   */
  more(): Promise<void> {
    return this.#wait(this.silence.next())
  }

  /**
   * The chunks that came since the last call; none while a compressed body has not yielded any text.
   *
   * @returns `undefined` at the end of the body.
   * @throws {AgentError} `aborted`, whatever came before.
   */
  take(): readonly Buffer[] | undefined {
    if (this.#error?.code === 'aborted') throw this.#error
    if (this.#chunks.length === 0 && this.#hasEnded) return undefined
    const chunks = this.#chunks
    this.#chunks = []
    this.#queuedBytes = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    this.#inflater?.resume()
    return chunks
  }

  /**
   * The beginning of a body that is read as text, such as an error page: at most `maxBytes` and 5 s, then the rest is cancelled. A
   * body that breaks returns what came of it.
   *
   * @throws {AgentError} Only `aborted`.
   */
  async readText(maxBytes: number): Promise<string> {
    const end = performance.now() + textMs
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
    return Buffer.concat(chunks).toString('utf8', 0, Math.min(bytes, maxBytes))
  }

  /**
   * Lets the body end, so that its socket is used again; a body that does not end within 100 ms and 64 KiB is cancelled. What still
   * comes is dropped. Never throws.
   */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#chunks = []
    this.#queuedBytes = 0
    this.#inflater?.close()
    if (this.#controller?.paused === true) this.#controller.resume()
    if (!this.#hasEnded) await this.#wait(drainDeadline).catch(() => undefined)
    this.close()
  }

  /** Ends the exchange: a body that is still coming is cancelled and its socket destroyed. Never throws. */
  close(): void {
    if (this.#isComplete || this.#error !== undefined) return
    this.#fail(new AgentError('The response was closed before its end.', { code: 'aborted', phase: this.#phase }))
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    // It failed while it was waiting for a connection.
    if (this.#error !== undefined) return controller.abort(this.#error)
    this.#isReused = this.#connectionsBefore !== undefined && connectionsTo(this.#dispatcher, this.#options.origin) === this.#connectionsBefore
    this.#isSent = true
    if (this.#patience.isWaiting) this.#patience.until(this.#untilHeaders())
  }

  onResponseStart(_controller: DispatchController, status: number, headers: DispatchHeaders): void {
    if (status < 200) return
    this.status = status
    this.headers = textHeaders(headers)
    this.#hasHeaders = true
    this.#options.observation?.headers(status, this.headers)
    const encoding = encodingOf(this.headers)
    if (isEncoding(encoding)) {
      this.#inflater = new Inflater(encoding, {
        onData: (chunk) => this.#receive(chunk),
        onEnd: () => this.#end(),
        onBroken: (error) => this.#fail(error),
      })
    }
    // The wait for the headers is not silence of the body.
    this.#patience.end()
  }

  onResponseData(_controller: DispatchController, chunk: Buffer): void {
    if (this.#error === undefined && !this.#isComplete) this.#options.observation?.chunk(chunk)
    if (this.#inflater === undefined || this.#isDraining) return this.#receive(chunk)
    this.#inflater.write(chunk)
    this.#wake()
  }

  onResponseEnd(): void {
    if (!this.#hasHeaders) this.#fail(dispatchError('It ended the response before its headers.', this.#context()))
    else if (this.#inflater === undefined || this.#isDraining) this.#end()
    else this.#inflater.end()
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    this.#fail(networkError(error, this.#context()))
  }

  #receive(chunk: Buffer): void {
    if (this.#error !== undefined) return
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes > this.#options.maxBytes) {
      const message = `The response is longer than ${this.#options.maxBytes} bytes. Ask for less, or raise \`limits.responseBytes\`.`
      return this.#fail(new AgentError(message, { code: 'response-too-large', phase: this.#phase }))
    }
    this.#queuedBytes += chunk.length
    if (this.#isDraining) return this.#queuedBytes > drainBytes ? this.close() : undefined
    this.#chunks.push(chunk)
    if (this.#queuedBytes > highWaterBytes) {
      this.#controller?.pause()
      this.#inflater?.pause()
    }
    this.#wake()
  }

  /** Reports the end of the body one turn later: undici has freed the socket by then, and the next request can use it. */
  #end(): void {
    if (this.#error !== undefined || this.#isComplete) return
    this.#isComplete = true
    this.#options.observation?.end()
    // Not at once: undici asks for its own turn after this callback, and must get it first.
    void Promise.resolve()
      .then(nextTurn)
      .then(() => {
        this.#hasEnded = true
        this.#release()
        this.#wake()
      })
  }

  get #phase(): ErrorPhase {
    if (!this.#isSent) return 'connect'
    return this.#hasHeaders ? this.silence.phase : 'headers'
  }

  #context(): { readonly origin: string; readonly phase: ErrorPhase; readonly secrets: readonly string[]; readonly isReused: boolean } {
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

  readonly #onLate = ({ clock, code, phase }: Deadline): void => {
    if (phase === 'finish') return this.#cutOff()
    const { origin, clocks } = this.#options
    const message = `${origin} was silent for too long (\`timeouts.${clock}\`: ${clocks[clock]} ms).`
    this.#fail(new AgentError(message, { code, phase, retryable: true }))
  }

  /** A body that has its finish reason and then stays open without a byte counts as ended. */
  #cutOff(): void {
    this.#end()
    this.#controller?.abort(new Error('The end of the response did not come in time.'))
  }

  #wake(): void {
    this.silence.addWait(this.#patience.end())
  }

  #fail(error: AgentError): void {
    if (this.#error !== undefined || this.#isComplete) return
    this.#error = error
    this.#options.observation?.error(error)
    this.#release()
    this.#inflater?.close()
    this.#controller?.abort(error)
    this.#patience.fail(error)
  }

  #release(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#patience.close()
  }
}
