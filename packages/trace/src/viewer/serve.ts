import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkNames } from '@capstan/core/internal'
import { passingStart } from './lines.ts'
import { readPage } from './page-file.ts'
import type { RunSource } from './source/source.ts'

/** Options of `serveViewer`. */
export interface ServeOptions {
  /** What was opened, for people. Default: nothing. */
  readonly title?: string
  /** True to keep reading what is added to the runs. Default: false. */
  readonly follow?: boolean
  /** Default: 0, a free port. */
  readonly port?: number
}

/** A viewer that is being served. */
export interface ServedViewer {
  /** The address of the page, with the token that it needs. */
  readonly url: string
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Serves the viewer on the loopback address, to those who have the token in its URL. It only reads: there is no route that changes anything.
 *
 * @throws {AgentError} `invalid-options` for an unknown option.
 * @throws {Error} The error of the system for a port that is in use.
 */
export async function serveViewer(source: RunSource, options: ServeOptions = {}): Promise<ServedViewer> {
  checkNames(options, { names: ['title', 'follow', 'port'], what: 'an option of serveViewer' })
  const { port = 0 } = options
  const viewer = new ViewerServer(source, options)
  await viewer.listen(port)
  return viewer
}

class ViewerServer implements ServedViewer {
  readonly #source: RunSource
  readonly #options: ServeOptions
  readonly #token = randomBytes(24).toString('base64url')
  readonly #closing = new AbortController()
  readonly #server: Server
  #port = 0

  constructor(source: RunSource, options: ServeOptions) {
    this.#source = source
    this.#options = options
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => fail(response, error))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/${this.#token}/`
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(listenProblem(error, port), { cause: error })))
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    // A server that listens has an address of this form.
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setHeaders(response)
    // Another name leads here when a web page lets its own name point to this machine.
    if (!this.#isOwnHost(request.headers.host) || isFromElsewhere(request)) return end(response, 403, 'This address is not allowed.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return end(response, 405, 'The viewer only reads.')
    }
    const url = readURL(request.url)
    const [, token = '', route, ...rest] = url?.pathname.split('/') ?? []
    if (url === undefined || !this.#isToken(token) || rest.length > 0)
      return end(response, 404, 'Not found. Use the complete address that the command printed.')
    if (request.method === 'HEAD') return end(response, 200, '')
    switch (route) {
      case '':
        return this.#sendPage(response)
      case 'runs':
        return sendJson(
          response,
          JSON.stringify({ ...(await this.#source.list()), setup: { title: this.#options.title ?? '', follow: this.#options.follow === true } }),
        )
      case 'run':
        return await this.#sendRun(url.searchParams.get('id') ?? '', request, response)
      case 'exchange':
        return await this.#sendExchange(url.searchParams, response)
      default:
        return end(response, 404, 'Not found.')
    }
  }

  #sendPage(response: ServerResponse): void {
    const { html, policy } = readPage()
    response.setHeader('content-security-policy', policy)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(html)
  }

  /** Sends the lines of a run as they come. The number of a batch is its id: a browser that connects again names the last one it has. */
  async #sendRun(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#closing.signal])
    response.setHeader('content-type', 'text/event-stream; charset=utf-8')
    response.flushHeaders()
    const rest = new LinesBehind(Number(request.headers['last-event-id'] ?? 0) || 0)
    for await (const batch of this.#source.lines(id, this.#options.follow === true ? signal : undefined)) {
      if (signal.aborted) return
      const lines = rest.of(batch)
      if (lines.length > 0 && !response.write(`id: ${rest.count}\n${eventOf(lines)}`)) await drained(response, signal)
    }
    response.end('event: end\ndata: \n\n')
  }

  async #sendExchange(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const number = query.get('number') ?? ''
    const text = /^\d{1,9}$/.test(number) ? await this.#source.exchange(query.get('id') ?? '', Number(number)) : undefined
    if (text === undefined) return end(response, 404, 'There is no such exchange.')
    sendJson(response, text)
  }

  #isOwnHost(host: string | undefined): boolean {
    return host === `127.0.0.1:${this.#port}` || host === `localhost:${this.#port}`
  }

  #isToken(given: string): boolean {
    const [left, right] = [Buffer.from(given), Buffer.from(this.#token)]
    return left.length === right.length && timingSafeEqual(left, right)
  }
}

/** The lines behind those that a page has. Lines, not batches, are counted: a file that grew meanwhile is read in other batches. */
class LinesBehind {
  readonly #known: number
  /** Lines of the run so far, whether the page had them or not. */
  count = 0

  constructor(known: number) {
    this.#known = known
  }

  of(batch: readonly string[]): readonly string[] {
    return batch.filter((line) => {
      if (line.startsWith(passingStart)) return true
      this.count += 1
      return this.count > this.#known
    })
  }
}

function readURL(path = '/'): URL | undefined {
  return URL.canParse(path, 'http://localhost') ? new URL(path, 'http://localhost') : undefined
}

/** True for a request that a page of another origin makes. A browser says so. */
function isFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  // A link on another page may be followed; what it leads to cannot read the answer.
  return headers['sec-fetch-mode'] !== 'navigate'
}

function setHeaders(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('x-content-type-options', 'nosniff')
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(text)
}

function sendJson(response: ServerResponse, json: string): void {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(json)
}

/** What could not be read, such as a file that was removed, is said to the page. */
function fail(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  if (!response.headersSent) return end(response, 500, message)
  const note = { type: 'note', message: `It cannot be read any further: ${message}` }
  response.end(`${eventOf([JSON.stringify(note)])}event: end\ndata: \n\n`)
}

/** A message with several lines: the page gets them joined by line feeds. */
function eventOf(lines: readonly string[]): string {
  // A carriage return would end a line. In JSON it can only be between the tokens of a damaged line.
  return `data: ${lines.join('\ndata: ').replaceAll('\r', ' ')}\n\n`
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.on('drain', done)
    signal.addEventListener('abort', done)
  })
}

function listenProblem({ code, message }: NodeJS.ErrnoException, port: number): string {
  const where = `The viewer cannot listen on port ${port} of 127.0.0.1`
  if (code === 'EADDRINUSE') return `${where}: another program uses it (EADDRINUSE). Choose another port; port 0 takes a free one.`
  if (code === 'EACCES') return `${where}: this user may not use it (EACCES). Choose a port from 1024 on; port 0 takes a free one.`
  return `${where}: ${message}.`
}
