import type { Readable, Writable } from 'node:stream'
import type { Output } from './terminal/output.ts'
import type { ShownText } from './terminal/shown-text.ts'

/** Where a run is shown. `stdout` gets only answers. */
export interface Screen {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
}

/**
 * Why a command is asked to end. `interrupt`: at once (Ctrl-C). `terminate`: after what is under way (SIGTERM). `output-lost`: as
 * `terminate`, because nobody can read the output any more.
 */
export type StopCause = 'interrupt' | 'terminate' | 'output-lost'

/** The process as commands see it. */
export interface Host extends Screen {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Calls the handler when the command should end. The signal after an interrupt ends the process. Returns how to stop listening. */
  onStop(handler: (cause: StopCause) => void): () => void
}

/** An output of the process. A write that fails is kept for the end: it must not become an uncaught exception. */
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
        // Streams of files throw in some releases of Node.
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
    // Without stderr only notes are lost.
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
