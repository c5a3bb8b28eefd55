import type { Frame } from '../runs/frame-log.ts'

/** What a stream of events needs. */
export interface EventStreamParts {
  /** Batches of events; aborting `signal` ends them. */
  readonly batches: AsyncIterator<readonly Frame[], void>
  readonly keepAliveMs: number
  /** Called once, when the stream has ended or its reader has left. */
  readonly onEnd: () => void
}

const encoder = new TextEncoder()
const idle = Symbol('idle')

/** The text of an event stream, made when it is asked for: a slow reader holds nothing but its position in the log. */
export class EventChunks {
  readonly #parts: EventStreamParts
  readonly #clock: IdleClock
  #next: Promise<IteratorResult<readonly Frame[], void>> | undefined

  constructor(parts: EventStreamParts) {
    this.#parts = parts
    this.#clock = new IdleClock(parts.keepAliveMs)
  }

  /** The next part of the text; `undefined` at the end. */
  async next(): Promise<string | undefined> {
    try {
      this.#next ??= this.#parts.batches.next()
      const step = await Promise.race([this.#next, this.#clock.wait()])
      if (step === idle) return ':\n\n'
      this.#next = undefined
      if (!step.done) return encodeFrames(step.value)
      this.#end()
      return undefined
    } catch (error) {
      this.#end()
      throw error
    }
  }

  /** The reader has left. */
  async cancel(): Promise<void> {
    this.#end()
    await this.#parts.batches.return?.()
  }

  #end(): void {
    this.#clock.stop()
    this.#parts.onEnd()
  }
}

/** Where a stream has its text from, for a socket that takes it as it is. */
const sources = new WeakMap<ReadableStream, EventChunks>()

/** What `eventStream` made a stream of; `undefined` for any other stream. */
export function chunksOf(stream: ReadableStream | null): EventChunks | undefined {
  return stream === null ? undefined : sources.get(stream)
}

/** Bytes of an event stream. */
export function eventStream(parts: EventStreamParts): ReadableStream<Uint8Array> {
  const chunks = new EventChunks(parts)
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = await chunks.next()
        if (text === undefined) controller.close()
        else controller.enqueue(encoder.encode(text))
      },
      cancel: async () => await chunks.cancel(),
    },
    { highWaterMark: 0 },
  )
  sources.set(stream, chunks)
  return stream
}

/** Says when nothing has happened for some time. One timer for each stream, set back instead of made again. */
class IdleClock {
  readonly #timer: NodeJS.Timeout
  #resolve: (value: typeof idle) => void = () => undefined

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#resolve(idle), ms)
  }

  wait(): Promise<typeof idle> {
    this.#timer.refresh()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** Events in the form of an event stream. JSON has no line breaks, so no text of a model can end an event. */
export function encodeFrames(frames: readonly Frame[]): string {
  let text = ''
  for (const { id, event } of frames) {
    const name = /^[\w-]{1,64}$/.test(event.type) ? event.type : 'message'
    text += `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(event)}\n\n`
  }
  return text
}
