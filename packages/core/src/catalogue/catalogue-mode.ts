import { type CatalogueMode, type CatalogueOption, isAlwaysSent } from '../contract/catalogue.ts'
import type { ToolDefinition } from '../contract/model.ts'
import type { Tool } from '../contract/tool.ts'
import { estimateTokens } from '../support/estimate.ts'

/** Up to here a list costs no more over a long run than the searches that would replace it. */
export const listLimits = { tools: 64, tokens: 12_000 }

/**
 * Decides how tools are offered. Depends only on the definitions, so it is the same for each run of an agent.
 *
 * @param tools - All tools, as they would be sent.
 */
export function catalogueMode(tools: readonly CataloguedTool[], option: CatalogueOption = 'auto'): CatalogueMode {
  if (option === 'never' || tools.every(isAlwaysSent)) return 'list'
  return option === 'auto' && fitsList(tools) ? 'list' : 'search'
}

type CataloguedTool = ToolDefinition & Pick<Tool<never>, 'pinned'>

function fitsList(tools: readonly ToolDefinition[]): boolean {
  if (tools.length > listLimits.tools) return false
  return estimateTokens(tools.map(({ name, description, inputSchema }) => JSON.stringify({ name, description, inputSchema }))) <= listLimits.tokens
}
