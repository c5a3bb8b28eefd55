import { SendError, type Sender } from '../shared/outbox.ts'
import { splitText } from '../shared/split-text.ts'

export interface SlackApiOptions {
  /** Default: `https://slack.com/api`. */
  readonly url?: string
  /** The bot token of each workspace, by its id. */
  readonly tokens: Readonly<Record<string, string>>
}

// Slack recommends at most 4,000 characters, and the escapes of `escaped` count.
const messageCharacters = 3_900
const passing = new Set(['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])

/** Names a channel, or a thread of it, over workspaces: the id of its session. */
export function channelName({ team, channel, thread }: { readonly team: string; readonly channel: string; readonly thread: string | undefined }): string {
  return ['slack', team, channel, ...(thread === undefined ? [] : [thread])].join('/')
}

/** Sends texts with `chat.postMessage`. What a model wrote can mention nobody, and is shown as it is. */
export function slackSender({ url = 'https://slack.com/api', tokens }: SlackApiOptions): Sender {
  return {
    split: (text) => splitText(text, { limit: messageCharacters, size: (part) => escaped(part).length }),
    async send(name, message, key) {
      const [, team = '', channel = '', thread] = name.split('/')
      // The key lets people see a message that was sent twice, because the process died before it knew of the first.
      const metadata = { event_type: 'capstan_message', event_payload: { key } }
      const body = {
        channel,
        text: escaped(message),
        mrkdwn: false,
        unfurl_links: false,
        unfurl_media: false,
        metadata,
        ...(thread !== undefined && { thread_ts: thread }),
      }
      const headers = { authorization: `Bearer ${tokens[team] ?? ''}`, 'content-type': 'application/json; charset=utf-8' }
      const response = await fetch(`${url}/chat.postMessage`, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) })
      if (response.status === 429) throw new SendError('Slack asks to wait', retryAfterMs(response.headers.get('retry-after')))
      if (response.status >= 500) throw new Error(`Slack answered with status ${response.status}`)
      const { ok, error } = (await response.json()) as { readonly ok: boolean; readonly error?: string }
      if (!ok) throw passing.has(error ?? '') ? new Error(`Slack answered: ${error}`) : new SendError(`Slack answered: ${error}`, undefined)
    },
  }
}

/** What people read of a text that came from Slack: `&lt;` is `<`, and mentions are names. */
export function unescaped(text: string): string {
  return text
    .replace(/<[@#!]([^>|]*)(?:\|([^>]*))?>/g, (_, id, label) => `@${label ?? id}`)
    .replace(/<([^>|]*)(?:\|[^>]*)?>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? 1)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1_000 : 1_000
}
