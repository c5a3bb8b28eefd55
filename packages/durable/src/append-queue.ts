import { guarded } from './failure.ts'

/** Writes records as JSON. It is asynchronous, so that what cannot be encoded is a failed write. */
export async function encodeRecords(records: readonly unknown[]): Promise<readonly string[]> {
  return records.map((record) => JSON.stringify(record))
}

interface Waiting<Item> {
  readonly items: Promise<readonly Item[]>
  readonly isDurable: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Adds items to a journal, in order. Appends that arrive while a write is under way are written together, with one sync. The first
 * failure is final: after a failed sync nobody knows what is on the disk, so nothing more is written.
 *
 * @see https://lwn.net/Articles/752063/
 */
export class AppendQueue<Item> {
  readonly #write: (items: readonly Item[], isDurable: boolean) => Promise<void>
  readonly #waiting: Waiting<Item>[] = []
  #failure: { readonly error: unknown } | undefined
  #work: Promise<void> | undefined

  /** @param write - Resolves when the items count; durable ones must then survive a loss of power. */
  constructor(write: (items: readonly Item[], isDurable: boolean) => Promise<void>) {
    this.#write = write
  }

  /** Adds items; resolves when they count. A promise of items that rejects is a failed write. */
  append(items: Promise<readonly Item[]>, isDurable: boolean): Promise<void> {
    // Awaited later, in its turn.
    items.catch(() => {})
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, isDurable, resolve, reject })
      this.#work ??= this.#drain()
    })
  }

  /** Resolves when nothing is waiting or under way. */
  async settled(): Promise<void> {
    await this.#work
  }

  async #drain(): Promise<void> {
    // Appends of one tick are written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeAll(this.#waiting.splice(0))
    this.#work = undefined
  }

  async #writeAll(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      await guarded('Writing the journal', async () => {
        const items = (await Promise.all(batch.map((waiting) => waiting.items))).flat()
        const isDurable = batch.some((waiting) => waiting.isDurable)
        await this.#write(items, isDurable)
      })
      for (const { resolve } of batch) resolve()
    } catch (error) {
      this.#failure ??= { error }
      for (const { reject } of batch) reject(error)
    }
  }
}
