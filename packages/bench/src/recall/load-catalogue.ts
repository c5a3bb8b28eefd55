import type { Json, JsonObject, ToolDefinition } from '@capstan/core'
import { chineseTools } from './chinese.ts'
import type { DataFolder } from './data-folder.ts'
import { apiZooFiles, functionFiles, gorilla, leaderboardFiles, liveMcpBench, mcpToolsFile, metaTool, metaToolFiles } from './sources.ts'
import { ToolCollection } from './tool-collection.ts'

const size = 5_000

/** A function as the leaderboard describes it. */
export interface LeaderboardFunction {
  readonly name: string
  readonly description?: string
  readonly parameters?: JsonObject
}

interface ApiZooEntry {
  readonly api_name: string
  readonly functionality?: string | null
  readonly api_arguments?: JsonObject | null
}

interface McpTool {
  readonly name: string
  readonly description: string | null
  readonly inputSchema: JsonObject
}

interface McpServer {
  readonly name: string
  readonly tools: Readonly<Record<string, { readonly tools: readonly McpTool[] }>>
}

/** 5,000 tools of all sets and our Chinese ones. Entries of API Zoo, spread over that set, fill what the others leave. */
export async function loadCatalogue(data: DataFolder): Promise<ToolCollection> {
  const collection = new ToolCollection()
  for (const file of leaderboardFiles) {
    for (const { function: functions = [] } of parseLines<{ function?: readonly LeaderboardFunction[] }>(await data.read(gorilla, file))) {
      for (const entry of functions) collection.add('bfcl', fromLeaderboard(entry))
    }
  }
  for (const file of functionFiles) {
    for (const entry of parseLines<LeaderboardFunction>(await data.read(gorilla, file))) collection.add('bfcl', fromLeaderboard(entry))
  }
  await addMcpTools(data, collection)
  const plugins = JSON.parse(await data.read(metaTool, metaToolFiles.tools)) as Record<string, string>
  for (const [name, description] of Object.entries(plugins)) collection.add('metatool', { name, description, inputSchema: { type: 'object' } })
  for (const tool of chineseTools) collection.add('chinese', tool)
  await fillUp(data, collection)
  return collection
}

/** JSON values, one on each line. The caller names their type, which the data set documents. */
export function parseLines<Value>(text: string): readonly Value[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Value)
}

function fromLeaderboard({ name, description = '', parameters = {} }: LeaderboardFunction): ToolDefinition {
  return { name, description, inputSchema: parameters }
}

async function addMcpTools(data: DataFolder, collection: ToolCollection): Promise<void> {
  const servers = JSON.parse(await data.read(liveMcpBench, mcpToolsFile)) as readonly McpServer[]
  for (const server of servers) {
    for (const { tools } of Object.values(server.tools)) {
      for (const { name, description, inputSchema } of tools) collection.add(`mcp/${server.name}`, { name, description: description ?? '', inputSchema })
    }
  }
}

async function fillUp(data: DataFolder, collection: ToolCollection): Promise<void> {
  const entries: ApiZooEntry[] = []
  for (const file of apiZooFiles) entries.push(...(JSON.parse(await data.read(gorilla, file)) as readonly ApiZooEntry[]))
  const step = entries.length / (size - collection.tools.length)
  const spread = entries.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
  // Some entries are repeated, so the spread ones are not enough.
  for (const entry of [...spread, ...entries]) {
    if (collection.tools.length >= size) return
    collection.add('apizoo', fromApiZoo(entry))
  }
}

function fromApiZoo({ api_name: name, functionality, api_arguments: parameters }: ApiZooEntry): ToolDefinition {
  const properties = Object.fromEntries(Object.entries(parameters ?? {}).map(([key, value]) => [key, { description: textOf(value) }]))
  return { name, description: functionality ?? '', inputSchema: { type: 'object', properties } }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
