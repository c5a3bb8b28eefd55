import { readResultTool } from '../artifacts/read-result-tool.ts'
import { catalogueMode } from '../catalogue/catalogue-mode.ts'
import { callToolTraits, searchToolTraits } from '../catalogue/search-tool.ts'
import { ToolCatalogue } from '../catalogue/tool-catalogue.ts'
import { callTool, searchTool } from '../catalogue/wire-tools.ts'
import { type CatalogueMode, type CatalogueOption, isAlwaysSent, type RankTools } from '../contract/catalogue.ts'
import type { ToolDefinition } from '../contract/model.ts'
import { outputToolName } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'
import type { LoopAgent } from '../loop/loop-agent.ts'
import { formatCount } from '../support/cap-text.ts'
import { isTool, maxTools, type OwnTools, refusedTool } from './tool-set.ts'

/** What decides how the tools of an agent are offered. */
export interface ToolListOptions {
  readonly own: OwnTools
  /** The tool that takes the output. */
  readonly output: Tool<never> | undefined
  readonly catalogue: CatalogueOption | undefined
  readonly rank: RankTools | undefined
  /** True when a model of the agent is sent no object of any shape. */
  readonly closedSchemas: boolean
}

/** The tools of an agent, and the list of them that is in each request. */
export interface ToolLists extends Pick<LoopAgent, 'tools' | 'builtIns' | 'catalogue'> {
  readonly mode: CatalogueMode
  readonly sent: readonly ToolDefinition[]
  readonly ownDefinitions: () => readonly ToolDefinition[]
  readonly findDefinition: (name: string) => ToolDefinition | undefined
}

/**
 * Decides how tools are offered, and in which order: those of the caller, the one that takes the output, and those of the loop.
 *
 * @throws {AgentError} `invalid-tool` for more tools than a request may have.
 */
export function listTools({ own, output, catalogue: option, rank, closedSchemas }: ToolListOptions): ToolLists {
  const { byName, fixed, sources } = own
  const tools = output === undefined ? byName : new Map([...byName, [outputToolName, output]])
  const catalogue = new ToolCatalogue({ tools: fixed, sources, rank, accepts: isTool })
  const mode = catalogueMode([...byName.values()], option)
  const builtIns = new Map<string, Tool<never>>([
    [searchToolTraits.name, { ...searchToolTraits, ...searchTool(catalogue.definitions) }],
    [callToolTraits.name, { ...callToolTraits, ...callTool(closedSchemas) }],
    [readResultTool.name, readResultTool],
  ])
  const ownDefinitions = (): readonly ToolDefinition[] => Array.from(tools.values(), definitionOf)
  const always = mode === 'list' ? [...tools.values()] : [...[...tools.values()].filter(isAlwaysSent), ...searchingIn(builtIns)]
  checkCount(always.length, mode)
  // `read_result` is the last of the list, and an agent whose list is full does without it.
  const hasRoom = byName.size > 0 && always.length < maxTools
  const sent = [...always, ...(hasRoom ? [readResultTool] : [])].map(definitionOf)
  const findDefinition = (name: string): ToolDefinition | undefined => {
    const tool = tools.get(name) ?? builtIns.get(name)
    return tool && definitionOf(tool)
  }
  return { tools, builtIns, catalogue, mode, sent, ownDefinitions, findDefinition }
}

function searchingIn(builtIns: ReadonlyMap<string, Tool<never>>): readonly Tool<never>[] {
  return [searchToolTraits.name, callToolTraits.name].flatMap((name) => builtIns.get(name) ?? [])
}

function checkCount(count: number, mode: CatalogueMode): void {
  if (count <= maxTools) return
  const advice = mode === 'list' ? "leave out `catalogue: 'never'` and pin fewer tools: a model then finds the others by a search." : 'pin fewer tools.'
  throw refusedTool(`a request takes at most ${maxTools} tools, and ${formatCount(count)} would be in each. To fix this, ${advice}`)
}

function definitionOf({ name, description, inputSchema }: Tool<never>): ToolDefinition {
  return { name, description, inputSchema }
}
