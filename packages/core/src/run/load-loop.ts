type RunLoop = typeof import('../loop/run-loop.ts').runLoop

let loop: RunLoop | undefined

/** The loop, once it is loaded. Importing the package does not read it: the first run does. */
export function loadedLoop(): RunLoop | undefined {
  return loop
}

/** Loads the loop with the first run of the process. */
export async function loadLoop(): Promise<RunLoop> {
  loop ??= (await import('../loop/run-loop.ts')).runLoop
  return loop
}
