/** What can be stopped: a run. */
export interface Stoppable {
  stop(options: { readonly graceMs: number }): Promise<unknown>
  abort(reason: unknown): void
}

/**
 * Ends a job on signals. The first Ctrl-C or SIGTERM lets the work in progress complete, for at most the grace period, and begins nothing new.
 * The second one abandons the work in progress. The third one ends the process.
 */
export class Stopper {
  readonly #running = new Set<Stoppable>()
  readonly #graceMs: number
  readonly #say: (line: string) => void
  #signals = 0

  constructor(graceMs: number, say: (line: string) => void) {
    this.#graceMs = graceMs
    this.#say = say
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#stop())
  }

  /** True after the first signal. */
  get isStopping(): boolean {
    return this.#signals > 0
  }

  /** Watches a run until it ends, and stops it with the job. */
  async watch<Result>(run: Stoppable, result: Promise<Result>): Promise<Result> {
    this.#running.add(run)
    if (this.isStopping) this.#stopRun(run)
    return await result.finally(() => this.#running.delete(run))
  }

  #stop(): void {
    this.#signals += 1
    if (this.#signals > 2) process.exit(130)
    if (this.#signals === 1)
      this.#say(`Stopping: nothing new begins, ${this.#running.size} in progress may take ${this.#graceMs / 1_000} s. Again: abandons them.`)
    for (const run of this.#running) this.#stopRun(run)
  }

  #stopRun(run: Stoppable): void {
    if (this.#signals > 1) return run.abort(new Error('stopped by a second signal'))
    // What becomes of the run is reported by its result.
    run.stop({ graceMs: this.#graceMs }).catch(() => {})
  }
}
