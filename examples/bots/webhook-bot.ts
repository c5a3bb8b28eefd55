import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Agent } from 'capstan'
import { ChannelBot, type Incoming } from './shared/channel-bot.ts'
import { isFromSlack } from './slack/signature.ts'
import { channelName, type SlackApiOptions, slackSender, unescaped } from './slack/slack-api.ts'

export interface WebhookBotOptions {
  readonly agent: Agent
  readonly folder: string
  /** Default: a free one. */
  readonly port?: number
  /** Default: 127.0.0.1, behind a proxy that has the certificate. */
  readonly host?: string
  readonly signingSecret: string
  readonly api: SlackApiOptions
  /** Who may decide: `T024BE7LD/U0G9QF9C6`, a workspace and a user. */
  readonly owners: readonly string[]
}

export interface WebhookBot {
  /** Where events are sent to. */
  readonly url: string
  /** Lets work in progress end, for at most 8 seconds by default. The next process continues the rest. */
  close(graceMs?: number): Promise<void>
}

/** What is used of an event. @see https://docs.slack.dev/reference/events/app_mention */
interface SlackEvent {
  readonly type: string
  readonly subtype?: string
  readonly bot_id?: string
  readonly user?: string
  readonly text?: string
  readonly channel?: string
  readonly channel_type?: string
  readonly thread_ts?: string
  readonly edited?: object
}

interface Delivery {
  readonly type: string
  readonly challenge?: string
  readonly team_id?: string
  readonly event_id?: string
  readonly event?: SlackEvent
  readonly authorizations?: readonly { readonly user_id?: string }[]
}

const maxBodyBytes = 1_000_000

/** Starts a bot that Slack sends events to. */
export async function startWebhookBot({ agent, folder, port = 0, host = '127.0.0.1', signingSecret, api, owners }: WebhookBotOptions): Promise<WebhookBot> {
  const bot = await ChannelBot.open({ agent, folder, deciders: 'owners of this bot', ...slackSender(api) })
  await bot.recover()

  // region answer
  /** The status and the text with which a request is answered. The work comes afterwards. */
  async function answer(request: IncomingMessage): Promise<readonly [status: number, text: string]> {
    if (request.method !== 'POST' || request.url !== '/slack/events') return [404, 'There is only POST /slack/events.']
    const body = await readBody(request)
    if (body === undefined) return [413, 'The body is too large.']
    if (!isFromSlack({ timestamp: header(request, 'x-slack-request-timestamp'), signature: header(request, 'x-slack-signature'), body }, signingSecret))
      return [401, 'The signature is not that of Slack, or it is older than five minutes.']
    const delivery = readDelivery(body)
    if (delivery === undefined) return [400, 'The body is not an event.']
    if (delivery.type === 'url_verification') return [200, delivery.challenge ?? '']
    const message = messageOf(delivery)
    // Resolves when the disk has the message. If it fails, Slack sends the event again.
    if (message !== undefined) await bot.receive(message)
    return [200, '']
  }
  // endregion

  function messageOf({ type, event, event_id: eventId = '', team_id: team = '', authorizations = [] }: Delivery): Incoming | undefined {
    const { user, channel, thread_ts: thread, text = '' } = event ?? {}
    if (type !== 'event_callback' || event === undefined || user === undefined || channel === undefined || !isMessageForMe(event)) return undefined
    const isOurs = Object.hasOwn(api.tokens, team) && [team, channel, eventId, user].every((id) => /^\w{2,40}$/.test(id)) && /^[\d.]*$/.test(thread ?? '')
    // Its own messages come back as events.
    if (!isOurs || authorizations.some(({ user_id: id }) => id === user)) return undefined
    const name = channelName({ team, channel, thread })
    const words = unescaped(text.replace(/^\s*<@\w+(?:\|[^>]*)?>[:,]?\s*/, ''))
    return { id: `slack-${team}-${eventId}`, channel: name, author: user, text: words, isKnown: owners.includes(`${team}/${user}`) }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, text]) => response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...(status === 413 && { connection: 'close' }) }).end(text),
      (error: unknown) => {
        console.error('An event was not taken:', error)
        response.writeHead(500).end()
      },
    )
  })
  server.requestTimeout = 10_000
  await once(server.listen(port, host), 'listening')
  return { url: `http://${host}:${portOf(server)}/slack/events`, close: async (graceMs) => await closeBoth(server, bot, graceMs) }
}

/** A mention in a channel, or a direct message to the bot; not one of a bot, and not one that was edited. The same words come as another event, too. */
function isMessageForMe({ type, subtype, bot_id: botId, channel_type: where, edited }: SlackEvent): boolean {
  const isForMe = type === 'app_mention' || (type === 'message' && where === 'im')
  return isForMe && subtype === undefined && botId === undefined && edited === undefined
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readDelivery(body: Buffer): Delivery | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    // It is signed, so it has the form that Slack documents.
    return typeof value === 'object' && value !== null ? (value as Delivery) : undefined
  } catch {
    return undefined
  }
}

function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function closeBoth(server: Server, bot: ChannelBot, graceMs?: number): Promise<void> {
  server.close()
  await bot.close(graceMs)
  server.closeAllConnections()
}
