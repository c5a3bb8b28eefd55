// What checks and runs calls: it loads with the first call, not with the definition of a tool.
export { checkInput } from './input/check-input.ts'
export { askAuthor, checkToolInput } from './questions.ts'
export { runTool } from './run-tool.ts'
