type Runtime = typeof import('./runtime.ts')

let runtime: Runtime | undefined

/** Does something with what checks and runs calls, at once where that is loaded. */
export function withRuntime<Result>(use: (runtime: Runtime) => Promise<Result>): Promise<Result> {
  return runtime === undefined ? load().then(use) : use(runtime)
}

async function load(): Promise<Runtime> {
  runtime ??= await import('./runtime.ts')
  return runtime
}
