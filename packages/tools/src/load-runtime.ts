type Runtime = typeof import('./runtime.ts')

let runtime: Runtime | undefined

/** Calls a function with the code that checks and runs calls. The code is loaded with the first call. */
export function withRuntime<Result>(use: (runtime: Runtime) => Promise<Result>): Promise<Result>
export function withRuntime<Result>(use: (runtime: Runtime) => Result | Promise<Result>): Result | Promise<Result>
export function withRuntime<Result>(use: (runtime: Runtime) => Result | Promise<Result>): Result | Promise<Result> {
  return runtime === undefined ? load().then(use) : use(runtime)
}

async function load(): Promise<Runtime> {
  runtime ??= await import('./runtime.ts')
  return runtime
}
