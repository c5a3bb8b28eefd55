import type { Json, Tool, ToolCallContext } from '@capstan/core'
import { checkToolDescription, refusedTool } from '@capstan/core/internal'
import type { InputSchema } from './schema/standard-schema.ts'
import { tool } from './tool.ts'

/**
 * A tool as `tool()` of the AI SDK makes it: `{ description, inputSchema, execute(input, { toolCallId, messages, abortSignal }) }`.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-core/tools-and-tool-calling
 */
export interface AiSdkTool {
  readonly description?: unknown
  readonly inputSchema?: unknown
  readonly needsApproval?: unknown
  // `never` takes functions of any parameters: the schema of the tool checks what they are given.
  readonly execute?: ((input: never, options: never) => unknown) | undefined
}

/**
 * Makes tools of a record of tools of the AI SDK, which have no names of their own: each takes its key as its name. Their effect is
 * `once`, everything else has its default. Put them beside other tools: `tools: [...fromAiSdkTools({ getWeather }), wordCount]`.
 *
 * @throws {AgentError} `invalid-tool`: a name that is not allowed, no description, no `execute`, or a schema whose top is not an object.
 */
export function fromAiSdkTools<Context = unknown>(tools: Readonly<Record<string, AiSdkTool>>): readonly Tool<Context>[] {
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools))
    throw refusedTool('Expected a record of AI SDK tools, keyed by name: fromAiSdkTools({ get_weather }).')
  return Object.entries(tools).map(([name, entry]) => fromAiSdkTool<Context>(name, entry))
}

function fromAiSdkTool<Context>(name: string, foreign: AiSdkTool): Tool<Context> {
  if (typeof foreign !== 'object' || foreign === null)
    throw refusedTool(`Tool "${name}": expected a tool of the AI SDK, found ${foreign === null ? 'null' : typeof foreign}.`)
  if ('run' in foreign) throw refusedTool(`Tool "${name}" is not a tool of the AI SDK. Give it to the agent as it is.`)
  const { description, execute, needsApproval } = foreign
  checkToolDescription(name, description)
  if (typeof execute !== 'function') throw refusedTool(`Tool "${name}": at /execute, a function is missing. Tools that run elsewhere are not supported.`)
  return tool<InputSchema, Context>({
    name,
    description,
    // tool() checks it at run time.
    inputSchema: foreign.inputSchema as InputSchema,
    needsApproval:
      typeof needsApproval === 'function'
        ? async (input, context) => (await Reflect.apply(needsApproval, foreign, [input, { toolCallId: '', messages: [], context }])) !== false
        : needsApproval === true,
    async execute(input, call) {
      const { signal, toolCallId, context } = call
      const options = { toolCallId, messages: [], abortSignal: signal, context, experimental_context: context }
      return await lastOf(Reflect.apply(execute, foreign, [input, options]), call)
    },
  })
}

/** An AI SDK tool that yields shows preliminary results; the last one is the result. */
async function lastOf(result: unknown, { progress, signal }: Pick<ToolCallContext, 'progress' | 'signal'>): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result) || result instanceof ReadableStream) return await result
  let last: unknown
  // The check above shows that it is async iterable; progress makes JSON of what it is given.
  for await (const value of result as AsyncIterable<unknown>) {
    signal.throwIfAborted()
    last = value
    progress(value as Json)
  }
  return last
}
