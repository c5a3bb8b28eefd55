import type { Json } from '../json.ts'
import type { Tool, ToolCallContext, ToolOutput } from '../tool.ts'

/** A tool of a few lines, without the checks of `tool()`. */
export function testTool(
  name: string,
  execute: (input: Json, call: ToolCallContext<unknown>) => string | ToolOutput | Promise<string | ToolOutput> = () => 'done',
  options: Partial<Tool> = {},
): Tool {
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'read',
    repeatable: false,
    needsApproval: false,
    validate: async () => ({ ok: true }),
    run: async (input, call) => {
      const output = await execute(input, call)
      return typeof output === 'string' ? { status: 'ok', text: output } : output
    },
    ...options,
  }
}
