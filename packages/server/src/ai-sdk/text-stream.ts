/** What a stream of texts needs. */
export interface TextStreamParts {
  /** None of them is empty. */
  readonly texts: AsyncIterator<string, void>
  readonly keepAliveMs: number
  /** Called when the stream has ended or its reader has left. */
  readonly onEnd: () => void
}

const encoder = new TextEncoder()
const idle = Symbol('idle')

/** The bytes of an event stream, made when they are asked for, with comments while nothing comes. */
export function textStream({ texts, keepAliveMs, onEnd }: TextStreamParts): ReadableStream<Uint8Array> {
  let next: Promise<IteratorResult<string, void>> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= texts.next()
        try {
          const step = await orIdle(next, keepAliveMs)
          if (step === idle) return controller.enqueue(encoder.encode(':\n\n'))
          next = undefined
          if (!step.done) return controller.enqueue(encoder.encode(step.value))
          onEnd()
          controller.close()
        } catch (error) {
          onEnd()
          controller.error(error)
        }
      },
      async cancel() {
        onEnd()
        await texts.return?.()
      },
    },
    { highWaterMark: 0 },
  )
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
