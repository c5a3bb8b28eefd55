import type { JsonObject } from '@capstan/core'
import { clocksOf, limitsOf } from './check-settings.ts'
import { prepareConnection } from './connection.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ConnectionSettings } from './settings.ts'

/** An answer as it came, for programs that look at the wire itself. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The data of the events of a stream, in order. */
  readonly events: readonly string[]
  /** A body that is no event stream. */
  readonly text: string
}

/**
 * Sends a body as it is to an endpoint, once, and reads the whole answer: nothing is checked, repaired or repeated.
 *
 * @throws {AgentError} A `network-` or `-timeout` error, `response-too-large`, `missing-key` or `aborted`; no status is an error.
 */
export async function sendRaw(settings: ConnectionSettings & { readonly baseURL: string }, body: JsonObject, signal: AbortSignal): Promise<RawAnswer> {
  const connection = prepareConnection(settings)
  const { headers, secrets } = connection.headers(body['stream'] === true ? 'text/event-stream' : 'application/json')
  const clocks = clocksOf(settings, plainProfile)
  const { post } = await import('./transport/post.ts')
  const answer = post({
    origin: connection.origin,
    path: connection.path,
    headers,
    body: Buffer.from(JSON.stringify(body)),
    signal,
    clocks: body['stream'] === true ? clocks : { ...clocks, headersMs: clocks.firstContentMs },
    limits: limitsOf(settings, plainProfile),
    dispatcher: settings.dispatcher,
    secrets,
  })
  await answer.open()
  const events: string[] = []
  const texts: string[] = []
  try {
    for (let batch = await answer.read(); batch !== undefined; batch = await answer.read()) {
      for (const payload of batch.payloads) {
        if (payload.kind === 'event') events.push(payload.data)
        else texts.push(payload.text)
      }
      answer.heard(batch.payloads.length > 0)
      // A server may leave its connection open after the end mark.
      if (events.at(-1)?.startsWith('[DONE]') === true) break
    }
    await answer.drain()
  } finally {
    answer.close()
  }
  return { status: answer.status, headers: answer.headers, events, text: texts.join('') }
}
