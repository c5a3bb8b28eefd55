// The client under test: connects to the URL in the last argument with `mcp()`, and calls what the scenario asks for.
import type { Json, JsonObject, Tool } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type McpServer, mcp } from '@capstan/mcp'

interface AskedCall {
  readonly name: string
  readonly arguments?: Json
}

const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? ''
// The suite sends JSON.
const { toolCalls } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as { readonly toolCalls?: readonly AskedCall[] }

await using server = await mcp({ url: process.argv.at(-1) ?? '' }, { name: 'test', onElicit: () => ({ action: 'accept', content: {} }), timeoutMs: 20_000 })
for (const asked of toolCalls ?? callsOf(server)) await call(server, asked)

/** What a scenario that names no calls expects: each tool once. */
function callsOf({ tools }: McpServer): readonly AskedCall[] {
  if (scenario === 'json-schema-2020-12-preservation') {
    const schema = tools.find(({ name }) => name.includes('json_schema_2020_12_tool'))?.inputSchema ?? {}
    return [{ name: 'json_schema_echo', arguments: { schema } }]
  }
  return tools.map((tool) => ({ name: server.remoteName(tool.name) ?? '', arguments: exampleOf(tool.inputSchema) }))
}

/** A value for each property that a schema requires. */
function exampleOf({ required, properties }: JsonObject): JsonObject {
  const names = Array.isArray(required) ? required : []
  const schemas = isJsonObject(properties) ? properties : {}
  return Object.fromEntries(names.map((name) => [String(name), exampleValue(schemas[String(name)])]))
}

function exampleValue(schema: Json | undefined): Json {
  const type = isJsonObject(schema) ? schema['type'] : undefined
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  return type === 'object' ? {} : type === 'array' ? [] : 'text'
}

async function call({ tools }: McpServer, { name, arguments: input = {} }: AskedCall): Promise<void> {
  const tool: Tool | undefined = tools.find((each) => each.name === server.toolName(name))
  const check = await tool?.check(input)
  if (tool === undefined || check?.ok !== true) return console.error(`${name}: ${check?.ok === false ? check.message : 'no such tool'}`)
  const signal = AbortSignal.timeout(20_000)
  const { status, text } = await tool.run(check.value, { signal, context: undefined, idempotencyKey: 'key', toolCallId: 'call', progress: () => undefined })
  console.error(`${name}: ${status} ${text.slice(0, 200)}`)
}
