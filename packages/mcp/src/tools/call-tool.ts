import { type Json, type JsonObject, type ToolCallContext, ToolError } from '@capstan/core'
import { jsonSchema } from '@capstan/tools'
import { type CallToolResult, ProtocolError, type Tool as SdkTool } from '@modelcontextprotocol/client'
import type { Connection } from '../connection.ts'
import { describeFailure, LostRequest } from '../failure.ts'
import type { Settings } from '../options.ts'
import { cleanText } from './clean-text.ts'
import type { RemoteTool } from './remote-tool.ts'
import { describeMedia, resultText } from './result-text.ts'

/** Where calls are sent, and who is told. */
export interface CallHost {
  /** The name of the server. */
  readonly server: string
  readonly settings: Settings
  readonly connection: Connection
  /** Reads the list again, for a server that says that the definition of a tool is not the current one. */
  reread(name: string): Promise<RemoteTool | undefined>
}

/** The server did not execute the call, because a header does not say what the arguments say. */
const headerMismatch = -32_020

/**
 * Calls a tool of a server.
 *
 * @throws {ToolError} With what the server answered, or why it did not.
 */
export async function callTool(
  host: CallHost,
  remote: RemoteTool,
  { input, call }: { readonly input: JsonObject; readonly call: ToolCallContext },
): Promise<string> {
  const { server, settings } = host
  const result = await sendCall(host, remote, { input, call })
  const { onMedia = describeMedia } = settings
  const text = await resultText(result, async (media) => await onMedia({ tool: remote.name, ...media }))
  if (result.isError === true) throw new ToolError(text === '' ? `The tool of the MCP server ${server} failed without a reason.` : text)
  const problem = await outputProblem(remote, result)
  if (problem === undefined) return text
  settings.onWarning({ type: 'output-mismatch', server, message: `MCP server ${server}: the result of ${JSON.stringify(cleanText(remote.name))} ${problem}.` })
  return `${text}\n[The server sent a result that ${problem}.]`
}

async function sendCall(host: CallHost, remote: RemoteTool, asked: { readonly input: JsonObject; readonly call: ToolCallContext }): Promise<CallToolResult> {
  try {
    return await send(host, remote, asked)
  } catch (error) {
    asked.call.signal.throwIfAborted()
    const current = error instanceof ProtocolError && error.code === headerMismatch ? await host.reread(remote.name) : undefined
    if (current === undefined) throw toToolError(error, host.server)
    return await send(host, current, asked).catch((again: unknown) => {
      throw toToolError(again, host.server)
    })
  }
}

function send(
  { connection, settings }: CallHost,
  { name, inputSchema }: RemoteTool,
  { input, call }: { readonly input: JsonObject; readonly call: ToolCallContext },
): Promise<CallToolResult> {
  const { signal, progress } = call
  // Of the definition the client reads which arguments become headers.
  const toolDefinition = { name, inputSchema } as SdkTool
  return connection.request((client, options) => client.callTool({ name, arguments: input }, { ...options, toolDefinition }), {
    signal,
    // `tool()` ends the call at its own limit, which aborts this request.
    timeoutMs: settings.timeoutMs + 60_000,
    onprogress: ({ progress: done, total, message }) =>
      progress({ progress: done, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }),
  })
}

function toToolError(error: unknown, server: string): ToolError {
  const doubt = error instanceof LostRequest ? ' What was asked may have been done.' : ''
  return new ToolError(`The call of the MCP server ${server} failed: ${describeFailure(error)}.${doubt}`, { cause: error })
}

/** Why a result is not what the tool promises; `undefined` when it is. The check takes bounded time, whatever the schema. */
async function outputProblem({ outputSchema }: RemoteTool, { structuredContent }: CallToolResult): Promise<string | undefined> {
  if (outputSchema === undefined) return undefined
  if (structuredContent === undefined) return 'lacks the structured content that the tool promises'
  try {
    const { issues } = await jsonSchema(outputSchema)['~standard'].validate(structuredContent as Json)
    return issues === undefined ? undefined : `does not fit the output schema of the tool: ${cleanText(issues[0]?.message ?? '').slice(0, 300)}`
  } catch (error) {
    return `cannot be checked: ${describeFailure(error).slice(0, 300)}`
  }
}
