/** Captures the asynchronous context of the caller (`AsyncLocalStorage`). What is returned runs a body in it. */
export function captureContext(): <Result>(body: () => Result) => Result {
  // Loaded with the first use, as most runs need none.
  return process.getBuiltinModule('node:async_hooks').AsyncLocalStorage.snapshot()
}
