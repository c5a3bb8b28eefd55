import { searchText } from '../catalogue/search-text.ts'
import type { SearchOutput } from '../catalogue/search-tool.ts'
import { searchLimits } from '../contract/catalogue.ts'
import type { Model, ToolDefinition } from '../contract/model.ts'
import type { Tool } from '../contract/tool.ts'
import type { LoopRun } from './loop-run.ts'

/** Searches the tools of a run. Called inside the operation of the call: the tools and their ranking may be others in a later process. */
export async function searchTools({ agent, chain, stepTools }: LoopRun, query: string, signal: AbortSignal): Promise<SearchOutput> {
  const found = await agent.catalogue.search({ query, active: stepTools.active, signal })
  const shown = await Promise.all(found.map((tool, index) => (index < searchLimits.schemas ? asSent(chain.lastModel, tool) : tool)))
  return { status: 'ok', text: searchText(shown).text, foundTools: found.map(({ name }) => name) }
}

// The endpoint does not check the arguments of such a call, so a schema that it cannot be sent is shown as it is.
async function asSent(model: Model, tool: Tool<never>): Promise<ToolDefinition> {
  const { name, description, inputSchema } = tool
  try {
    return { name, description, inputSchema: (await model.schemaAsSent?.({ name, description, inputSchema })) ?? inputSchema }
  } catch {
    return tool
  }
}
