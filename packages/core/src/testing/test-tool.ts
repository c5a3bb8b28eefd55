import type { Json } from '../contract/json.ts'
import type { Tool, ToolCallContext, ToolOutput } from '../contract/tool.ts'

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
    check: (value) => ({ ok: true, value }),
    run: async (value, call) => {
      // `check` gives back the input, which is JSON.
      const output = await execute(value as Json, call)
      return typeof output === 'string' ? { status: 'ok', text: output } : output
    },
    ...options,
  }
}

/** A tool that keeps the inputs it ran with. */
export function recordingTool(name: string, options: Partial<Tool> = {}): Tool & { readonly inputs: readonly Json[] } {
  const inputs: Json[] = []
  const tool = testTool(
    name,
    (input) => {
      inputs.push(input)
      return `${name} done`
    },
    options,
  )
  return { ...tool, inputs }
}

/** A tool that moves money: never repeated automatically, and only with approval. */
export function payTool(options: Partial<Tool> = {}): Tool & { readonly inputs: readonly Json[] } {
  return recordingTool('pay', { effect: 'once', needsApproval: true, ...options })
}

/** Never settles, whatever the signal says. */
export function never(): Promise<never> {
  return new Promise(() => {})
}
