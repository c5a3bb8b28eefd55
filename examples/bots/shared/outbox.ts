import { appendFile, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** How a platform sends one message. It throws `SendError`, or anything else, which is tried again. */
export interface Sender {
  /** The messages that a text becomes. */
  split(text: string): readonly string[]
  /** Resolves when the platform has the message. `key` is the same whenever this message is sent. */
  send(channel: string, message: string, key: string): Promise<void>
}

/** A message that could not be sent. */
export class SendError extends Error {
  override readonly name = 'SendError'
  /** In milliseconds; `undefined` where trying again cannot help. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs: number | undefined) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** Longer than runs are kept: a run that is there must be known as ended. */
const keepMs = 60 * 86_400_000
const attempts = 14
const longestDelayMs = 30_000

/**
 * Sends each text once, under its key, also when it is asked to in another process: what was sent is written to a file. A process that dies
 * between the two sends the message again. Messages of one channel keep their order.
 */
export class Outbox {
  readonly #file: string
  readonly #sender: Sender
  readonly #sent: Set<string>
  readonly #lanes = new Map<string, Promise<unknown>>()
  readonly #waiting = new Map<string, number>()
  readonly #closing = new AbortController()

  private constructor(file: string, sender: Sender, sent: Set<string>) {
    this.#file = file
    this.#sender = sender
    this.#sent = sent
  }

  /** Reads what was sent in the last 60 days. */
  static async open(file: string, sender: Sender): Promise<Outbox> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const lines = await readFile(file, 'utf8').then(readMarks, () => [])
    const kept = lines.filter(({ at }) => at > Date.now() - keepMs)
    const copy = `${file}.new`
    const handle = await open(copy, 'w', 0o600)
    await handle.writeFile(kept.map((mark) => `${JSON.stringify(mark)}\n`).join(''))
    await handle.sync()
    await handle.close()
    await rename(copy, file)
    return new Outbox(file, sender, new Set(kept.map(({ key }) => key)))
  }

  /** True when this was sent, or marked. */
  has(key: string): boolean {
    return this.#sent.has(key)
  }

  /** How many texts are on their way to a channel. */
  waiting(channel: string): number {
    return this.#waiting.get(channel) ?? 0
  }

  /** Writes down that something was done. Resolves when the disk has it. */
  async mark(key: string): Promise<void> {
    if (this.has(key)) return
    this.#sent.add(key)
    await appendFile(this.#file, `${JSON.stringify({ at: Date.now(), key })}\n`, { flush: true, mode: 0o600 })
  }

  /** Sends a text, after those before it in its channel. Resolves to false when it could not be sent: the next start tries again. */
  async post(channel: string, key: string, text: string): Promise<boolean> {
    const before = this.#lanes.get(channel)
    const sending = (async () => {
      await before?.catch(() => {})
      return await this.#sendAll(channel, key, text)
    })()
    this.#lanes.set(channel, sending)
    this.#waiting.set(channel, this.waiting(channel) + 1)
    try {
      return await sending
    } finally {
      this.#waiting.set(channel, this.waiting(channel) - 1)
    }
  }

  /** Ends the waiting for further attempts. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#lanes.values())
  }

  async #sendAll(channel: string, key: string, text: string): Promise<boolean> {
    if (this.has(key)) return true
    const messages = this.#sender.split(text)
    for (const [index, message] of messages.entries()) {
      const part = `${key}#${index}`
      if (this.has(part)) continue
      if (!(await this.#send(channel, message, part))) return false
      if (index < messages.length - 1) await this.mark(part)
    }
    await this.mark(key)
    return true
  }

  async #send(channel: string, message: string, key: string): Promise<boolean> {
    const { signal } = this.#closing
    for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt++) {
      const error = await this.#sender.send(channel, message, key).then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
      )
      if (error === undefined) return true
      const delayMs = error instanceof SendError ? error.retryAfterMs : Math.min(longestDelayMs, 100 * 2 ** attempt)
      if (delayMs === undefined || attempt === attempts) {
        console.error(`${channel}: a message could not be sent; the next start tries it again: ${error.message}`)
        return false
      }
      await setTimeout(delayMs, undefined, { signal }).catch(() => {})
    }
    return false
  }
}

function readMarks(text: string): readonly { readonly at: number; readonly key: string }[] {
  return text.split('\n').flatMap((line) => {
    try {
      const mark = JSON.parse(line)
      return typeof mark?.key === 'string' && typeof mark.at === 'number' ? [mark] : []
    } catch {
      // The process died while it wrote the last line.
      return []
    }
  })
}
