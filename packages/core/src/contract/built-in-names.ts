import { callToolName, searchToolName } from './catalogue.ts'
import { outputToolName } from './output.ts'

/** Name of the tool that shows the complete result of an earlier call. */
export const readResultName = 'read_result'

const builtInNames: ReadonlySet<string> = new Set([searchToolName, callToolName, readResultName])

/** True for a tool of the loop itself: its calls count towards no limit, and do not do what `toolChoice: 'required'` asks for. */
export function isBuiltInName(name: string): boolean {
  return builtInNames.has(name)
}

/** True for a name that no tool of the caller may have. */
export function isReservedName(name: string): boolean {
  return name === outputToolName || isBuiltInName(name)
}
