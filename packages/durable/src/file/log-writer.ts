import { guarded } from '../failure.ts'
import type { LogFile } from './log-file.ts'

interface Waiting {
  readonly text: Promise<string>
  readonly isDurable: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Adds lines to a log, in order. What waits while the disk works goes out together, with one sync. The first failure is the last
 * thing that happens: after a failed sync nobody knows what is on the disk, so nothing is tried again.
 *
 * @see https://lwn.net/Articles/752063/
 */
export class LogWriter {
  readonly #file: LogFile
  readonly #check: () => void
  readonly #queue: Waiting[] = []
  #failure: { readonly error: unknown } | undefined
  #work: Promise<void> | undefined

  /** @param check - Throws when this process may not write any more. */
  constructor(file: LogFile, check: () => void) {
    this.#file = file
    this.#check = check
  }

  /** Adds lines; resolves when they count. */
  append(lines: Promise<readonly string[]>, isDurable: boolean): Promise<void> {
    const text = lines.then((all) => all.map((line) => `${line}\n`).join(''))
    // Awaited later, in its turn.
    text.catch(() => {})
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, isDurable, resolve, reject })
      this.#work ??= this.#drain()
    })
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    await this.#work
    await this.#file.close()
  }

  async #drain(): Promise<void> {
    // What is asked for in one tick goes out together.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0))
    this.#work = undefined
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      await guarded('Writing the journal', async () => {
        const texts = await Promise.all(batch.map(({ text }) => text))
        this.#check()
        this.#file.write(texts.join(''))
        if (batch.some(({ isDurable }) => isDurable)) await this.#file.datasync()
      })
      for (const { resolve } of batch) resolve()
    } catch (error) {
      this.#failure ??= { error }
      for (const { reject } of batch) reject(error)
    }
  }
}
