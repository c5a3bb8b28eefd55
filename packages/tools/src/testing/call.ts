import type { Json, Tool, ToolCallContext, ToolOutput } from '@capstan/core'

/** Makes a call context as the loop does. */
export function makeCall<Context = undefined>(overrides: Partial<ToolCallContext<Context>> = {}): ToolCallContext<Context> {
  return {
    signal: new AbortController().signal,
    context: undefined as Context, // tests that read it give it
    idempotencyKey: 'run/steps/1/tools/0',
    toolCallId: 'call_0',
    progress: () => undefined,
    ...overrides,
  }
}

/** Parses the JSON text of arguments. */
export function parsed(text: string): Json {
  return JSON.parse(text)
}

/** Checks an input and runs the tool with the value, as the loop does. */
export async function callTool<Context>(
  tool: Tool<Context>,
  input: Json,
  call: ToolCallContext<Context>,
): Promise<ToolOutput & { readonly coerced?: readonly string[] }> {
  const check = await tool.check(input)
  if (!check.ok) return { status: 'invalid-input', text: check.message }
  return { ...(await tool.run(check.value, call)), ...(check.coerced !== undefined && { coerced: check.coerced }) }
}
