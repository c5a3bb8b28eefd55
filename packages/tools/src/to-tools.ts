import type { Json, Tool, ToolCallContext } from '@capstan/core'
import { checkDescription, checkName, checkSet, invalidTool } from './check-definition.ts'
import type { InputSchema } from './schema/standard-schema.ts'
import { tool } from './tool.ts'

/**
 * A tool as the AI SDK makes it: `{ description, inputSchema, execute(input, { toolCallId, messages, abortSignal }) }`.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-core/tools-and-tool-calling
 */
export interface ForeignTool {
  readonly description?: unknown
  readonly inputSchema?: unknown
  readonly needsApproval?: unknown
  // `never` takes functions of any parameters: the schema of the tool checks what they are given.
  readonly execute?: ((input: never, options: never) => unknown) | undefined
}

/** Tools in a list or in a record. Ours keep their name in a record; a tool of the AI SDK has none and takes its key. */
export type ToolSet<Context = unknown> = readonly Tool<Context>[] | Readonly<Record<string, Tool<Context> | ForeignTool>>

/**
 * Makes one checked list of any set of tools: ours, records keyed by name, and `tool()` objects of the AI SDK as they are
 * (effect `once`, defaults for everything else).
 *
 * @throws {AgentError} `invalid-tool`: more than 128, names that are invalid or too alike, no description, a top that is no object.
 */
export function toTools<Context = unknown>(tools: ToolSet<Context>): readonly Tool<Context>[] {
  if (typeof tools !== 'object' || tools === null)
    throw invalidTool(`Expected tools in a list or keyed by name, found ${tools === null ? 'null' : typeof tools}.`)
  const list = isList(tools) ? tools.map((entry, index) => checkOwn(entry, `/${index}`)) : Object.entries(tools).map(([name, entry]) => fromEntry(name, entry))
  checkSet(list.map(({ name }) => name))
  return list
}

function isList<Context>(tools: ToolSet<Context>): tools is readonly Tool<Context>[] {
  return Array.isArray(tools)
}

function fromEntry<Context>(name: string, entry: Tool<Context> | ForeignTool): Tool<Context> {
  if (typeof entry !== 'object' || entry === null) throw invalidTool(`Tool "${name}": expected a tool, found ${entry === null ? 'null' : typeof entry}.`)
  if (isOwn(entry)) return checkOwn(entry, `/${name}`)
  checkName(name)
  return fromForeign(name, entry)
}

function isOwn<Context>(entry: Tool<Context> | ForeignTool): entry is Tool<Context> {
  return 'run' in entry && typeof entry.run === 'function' && 'validate' in entry
}

/** A tool of our shape need not come from `tool()`. */
function checkOwn<Context>(entry: Tool<Context>, pointer: string): Tool<Context> {
  if (typeof entry !== 'object' || entry === null || !isOwn(entry)) {
    throw invalidTool(`At ${pointer}, expected a tool made by tool(). Tools of the AI SDK have no name: give them in a record keyed by name.`)
  }
  checkName(entry.name)
  checkDescription(entry.name, entry.description)
  if (entry.inputSchema?.['type'] !== 'object') throw invalidTool(`Tool "${entry.name}": at /inputSchema/type, the top must be of type "object".`)
  return entry
}

function fromForeign<Context>(name: string, foreign: ForeignTool): Tool<Context> {
  const { execute, needsApproval } = foreign
  checkDescription(name, foreign.description)
  if (typeof execute !== 'function') throw invalidTool(`Tool "${name}": at /execute, a function is missing. Tools that run elsewhere are not supported.`)
  return tool<InputSchema, Context>({
    name,
    description: foreign.description,
    // Checked by tool() at run time.
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
  // Just seen to be async iterable; progress makes JSON of what it is given.
  for await (const value of result as AsyncIterable<unknown>) {
    signal.throwIfAborted()
    last = value
    progress(value as Json)
  }
  return last
}
