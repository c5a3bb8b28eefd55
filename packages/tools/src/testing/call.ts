import type { Json, ToolCallContext } from '@capstan/core'

/** A call context as the loop would make it. */
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

/** The JSON that a model would have written. */
export function parsed(text: string): Json {
  return JSON.parse(text)
}
