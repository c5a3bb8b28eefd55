import { AgentError } from '../contract/errors.ts'
import type { Tool } from '../contract/tool.ts'

/** DeepSeek, Moonshot and Evolink document the same limit. */
export const maxTools = 128

const effects: ReadonlySet<unknown> = new Set(['read', 'idempotent', 'once'])

/**
 * Indexes the tools of an agent by name.
 *
 * @throws {AgentError} `invalid-tool` for more than 128 tools, a name used twice, or something that is not a tool.
 */
export function indexTools<Context>(tools: readonly Tool<Context>[] | Readonly<Record<string, Tool<Context>>>): ReadonlyMap<string, Tool<never>> {
  const entries: readonly (readonly [string, Tool<Context>])[] = Array.isArray(tools)
    ? tools.map((tool: Tool<Context>, index) => [String(index), tool] as const)
    : Object.entries(tools)
  if (entries.length > maxTools) {
    throw new AgentError(`${entries.length} tools are given; a request takes at most ${maxTools}. Offer fewer, or split the agent.`, { code: 'invalid-tool' })
  }
  const byName = new Map<string, Tool<never>>()
  const seen = new Map<string, string>()
  for (const [key, tool] of entries) {
    if (typeof tool?.run !== 'function' || typeof tool.name !== 'string') {
      throw new AgentError(`tools/${key} is not a tool. Make it with tool({ ... }) of @capstan/tools.`, { code: 'invalid-tool' })
    }
    if (!Array.isArray(tools) && tool.name !== key) {
      throw new AgentError(
        `tools/${key} is the tool '${tool.name}'. In a record the key is the name: write { ${JSON.stringify(tool.name)}: … }, or use a list.`,
        {
          code: 'invalid-tool',
        },
      )
    }
    if (!effects.has(tool.effect)) {
      throw new AgentError(`tools/${key} ('${tool.name}') has the effect ${JSON.stringify(tool.effect)}. It must be 'read', 'idempotent' or 'once'.`, {
        code: 'invalid-tool',
      })
    }
    const folded = tool.name.toLowerCase()
    const earlier = seen.get(folded)
    if (earlier !== undefined) {
      throw new AgentError(`tools/${key} has the name '${tool.name}', which tools/${earlier} has too (letter case aside). Names must differ.`, {
        code: 'invalid-tool',
      })
    }
    seen.set(folded, key)
    byName.set(tool.name, tool)
  }
  return byName
}
