/** Where the lines of one run are written. */
export interface LineSink {
  /**
   * Adds lines. When it returns, they survive a kill.
   *
   * @throws {Error} The error of the file system. A part of the last line may be in the file.
   */
  append(text: string): void
  /** The run has ended. */
  close(): void
}

/** Where runs are written. */
export interface Sink {
  /** For messages. */
  readonly place: string
  /** @param runId - `undefined` for exchanges outside of any run. */
  open(runId: string | undefined): LineSink
}
