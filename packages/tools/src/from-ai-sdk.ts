import type { Json, Tool, ToolCallContext } from '@capstan/core'
import { checkToolDescription, refusedTool } from '@capstan/core/internal'
import type { InputSchema } from './schema/standard-schema.ts'
import { tool } from './tool.ts'

/**
 * A tool as `tool()` of the AI SDK returns it: `{ description, inputSchema, execute(input, { toolCallId, messages, abortSignal }) }`.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-core/tools-and-tool-calling
 */
export interface AiSdkTool {
  readonly description?: unknown
  readonly inputSchema?: unknown
  readonly needsApproval?: unknown
  // The parameter type `never` accepts functions with any parameters: the schema of the tool checks the input at run time.
  readonly execute?: ((input: never, options: never) => unknown) | undefined
}

/**
 * Makes tools from a record of AI SDK tools. These have no names, so the key becomes the name. Their effect is `once`; all other options
 * have their defaults. Combine them with other tools: `tools: [...fromAiSdkTools({ getWeather }), wordCount]`.
 *
 * @throws {AgentError} `invalid-tool`, for an invalid name, a missing description or `execute`, or a schema whose top is not an object.
 */
export function fromAiSdkTools<Context = unknown>(tools: Readonly<Record<string, AiSdkTool>>): readonly Tool<Context>[] {
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools))
    throw refusedTool('Expected a record of AI SDK tools, keyed by name: fromAiSdkTools({ get_weather }).')
  return Object.entries(tools).map(([name, entry]) => fromAiSdkTool<Context>(name, entry))
}

function fromAiSdkTool<Context>(name: string, foreign: AiSdkTool): Tool<Context> {
  if (typeof foreign !== 'object' || foreign === null)
    throw refusedTool(`Tool "${name}": expected a tool of the AI SDK, found ${foreign === null ? 'null' : typeof foreign}.`)
  if ('run' in foreign) throw refusedTool(`Tool "${name}" is already a tool of Capstan, not of the AI SDK. Pass it to the agent as it is.`)
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

/** An AI SDK tool that is a generator yields preliminary results, which become progress; the last value is the result. */
async function lastOf(result: unknown, { progress, signal }: Pick<ToolCallContext, 'progress' | 'signal'>): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result) || result instanceof ReadableStream) return await result
  let last: unknown
  // The check above shows that it is async iterable; `progress` converts its argument to JSON.
  for await (const value of result as AsyncIterable<unknown>) {
    signal.throwIfAborted()
    last = value
    progress(value as Json)
  }
  return last
}
