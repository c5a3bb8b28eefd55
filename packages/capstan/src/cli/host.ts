import type { Readable, Writable } from 'node:stream'
import type { Output } from './terminal/output.ts'
import type { ShownText } from './terminal/shown-text.ts'

/** The outputs on which a run is shown. `stdout` gets only results. */
export interface Screen {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
}

/**
 * Why a command must end. `interrupt`: at once (Ctrl-C). `terminate`: after the work in progress (SIGTERM). `output-lost`: like
 * `terminate`, because the reader of the output is gone.
 */
export type StopCause = 'interrupt' | 'terminate' | 'output-lost'

/** The process as commands see it. */
export interface Host extends Screen {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Calls the handler when the command must end. A second signal after an interrupt ends the process. Returns a function that removes the handler. */
  onStop(handler: (cause: StopCause) => void): () => void
}

/** An output of the process. The error of a failed write is kept until the end, because it must not become an uncaught exception. */
export class ProcessOutput implements Output {
  readonly #stream: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly #onFailure: () => void
  #failure: NodeJS.ErrnoException | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(stream: NodeJS.WriteStream, onFailure: () => void) {
    this.#stream = stream
    this.#onFailure = onFailure
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error))
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number | undefined {
    return this.#stream.columns
  }

  get rows(): number | undefined {
    return this.#stream.rows
  }

  write(text: ShownText): void {
    if (this.#failure !== undefined) return
    this.#written = new Promise((resolve) => {
      const done = (error?: Error | null): void => {
        if (error) this.#fail(error)
        resolve()
      }
      try {
        this.#stream.write(text.toString(), done)
      } catch (error) {
        // In some releases of Node, streams to files throw.
        done(error as Error)
      }
    })
  }

  /** Resolves when everything is written, with the error of a write that failed. */
  async flush(): Promise<NodeJS.ErrnoException | undefined> {
    await this.#written
    return this.#failure
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#onFailure()
  }
}

/** The real process. */
export class ProcessHost implements Host {
  readonly stdin: NodeJS.ReadStream = process.stdin
  readonly env: NodeJS.ProcessEnv = process.env
  readonly stdout: ProcessOutput
  readonly stderr: ProcessOutput
  readonly #handlers = new Set<(cause: StopCause) => void>()

  constructor() {
    this.stdout = new ProcessOutput(process.stdout, () => this.#stop('output-lost'))
    // If stderr fails, only notes are lost.
    this.stderr = new ProcessOutput(process.stderr, () => {})
  }

  onStop(handler: (cause: StopCause) => void): () => void {
    let isInterrupted = false
    const interrupt = (): void => {
      if (isInterrupted) process.exit(130)
      isInterrupted = true
      handler('interrupt')
    }
    let isTerminated = false
    const terminate = (): void => {
      if (isTerminated) return interrupt()
      isTerminated = true
      handler('terminate')
    }
    this.#handlers.add(handler)
    process.on('SIGINT', interrupt)
    process.on('SIGTERM', terminate)
    return () => {
      this.#handlers.delete(handler)
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    }
  }

  #stop(cause: StopCause): void {
    for (const handler of this.#handlers) handler(cause)
  }
}
