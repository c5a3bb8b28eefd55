/**
 * Waits for one turn of the event loop. undici frees a socket one turn after its response has ended: a request that is sent before
 * then opens another connection.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const immediate: unknown = setImmediate(resolve)
    // Fake timers return something else and may never call back. undici uses the same fake, so there is nothing to wait for.
    if (!(immediate instanceof Object) || immediate.constructor.name !== 'Immediate') resolve()
  })
}
