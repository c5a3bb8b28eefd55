// What a run needs of the loop: one module, so that it is loaded at once, with the first run.
export { resultOf, withState } from './end-run.ts'
export { leftMs, newLoopRun } from './loop-run.ts'
export { runLoop } from './run-loop.ts'
