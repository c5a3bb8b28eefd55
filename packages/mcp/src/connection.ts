import type { Client, Progress, RequestOptions } from '@modelcontextprotocol/client'
import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import { ConnectionFailure, LostRequest } from './failure.ts'
import { requestScope } from './http/bounded-fetch.ts'
import { type Link, type LinkOptions, openLink } from './link.ts'

/** One request to a server. */
export interface RequestCall {
  readonly signal?: AbortSignal | undefined
  /** Default: the option of the server. */
  readonly timeoutMs?: number
  readonly onprogress?: (progress: Progress) => void
}

/** What is done with a client. */
export type ClientWork<Result> = (client: Client, options: RequestOptions) => Promise<Result>

/** How a connection reports that it is another one now. */
export interface ConnectionOptions extends LinkOptions {
  /** The server was started or reached again: it may have other tools. They are read with the given function, before any other request. */
  onReopened(request: Request): Promise<void>
}

/** Sends a request. */
export type Request = <Result>(work: ClientWork<Result>, call?: RequestCall) => Promise<Result>

/** A server, over all its links: when one ends, the next request opens another, a bounded number of times. */
export class Connection {
  readonly #options: ConnectionOptions
  #link: Link
  #opening: Promise<Link> | undefined
  /** Since the last request that was answered. */
  #restarts = 0
  #isClosed = false

  private constructor(link: Link, options: ConnectionOptions) {
    this.#link = link
    this.#options = options
  }

  /** @throws {ConnectionFailure} */
  static async open(options: ConnectionOptions): Promise<Connection> {
    return new Connection(await openLink(options), options)
  }

  /** The client of the current link. */
  get client(): Client {
    return this.#link.client
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Sends a request on a link that works.
   *
   * @throws {ConnectionFailure} If there is none, or it ends before the answer.
   * @throws What the client throws.
   */
  readonly request: Request = async (work, call = {}) => {
    const link = await this.#working(call.signal)
    try {
      return await this.#answered(this.#send(link, work, call))
    } catch (error) {
      // The server forgot the session, so it did not read the request: over a new one it is sent once more.
      if (!isForgotten(error, link)) throw error
      link.lose('the server forgot the session')
      return await this.#answered(this.#send(await this.#working(call.signal), work, call))
    }
  }

  /** Ends the server. Requests that wait are rejected. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true
    const opening = await this.#opening?.catch(() => undefined)
    await Promise.all([this.#link.close(), opening?.close()])
  }

  /** A refusal is an answer, too. */
  async #answered<Result>(sent: Promise<Result>): Promise<Result> {
    try {
      const result = await sent
      this.#restarts = 0
      return result
    } catch (error) {
      if (error instanceof ProtocolError) this.#restarts = 0
      throw error
    }
  }

  async #send<Result>(
    link: Link,
    work: ClientWork<Result>,
    { signal, timeoutMs = this.#options.settings.timeoutMs, onprogress }: RequestCall,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const controller = new AbortController()
    let fail: (error: Error) => void = () => undefined
    const failed = new Promise<never>((_, reject) => {
      fail = reject
    })
    // The server is not told why: the reason may say something about the run.
    const cancel = (): void => controller.abort(new Error('The request was cancelled.'))
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const options: RequestOptions = { signal: controller.signal, timeout: timeoutMs, ...(onprogress !== undefined && { onprogress }) }
      return await Promise.race([requestScope.run({ fail }, () => work(link.client, options)), failed])
    } catch (error) {
      signal?.throwIfAborted()
      if (link.lost !== undefined) throw new LostRequest(link.lost)
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      // The client stops waiting, also for what failed here.
      cancel()
    }
  }

  async #working(signal: AbortSignal | undefined): Promise<Link> {
    if (this.#isClosed) throw new ConnectionFailure('it was closed')
    if (this.#link.lost === undefined) return this.#link
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined
    })
    return await untilAborted(this.#opening, signal)
  }

  async #reopen(): Promise<Link> {
    const { settings } = this.#options
    const why = this.#link.lost ?? ''
    if (this.#restarts >= settings.maxRestarts) {
      throw new ConnectionFailure(`${why}. It was started ${this.#restarts} times without an answer, and is not started again`)
    }
    this.#restarts++
    await this.#link.close()
    const link = await openLink(this.#options)
    if (this.#isClosed) {
      await link.close()
      throw new ConnectionFailure('it was closed')
    }
    this.#link = link
    // On this link only: another one is not opened before this function ends.
    await this.#options.onReopened((work, call = {}) => this.#send(link, work, call))
    return link
  }
}

/** HTTP 404 for a session means that it is over. */
function isForgotten(error: unknown, { transport }: Link): boolean {
  return error instanceof SdkHttpError && error.status === 404 && 'sessionId' in transport && transport.sessionId !== undefined
}

async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return await work
  signal.throwIfAborted()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
