import { callToolName, searchToolName } from '../contract/catalogue.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { kindOf } from '../contract/options.ts'
import type { Tool, ToolCheck, ToolOutput } from '../contract/tool.ts'

/** What a search found. */
export interface SearchOutput extends ToolOutput {
  /** Names of the tools, the best first. */
  readonly foundTools: readonly string[]
}

/** What the loop gives to the tool as its context. */
export interface SearchContext {
  /** Searches the tools of the run. */
  readonly searchTools: (query: string, signal: AbortSignal) => Promise<SearchOutput>
}

/** How the tool behaves that searches the others. Its description and its schema are those of `searchTool`. */
export const searchToolTraits: Omit<Tool<SearchContext>, 'description' | 'inputSchema'> = {
  name: searchToolName,
  effect: 'read',
  repeatable: false,
  needsApproval: false,
  check: checkSearch,
  // `check` made the value.
  run: (value, { context, signal }) => context.searchTools(value as string, signal),
}

function checkSearch(input: Json): ToolCheck {
  const query = isJsonObject(input) ? input['query'] : input
  if (typeof query === 'string' && query.trim() !== '') return { ok: true, value: query }
  return {
    ok: false,
    message: `At /query, expected what the tool should do, such as "send an email", found ${query === '' ? 'an empty text' : kindOf(query)}.`,
  }
}

/** How the tool behaves that calls the others. It never runs itself: the loop reads the call inside it. */
export const callToolTraits: Omit<Tool<SearchContext>, 'description' | 'inputSchema'> = {
  name: callToolName,
  effect: 'once',
  repeatable: false,
  needsApproval: false,
  check: (value) => ({ ok: true, value }),
  run: async () => ({ status: 'invalid-input', text: `Not run: ${callToolName} does nothing itself.` }),
}
