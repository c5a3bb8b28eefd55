import type { Client, ClientOptions, EventsOptions } from './client-types.ts'
import type { ErrorBody, OpenQuestion, ServerEvent } from './protocol.ts'

export type { Client, ClientOptions, EventsOptions } from './client-types.ts'

/** An answer of the server that is not a success. */
export class ServerError extends Error {
  override readonly name: string = 'ServerError'
  readonly status: number
  readonly code: string
  /** When the same request may succeed, in milliseconds; `undefined` when the server does not say. */
  readonly retryAfterMs: number | undefined
  /** The run that is in the way, or what was decided already. */
  readonly details: Partial<ErrorBody['error']>

  constructor(response: Pick<Response, 'status' | 'headers'>, error: Partial<ErrorBody['error']>) {
    super(error.message ?? `The server answered ${response.status}.`)
    this.status = response.status
    this.code = error.code ?? 'unknown'
    this.retryAfterMs = Number(response.headers.get('retry-after')) * 1000 || undefined
    this.details = error
  }
}

/** Makes a client. */
export function connect({ url, headers = () => ({}), fetch: send = (input, init) => globalThis.fetch(input, init) }: ClientOptions): Client {
  async function ask(method: string, path: string, more: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {}): Promise<Response> {
    const { body, signal } = more
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const all = { ...(await headers()), ...(body !== undefined && { 'content-type': 'application/json' }), ...more.headers }
    const response = await send(url.replace(/\/$/, '') + path, { method, ...content, ...(signal && { signal }), headers: all })
    if (response.ok) return response
    const { error = {} } = (await response.json().catch(() => ({}))) as Partial<ErrorBody>
    throw new ServerError(response, error)
  }
  const json = async <Body>(response: Promise<Response>): Promise<Body> => (await (await response).json()) as Body
  const runPath = (runId: string): string => `/runs/${encodeURIComponent(runId)}`
  const open = async (runId: string, last?: string, signal?: AbortSignal): Promise<Response> => {
    const options = { headers: { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) }, ...(signal && { signal }) }
    const response = await ask('GET', `${runPath(runId)}/events`, options)
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response
    await response.body?.cancel()
    // Such as a page of a proxy where people log in: an error that `onRetry` is told, instead of a stream without events.
    throw new TypeError(`${response.url || url} answered ${response.status} without an event stream.`)
  }
  return {
    events: (runId, options = {}) => follow((last) => open(runId, last, options.signal), options),
    start: async ({ idempotencyKey: key, ...body }) => json(ask('POST', '/runs', { body, ...(key !== undefined && { headers: { 'idempotency-key': key } }) })),
    run: async (runId) => json(ask('GET', runPath(runId))),
    runs: async (query = {}) => json(ask('GET', `/runs?${new URLSearchParams(query)}`)),
    decide: async (runId, answers) => json(ask('POST', `${runPath(runId)}/decisions`, { body: { answers } })),
    stop: async (runId) => void (await ask('POST', `${runPath(runId)}/stop`)),
    questions: async () => (await json<{ questions: readonly OpenQuestion[] }>(ask('GET', '/questions'))).questions,
    sessions: async (query = {}) => (await json<{ sessions: [] }>(ask('GET', `/sessions?${new URLSearchParams(query)}`))).sessions,
    session: async (name) => json(ask('GET', `/sessions/${encodeURIComponent(name)}`)),
    deleteSession: async (name) => void (await ask('DELETE', `/sessions/${encodeURIComponent(name)}`)),
  }
}

async function* follow(open: (last?: string) => Promise<Response>, options: EventsOptions): AsyncGenerator<ServerEvent, void> {
  let { after: last } = options
  const { signal, onId } = options
  for (let failures = 0; !signal?.aborted; failures++) {
    let delayMs = backOff(failures)
    try {
      for await (const { id, event } of readEvents(await open(last))) {
        failures = 0
        last = id ?? last
        if (id !== undefined) onId?.(id)
        if (event.type === 'reconnect') delayMs = event.retryMs
        else yield event
        if ('isLast' in event) return
      }
    } catch (error) {
      delayMs = delayAfter(error, delayMs, options)
    }
    await pause(delayMs, signal)
  }
}

async function* readEvents({ body }: Response): AsyncGenerator<{ readonly id: string | undefined; readonly event: ServerEvent }> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let [buffer, heardAt] = ['', Date.now()]
  // The server says something every 15 seconds, so a connection that is silent for longer is dead.
  const watch = setInterval(() => Date.now() - heardAt > 45_000 && reader?.cancel(), 5_000)
  try {
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
      heardAt = Date.now()
      const blocks = (buffer + step.value).split('\n\n')
      buffer = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]))
        const data = fields.get('data')
        if (data !== undefined) yield { id: fields.get('id'), event: JSON.parse(data) as ServerEvent }
      }
    }
  } finally {
    clearInterval(watch)
    await reader?.cancel().catch(() => undefined)
  }
}

/** What to wait before the next try, of which the caller is told; throws an error that the next try would give again. */
function delayAfter(error: unknown, delayMs: number, { signal, onRetry }: EventsOptions): number {
  if (signal?.aborted) return 0
  const asked = error instanceof ServerError ? (error.retryAfterMs ?? 0) : 0
  if (error instanceof ServerError && error.status !== 429 && error.status < 500) throw error
  const longer = Math.max(delayMs, asked)
  onRetry?.(longer, error)
  return longer
}

/** A random part keeps clients of a server that comes back from asking all at once. */
function backOff(failures: number): number {
  return failures === 0 ? 0 : Math.min(15_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2)
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
