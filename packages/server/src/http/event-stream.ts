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
  let next: Promise<IteratorResult<readonly Frame[], void>> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= batches.next()
        try {
          const step = await orIdle(next, keepAliveMs)
          if (step === idle) return controller.enqueue(encoder.encode(':\n\n'))
          next = undefined
          if (!step.done) return controller.enqueue(encoder.encode(encodeFrames(step.value)))
          onEnd()
          controller.close()
        } catch (error) {
          onEnd()
          controller.error(error)
        }
      },
      async cancel() {
        onEnd()
        await batches.return?.()
      },
    },
    { highWaterMark: 0 },
  )
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

async function orIdle<Value>(next: Promise<Value>, ms: number): Promise<Value | typeof idle> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<typeof idle>((resolve) => {
    timer = setTimeout(resolve, ms, idle)
  })
  try {
    return await Promise.race([next, timeout])
  } finally {
    clearTimeout(timer)
  }
}
