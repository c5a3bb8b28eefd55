import type { JsonObject } from '@capstan/core'
import { clocksOf, limitsOf } from './check-settings.ts'
import { prepareConnection } from './connection.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ConnectionSettings } from './settings.ts'
import type { Exchange } from './transport/exchange.ts'
import type { Payload, PayloadReader } from './transport/payload-reader.ts'

/** A response as it came, for programs that look at the wire itself. */
export interface RawResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The data of the events of a stream, in order. */
  readonly events: readonly string[]
  /** A body that is not an event stream. */
  readonly text: string
}

/**
 * Sends a body unchanged to an endpoint, once, and reads the complete response: nothing is checked, repaired or repeated.
 *
 * @throws {AgentError} A `network-` or `-timeout` error, `response-too-large`, `missing-key` or `aborted`. A status is never an error.
 */
export async function sendRaw(settings: ConnectionSettings & { readonly baseURL: string }, body: JsonObject, signal: AbortSignal): Promise<RawResponse> {
  const connection = prepareConnection(settings)
  const { headers, secrets } = connection.headers(body['stream'] === true ? 'text/event-stream' : 'application/json')
  const clocks = clocksOf(settings, plainProfile)
  const [{ Exchange }, { PayloadReader }] = await Promise.all([import('./transport/exchange.ts'), import('./transport/payload-reader.ts')])
  const limits = limitsOf(settings, plainProfile)
  const exchange = new Exchange({
    origin: connection.origin,
    path: connection.path,
    headers,
    body: Buffer.from(JSON.stringify(body)),
    signal,
    clocks: body['stream'] === true ? clocks : { ...clocks, headersMs: clocks.firstContentMs },
    maxBytes: limits.responseBytes,
    dispatcher: settings.dispatcher,
    secrets,
    observation: undefined,
  })
  await exchange.send()
  const payloads: Payload[] = []
  try {
    await readAll(exchange, new PayloadReader(limits.eventBytes), payloads)
  } finally {
    exchange.close()
  }
  const events = payloads.flatMap((payload) => (payload.kind === 'event' ? [payload.data] : []))
  const text = payloads.map((payload) => (payload.kind === 'document' ? payload.text : '')).join('')
  return { status: exchange.status, headers: exchange.headers, events, text }
}

async function readAll(exchange: Exchange, reader: PayloadReader, payloads: Payload[]): Promise<void> {
  for (;;) {
    if (!exchange.isReady) await exchange.more()
    const before = payloads.length
    const chunks = exchange.take()
    if (chunks === undefined) break
    for (const chunk of chunks) reader.feed(chunk, payloads)
    exchange.silence.note(payloads.length > before || reader.kind === 'document' ? 'content' : 'keep-alive')
    // A server may leave its connection open after the end mark.
    if (payloads.slice(before).some((payload) => payload.kind === 'event' && payload.data.startsWith('[DONE]'))) return await exchange.drain()
  }
  reader.end(payloads)
  await exchange.drain()
}
