import type { RunRecord } from '@capstan/core'
import { guarded } from './failure.ts'

/** A record, and its JSON. */
export interface EncodedRecord {
  readonly record: RunRecord
  readonly text: string
}

/** Writes records as JSON. It is asynchronous, so that what cannot be encoded is a failed write. */
export async function encodeRecords(records: readonly RunRecord[]): Promise<readonly EncodedRecord[]> {
  return records.map((record) => ({ record, text: JSON.stringify(record) }))
}

interface Waiting<Item> {
  readonly items: Promise<readonly Item[]>
  readonly isDurable: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Adds items to a journal, in order. Appends that arrive while a write is under way are written together, with one sync. The first
 * failure is final: after a failed sync the content of the disk is unknown, so nothing more is written.
 *
 * @see https://lwn.net/Articles/752063/
 */
export class AppendQueue<Item> {
  readonly #write: (items: readonly Item[], isDurable: boolean) => Promise<void>
  readonly #waiting: Waiting<Item>[] = []
  #failure: { readonly error: unknown } | undefined
  #work: Promise<void> | undefined
  readonly #path: string | undefined

  /**
   * @param write - Resolves when the items are written. Durable items must then survive a power failure.
   * @param path - The file or folder that is written, for errors.
   */
  constructor(write: (items: readonly Item[], isDurable: boolean) => Promise<void>, path?: string) {
    this.#write = write
    this.#path = path
  }

  /** Adds items. Resolves when they are written. If the promise of the items rejects, the write fails. */
  append(items: Promise<readonly Item[]>, isDurable: boolean): Promise<void> {
    // The promise is awaited later, in the order of the queue.
    items.catch(() => {})
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, isDurable, resolve, reject })
      this.#work ??= this.#drain()
    })
  }

  /** Resolves when all appends are finished. */
  async settled(): Promise<void> {
    await this.#work
  }

  async #drain(): Promise<void> {
    // Appends of the same tick are written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeAll(this.#waiting.splice(0))
    this.#work = undefined
  }

  async #writeAll(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      const write = async (): Promise<void> => {
        const items = (await Promise.all(batch.map((waiting) => waiting.items))).flat()
        const isDurable = batch.some((waiting) => waiting.isDurable)
        await this.#write(items, isDurable)
      }
      await guarded('Writing the journal', write, this.#path)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      this.#failure ??= { error }
      for (const { reject } of batch) reject(error)
    }
  }
}
