import type { Json, ToolOutput } from '@capstan/core'
import type { McpServer } from '../index.ts'

/** Options of `callTool`. */
export interface CallOptions {
  readonly input?: Json
  readonly signal?: AbortSignal
  readonly progress?: (data: Json) => void
}

/** Checks an input and runs a tool, as the loop does. */
export async function callTool(
  server: McpServer,
  name: string,
  { input = {}, signal = new AbortController().signal, progress = () => undefined }: CallOptions = {},
): Promise<ToolOutput> {
  const tool = server.tools.find((each) => each.name === name)
  if (tool === undefined) throw new Error(`There is no tool ${name}. There are ${server.tools.map((each) => each.name).join(', ')}.`)
  const check = await tool.check(input)
  if (!check.ok) return { status: 'invalid-input', text: check.message }
  return await tool.run(check.value, { signal, context: undefined, idempotencyKey: 'key', toolCallId: 'call', maxResultCharacters: 16_000_000, progress })
}
