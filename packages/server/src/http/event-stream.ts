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

/** Bytes of an event stream, made when they are asked for: a slow reader holds nothing but its position in the log. */
export function eventStream({ batches, keepAliveMs, onEnd }: EventStreamParts): ReadableStream<Uint8Array> {
  const clock = new IdleClock(keepAliveMs)
  const end = (): void => {
    clock.stop()
    onEnd()
  }
  let next: Promise<IteratorResult<readonly Frame[], void>> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= batches.next()
        try {
          const step = await Promise.race([next, clock.wait()])
          if (step === idle) return controller.enqueue(encoder.encode(':\n\n'))
          next = undefined
          if (!step.done) return controller.enqueue(encoder.encode(encodeFrames(step.value)))
          end()
          controller.close()
        } catch (error) {
          end()
          controller.error(error)
        }
      },
      async cancel() {
        end()
        await batches.return?.()
      },
    },
    { highWaterMark: 0 },
  )
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
