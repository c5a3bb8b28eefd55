// The code that checks and runs calls. It is loaded with the first call, not with the definition of a tool.

export { callHook, checkToolInput } from './check-call.ts'
export { checkInput } from './input/check-input.ts'
export { runTool } from './run-tool.ts'
