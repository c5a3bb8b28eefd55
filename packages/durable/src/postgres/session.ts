import type { PostgresClient } from './source.ts'

/** A row of a result, by column name. */
export type Row = Readonly<Record<string, unknown>>

/** One connection, with the moment at which its work must be done. */
export class Session {
  readonly #client: PostgresClient
  readonly #endsAt: number

  /** @param endsAt - By the clock of `performance.now()`. */
  constructor(client: PostgresClient, endsAt: number) {
    this.#client = client
    this.#endsAt = endsAt
  }

  /** Executes one statement, or several without values. Each statement outside of a transaction is one of its own. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#client.query({ text, values: [...values], query_timeout: Math.max(1, Math.ceil(this.#endsAt - performance.now())) })
    // `pg` gives each row as an object.
    return rows as readonly Row[]
  }
}
