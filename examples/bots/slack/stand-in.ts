import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { sign } from './signature.ts'

/** A message that the bot sent. */
export interface Posted {
  readonly channel: string
  readonly text: string
  readonly thread_ts?: string
  readonly metadata: { readonly event_payload: { readonly key: string } }
}

/** What the stand-in answers to a message; `undefined` takes it. */
export type Refusal = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: object } | undefined

/** A stand-in for Slack on this machine: it takes messages, and sends signed events. */
export interface StandIn {
  readonly url: string
  /** Messages in order, and with which headers they came. */
  readonly posted: readonly (Posted & { readonly headers: IncomingHttpHeaders })[]
  /** Waits for a message that has not been waited for. Those before it are skipped. */
  reads(pattern: RegExp): Promise<Posted>
  close(): void
}

/** @param refuse - Decides what to answer to a message. Default: each is taken. */
export async function startStandIn(refuse: (message: Posted) => Refusal = () => undefined): Promise<StandIn> {
  const posted: (Posted & { readonly headers: IncomingHttpHeaders })[] = []
  const waiting = new Set<() => void>()
  let seen = 0
  const server = createServer(async (request, response) => {
    const message = (await json(request)) as Posted
    const { status = 200, headers = {}, body = { ok: true } } = refuse(message) ?? {}
    if (status === 200 && 'ok' in body && body.ok === true) posted.push({ ...message, headers: request.headers })
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    for (const check of waiting) check()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    posted,
    reads: async (pattern) =>
      await new Promise((resolve) => {
        const check = (): void => {
          const index = posted.findIndex(({ text }, at) => at >= seen && pattern.test(text))
          const found = posted[index]
          if (found === undefined) return
          seen = index + 1
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
      }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Where events go to, and with which secret they are signed. */
export interface Receiver {
  readonly url: string
  readonly signingSecret: string
}

export interface EventOptions {
  /** Default: a new one. */
  readonly eventId?: string
  readonly team?: string
  readonly channel?: string
  /** Default: `U2ann`. */
  readonly user?: string
  /** Over those of a mention. */
  readonly event?: Readonly<Record<string, unknown>>
  /** Over those of the request. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a mention of the bot as Slack does: `mention(receiver, 'Is db-1 up?')`. */
export async function mention(receiver: Receiver, text: string, options: EventOptions = {}): Promise<Response> {
  const { eventId = `Ev${crypto.randomUUID().replaceAll('-', '')}`, team = 'T1team', channel = 'C1ops', user = 'U2ann', event, headers } = options
  const mentioned = { type: 'app_mention', user, channel, text: `<@U1bot> ${text}`, ts: '1700000000.000100', ...event }
  const delivery = { type: 'event_callback', team_id: team, event_id: eventId, event: mentioned, authorizations: [{ user_id: 'U1bot' }] }
  return await sendSigned(receiver, JSON.stringify(delivery), headers)
}

/** Sends a signed body. */
export async function sendSigned({ url, signingSecret }: Receiver, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': sign(signingSecret, timestamp, body) }
  return await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...signed, ...headers } })
}
