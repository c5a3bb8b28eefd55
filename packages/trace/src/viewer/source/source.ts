import type { RunSummary } from '../lines.ts'

/** Where the runs come from that the viewer shows. It only reads. */
export interface RunSource {
  /** The runs, the newest first. */
  list(): Promise<RunList>
  /**
   * Reads a run from its beginning, in batches of lines: each is the JSON of a `PageLine`, or an event that is damaged.
   *
   * @param id - The `id` of a `RunSummary`.
   * @param follow - Aborts the wait for more lines. Without it, reading ends with the last line that is there.
   */
  lines(id: string, follow?: AbortSignal): AsyncIterable<readonly string[]>
  /** The recorded line of one exchange, as JSON text; `undefined` if there is none. */
  exchange(id: string, exchange: number): Promise<string | undefined>
}

/** The runs of a source. */
export interface RunList {
  readonly runs: readonly RunSummary[]
  /** What is not in the list, in words. */
  readonly note?: string
}

/** How often a file that is being written is looked at, in milliseconds. */
export const pollMs = 250
