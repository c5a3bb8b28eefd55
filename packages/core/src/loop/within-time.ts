/**
 * Runs a body under a time limit and an outer signal, whatever the body does: the body's own signal aborts at either, and a
 * body that ignores it is left alone. What such a body does later is ignored.
 *
 * @param ms - Time limit in milliseconds; `Infinity` for none.
 * @returns What the body returned, or `'late'` at the limit.
 * @throws What the body threw, or the reason of the outer signal, at once.
 */
export async function withinTime<Result>(ms: number, outer: AbortSignal, body: (signal: AbortSignal) => Promise<Result>): Promise<Result | 'late'> {
  outer.throwIfAborted()
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let leave = (): void => {}
  try {
    return await new Promise<Result | 'late'>((resolve, reject) => {
      leave = () => {
        controller.abort(outer.reason)
        reject(outer.reason)
      }
      outer.addEventListener('abort', leave, { once: true })
      if (ms <= longestTimerMs) {
        timer = setTimeout(() => {
          resolve('late')
          controller.abort(new DOMException('The time limit of the run was reached.', 'TimeoutError'))
          // A timer may fire up to a millisecond early; the time limit must have passed.
        }, Math.ceil(ms) + 1)
      }
      body(controller.signal).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', leave)
  }
}

// A longer delay makes setTimeout fire at once; it is 24.8 days, so it is as good as no limit.
const longestTimerMs = 2 ** 31 - 1
