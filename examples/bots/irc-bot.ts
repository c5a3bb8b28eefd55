/// <reference path="./irc/irc-framework.d.ts" />
import { setTimeout } from 'node:timers/promises'
import type { Agent } from 'capstan'
import irc, { type Client, type IrcMessage } from 'irc-framework'
import { ircLines, plainText } from './irc/irc-lines.ts'
import { OneTimeCodes, withoutCode } from './irc/one-time-codes.ts'
import { ChannelBot, isForBot } from './shared/channel-bot.ts'

export interface IrcBotOptions {
  readonly agent: Agent
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly tls?: boolean
  readonly nick: string
  readonly channels: readonly string[]
  /** Account of the bot, for SASL. */
  readonly account?: { readonly account: string; readonly password: string }
  /** Accounts of people who may decide, on networks where the server says who is logged in. */
  readonly owners: readonly string[]
  /** Makes codes for people who may decide, on all networks. In base 32. */
  readonly codeSecret: string
  /** Between two attempts to connect, at first. Default: 1,000. */
  readonly reconnectMs?: number
}

/** A bot on an IRC server. It connects again whenever the server is gone, and answers what is addressed to it in its channels. */
export class IrcBot {
  readonly #options: IrcBotOptions
  readonly #client: Client
  readonly #joined: Set<string>
  readonly #bot: ChannelBot
  readonly #codes: OneTimeCodes
  readonly #closing = new AbortController()
  #failures = 0
  /** The messages of a channel are handled in the order in which they came. */
  readonly #heard = new Map<string, Promise<void>>()

  private constructor(options: IrcBotOptions, bot: ChannelBot, { client, joined }: { readonly client: Client; readonly joined: Set<string> }) {
    this.#options = options
    this.#client = client
    this.#joined = joined
    this.#bot = bot
    this.#codes = new OneTimeCodes(options.codeSecret, bot.outbox)
  }

  static async start(options: IrcBotOptions): Promise<IrcBot> {
    const { agent, folder } = options
    const client = new irc.Client()
    const joined = new Set<string>()
    const send = async (channel: string, line: string): Promise<void> => {
      if (!joined.has(channel)) throw new Error(`not in ${channel}`)
      await sayIn(client, channel, line)
    }
    const deciders = 'owners who are logged in, or add a one-time code (yes 1a2b 123456),'
    const channels = await ChannelBot.open({ agent, folder, deciders, split: ircLines, send, maxQuestionCharacters: 2_000 })
    const bot = new IrcBot(options, channels, { client, joined })
    // What was left takes its place before new messages come. Its answers wait until the bot is in its channels.
    await channels.recover()
    bot.#connect()
    return bot
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#heard.values())
    await this.#bot.close()
    this.#client.quit('bye')
  }

  #connect(): void {
    const client = this.#client
    const { host, port, tls = false, nick, account, channels, reconnectMs = 1_000 } = this.#options
    client.on('registered', () => {
      this.#failures = 0
      for (const channel of channels) client.join(channel)
    })
    client.on('nick in use', () => client.changeNick(`${client.user.nick}_`))
    client.on('join', (event) => this.#isMe(event.nick) && this.#joined.add(client.caseLower(event.channel)))
    client.on('part', (event) => this.#isMe(event.nick) && this.#joined.delete(client.caseLower(event.channel)))
    client.on('kick', ({ kicked, channel }) => this.#isMe(kicked) && void this.#joinAgain(channel))
    client.on('socket close', () => this.#joined.clear())
    client.on('close', () => void this.#connectAgain(Math.min(60_000, reconnectMs * 2 ** this.#failures++)))
    const report = (error: unknown): void => console.error('A message was not read:', error)
    // What is said in private would belong to whoever takes the nick next, so only channels are read.
    client.on('privmsg', (message) => {
      const channel = client.caseLower(message.target)
      const before = this.#heard.get(channel) ?? Promise.resolve()
      if (this.#joined.has(channel)) this.#heard.set(channel, before.then(() => this.#hear(channel, message)).catch(report))
    })
    client.connect({ host, port, tls, nick, username: nick, gecos: 'a Capstan bot', auto_reconnect: false, version: null, ...(account && { account }) })
  }

  // region hear
  async #hear(channel: string, { nick, message, account, batch, from_server: isServer }: IrcMessage): Promise<void> {
    // What is played back was said before.
    if (isServer || batch !== undefined || this.#isMe(nick)) return
    const text = plainText(message)
    const [, name = '', rest = ''] = /^(\S+?)[:,]\s*(.*)$/.exec(text) ?? []
    const isAddressed = this.#isMe(name)
    const said = isAddressed ? rest : text
    if (!isAddressed && !isForBot(said)) return
    const [decision, code] = withoutCode(said)
    const isOwner = account !== undefined && this.#client.network.cap.isEnabled('account-tag') && this.#options.owners.includes(account)
    const isKnown = isOwner || (code !== undefined && (await this.#codes.accept(code)))
    await this.#bot.receive({ id: `irc-${Date.now()}-${crypto.randomUUID()}`, channel, author: nick, text: decision, isKnown })
  }
  // endregion

  #isMe(nick: string): boolean {
    return this.#client.caseLower(nick) === this.#client.caseLower(this.#client.user.nick)
  }

  async #joinAgain(channel: string): Promise<void> {
    this.#joined.delete(this.#client.caseLower(channel))
    if ((await this.#waits(5_000)) && this.#client.connected) this.#client.join(channel)
  }

  async #connectAgain(delayMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return
    console.error(`There is no connection to ${this.#options.host}:${this.#options.port}. The bot tries again in ${delayMs / 1_000} s.`)
    if (await this.#waits(delayMs)) this.#client.connect()
  }

  /** Resolves to false when the bot closes meanwhile. */
  async #waits(delayMs: number): Promise<boolean> {
    return await setTimeout(delayMs, true, { signal: this.#closing.signal }).catch(() => false)
  }
}

/** Resolves when the server has handled the line: it answers the PING after it. */
async function sayIn(client: Client, channel: string, line: string): Promise<void> {
  const token = crypto.randomUUID()
  await new Promise<void>((resolve, reject) => {
    const onClose = (): void => settle(() => reject(new Error('the connection ended')))
    const onPong = ({ message }: { readonly message: string }): void => (message === token ? settle(resolve) : undefined)
    const settle = (end: () => void): void => {
      client.off('pong', onPong).off('socket close', onClose)
      end()
    }
    client.on('pong', onPong).on('socket close', onClose)
    client.raw('PRIVMSG', channel, line)
    client.ping(token)
  })
}
