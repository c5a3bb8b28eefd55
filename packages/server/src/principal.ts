/** Who sends a request: what `authorize` returns. Runs, sessions and budgets belong to its `id`. */
export interface Principal {
  /** 1 to 200 characters. */
  readonly id: string
  readonly [key: string]: unknown
}
