import { join } from 'node:path'
import { type Agent, type DurableJournal, deleteOlderThan, fileJournal, fileSessions, type ListedRun, Session, type SessionStore, user } from 'capstan'
import { Channel } from './channel.ts'
import { Outbox, type Sender } from './outbox.ts'
import { readDecision } from './questions.ts'

/** A message as a platform delivered it. */
export interface Incoming {
  /** The id of its run. A message that is delivered again has the same. */
  readonly id: string
  /** Where it was written and is answered: the id of the session. */
  readonly channel: string
  /** For people and for the model. It proves nothing. */
  readonly author: string
  readonly text: string
  /** True when the platform has proven that the author is one of those who may decide. */
  readonly isKnown: boolean
}

export interface ChannelBotOptions extends Sender {
  readonly agent: Agent
  /** Keeps runs, sessions, and what was sent. One process at a time. */
  readonly folder: string
  /** Who may decide, as those are told who may not. */
  readonly deciders: string
  /** Default: 3,000. */
  readonly maxQuestionCharacters?: number
  /** Default: 20. */
  readonly maxWaiting?: number
  /** After which time a run is tried again that another process may still have, in milliseconds. Default: 5,000. */
  readonly lockRetryMs?: number
}

const commands = ['!status', '!stop', '!help'] as const
const help = 'Write to me and I answer. !stop ends an answer, !status says what I do. Questions are answered with: yes 1a2b, or no 1a2b reason.'
const day = 86_400_000
/** Replies that wait for a channel. */
const maxReplies = 20

/** True for text that is for the bot, whoever it is addressed to: a command, or an answer to a question. */
export function isForBot(text: string): boolean {
  return commands.some((command) => command === text.trim().toLowerCase()) || readDecision(text) !== undefined
}

/** Runs an agent in the channels of a platform: a session for each channel, questions for people who may decide, and nothing lost in a crash. */
export class ChannelBot {
  readonly outbox: Outbox
  readonly #options: ChannelBotOptions
  readonly #journal: DurableJournal
  readonly #sessions: SessionStore
  readonly #channels = new Map<string, Promise<Channel>>()
  #isClosing = false

  private constructor(options: ChannelBotOptions, outbox: Outbox) {
    this.#options = options
    this.outbox = outbox
    this.#journal = fileJournal(join(options.folder, 'runs'))
    this.#sessions = fileSessions(join(options.folder, 'sessions'))
  }

  static async open(options: ChannelBotOptions): Promise<ChannelBot> {
    return new ChannelBot(options, await Outbox.open(join(options.folder, 'sent.jsonl'), options))
  }

  /**
   * Handles a message. Resolves when nothing of it can be lost any more; its answer comes later.
   *
   * @throws What the disk throws, and an error while the bot closes: the message was not taken.
   */
  async receive(message: Incoming): Promise<void> {
    if (this.#isClosing) throw new Error('The bot is closing.')
    const { id, channel: name, author, text, isKnown } = message
    if (this.outbox.has(id)) return
    const channel = await this.#open(name)
    const reply = await this.#obey(channel, message)
    if (reply !== undefined) return this.#reply(message, reply)
    // region labels
    // What strangers write may instruct the model, so calls that reach something are asked about. A person who may decide speaks for themselves.
    const labels = isKnown ? {} : { labels: ['untrusted'] as const }
    await channel.take(id, [user([{ type: 'text', text: `${author}: ${text}`, ...labels }])])
    // endregion
  }

  /** Continues what an earlier process left: runs, answers that were not sent, messages that wait. */
  async recover(): Promise<void> {
    // A question that nobody has answered for so long goes, too.
    const deleting = deleteOlderThan(30 * day, { journal: this.#journal, sessions: this.#sessions, includeOpen: true })
    await deleting.catch((error: unknown) => console.error('What is old could not be deleted:', error))
    const left = (await this.#runs()).filter(({ runId }) => !this.outbox.has(runId))
    // The oldest first: answers of a channel keep their order.
    for (const run of left.reverse()) await this.#guarded(run.session ?? '', (channel) => channel.recover(run))
    for (const { sessionId } of await this.#sessions.list()) await this.#guarded(sessionId, (channel) => channel.wake())
  }

  /** Takes nothing more, and lets work in progress end. What is left is continued by `recover` of the next process. */
  async close(graceMs = 8_000): Promise<void> {
    this.#isClosing = true
    await Promise.allSettled([...this.#channels.values()].map(async (channel) => await (await channel).close(graceMs)))
    await this.outbox.close()
  }

  /** Somebody who floods a channel with commands does not make the bot flood it. */
  #reply({ id, channel }: Incoming, text: string): void {
    if (this.outbox.waiting(channel) > maxReplies) return
    this.outbox.post(channel, id, text).catch((error: unknown) => console.error(`${channel}:`, error))
  }

  async #obey(channel: Channel, { author, text, isKnown }: Incoming): Promise<string | undefined> {
    const command = text.trim().toLowerCase()
    if (command === '!status') return await channel.status()
    if (command === '!stop') return await channel.stop()
    if (command === '!help' || command === '') return help
    const decision = readDecision(text)
    if (decision === undefined) return undefined
    return isKnown ? await channel.decide(decision, author) : `${author}: only ${this.#options.deciders} may decide. This does not count.`
  }

  /** A channel whose files cannot be read does not keep the others from starting. */
  async #guarded(name: string, act: (channel: Channel) => Promise<void>): Promise<void> {
    try {
      await act(await this.#open(name))
    } catch (error) {
      console.error(`${name}: it could not be continued:`, error instanceof Error ? error.message : error)
    }
  }

  async #open(name: string): Promise<Channel> {
    const { agent, deciders, maxQuestionCharacters: maxCharacters = 3_000, maxWaiting = 20, lockRetryMs = 5_000 } = this.#options
    const parts = { agent, journal: this.#journal, outbox: this.outbox, questions: { maxCharacters, deciders }, maxWaiting, lockRetryMs }
    const opening = this.#channels.get(name) ?? Session.open(this.#sessions, name).then((session) => new Channel(session, parts))
    this.#channels.set(name, opening)
    try {
      return await opening
    } catch (error) {
      this.#channels.delete(name)
      throw error
    }
  }

  async #runs(): Promise<readonly ListedRun[]> {
    const runs: ListedRun[] = []
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await this.#journal.list({ agent: this.#options.agent.name, limit: 1_000, ...(cursor !== undefined && { cursor }) })
      runs.push(...page.runs)
      cursor = page.cursor
    }
    return runs
  }
}
