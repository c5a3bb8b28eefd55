import { isReservedName } from '../contract/built-in-names.ts'
import { AgentError } from '../contract/errors.ts'
import type { Tool, ToolEffect } from '../contract/tool.ts'
import { formatCount } from '../support/cap-text.ts'

/** DeepSeek, Moonshot and Evolink document the same limit. */
export const maxTools = 128

export const toolEffects: readonly ToolEffect[] = ['read', 'idempotent', 'once']

/** The tools of an agent: a list, or a record keyed by the names of the tools. */
export type ToolSet<Context = unknown> = readonly Tool<Context>[] | Readonly<Record<string, Tool<Context>>>

/** The error for a tool, or a set of tools, that cannot be offered to a model. */
export function refusedTool(message: string, cause?: unknown): AgentError {
  return new AgentError(message, { code: 'invalid-tool', cause })
}

/**
 * Checks a set of tools and indexes it by name.
 *
 * @param reserved - Number of further tools that the agent adds.
 * @throws {AgentError} `invalid-tool` for more than 128 tools, something that is not a tool, a name that is not allowed, or two names
 * that differ only in letter case, `-` and `_`.
 */
export function indexTools<Context>(tools: ToolSet<Context>, reserved = 0): ReadonlyMap<string, Tool<never>> {
  if (typeof tools !== 'object' || tools === null) throw refusedTool(`Expected tools in a list or keyed by name, found ${kindOf(tools)}.`)
  const entries: readonly (readonly [string, Tool<Context>])[] = Array.isArray(tools)
    ? tools.map((tool: Tool<Context>, index) => [String(index), tool] as const)
    : Object.entries(tools)
  const count = entries.length + reserved
  if (count > maxTools) {
    throw refusedTool(
      `${formatCount(count)} tools are given; a request takes at most ${maxTools}. Offer a subset, split the agent, or put related functions into one tool with an "action" property.`,
    )
  }
  const byName = new Map<string, Tool<never>>()
  const seen = new Map<string, string>()
  for (const [key, tool] of entries) {
    checkTool(tool, `tools/${key}`)
    if (!Array.isArray(tools) && tool.name !== key) {
      throw refusedTool(`tools/${key} is the tool "${tool.name}". In a record the key is the name: write { ${JSON.stringify(tool.name)}: … }, or use a list.`)
    }
    checkDistinct(tool.name, seen)
    byName.set(tool.name, tool)
  }
  return byName
}

/** A tool need not come from `tool()`. */
function checkTool<Context>(tool: Tool<Context>, position: string): void {
  if (typeof tool?.run !== 'function' || typeof tool.check !== 'function') {
    throw refusedTool(`${position} is not a tool. Make it with tool({ … }), or with fromAiSdkTools({ … }) of a tool of the AI SDK.`)
  }
  checkToolName(tool.name)
  checkToolDescription(tool.name, tool.description)
  checkToolEffect(tool.name, tool.effect)
  if (tool.inputSchema?.['type'] !== 'object') {
    throw refusedTool(`Tool "${tool.name}": at /inputSchema/type, expected "object", because the arguments of a call are an object.`)
  }
}

/** Models mix up names that differ in nothing but these. */
function checkDistinct(name: string, seen: Map<string, string>): void {
  const folded = name.toLowerCase().replaceAll('-', '_')
  const other = seen.get(folded)
  if (other !== undefined) {
    const what = other === name ? 'another tool has this name' : `there is also "${other}", which a model would confuse with it`
    throw refusedTool(`Tool "${name}": at /name, ${what}. Rename one of them.`)
  }
  seen.set(folded, name)
}

/**
 * Checks the name of a tool: 1 to 64 letters, digits, `_` and `-`, the first a letter or `_`.
 *
 * @throws {AgentError} `invalid-tool`, with a name that is allowed.
 */
export function checkToolName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw refusedTool(`A tool has no name: at /name, expected a string, found ${kindOf(name)}.`)
  const isReserved = name in Object.prototype || isReservedName(name)
  if (/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) && !isReserved) return
  const rule = isReserved ? 'a name that is not reserved' : '1 to 64 letters, digits, "_" or "-", the first a letter or "_"'
  throw refusedTool(`Tool ${JSON.stringify(name.slice(0, 100))}: at /name, expected ${rule}. Use, for example, "${suggestName(name)}".`)
}

/** @throws {AgentError} `invalid-tool`, when the model would not know what the tool is for. */
export function checkToolDescription(name: string, description: unknown): asserts description is string {
  if (typeof description === 'string' && description.trim() !== '') return
  throw refusedTool(`Tool "${name}": at /description, a description is missing. Say in a sentence what the tool does: the model chooses by it.`)
}

/** @throws {AgentError} `invalid-tool`, as it must be known whether a call may be repeated. */
export function checkToolEffect(name: string, effect: unknown): void {
  if (toolEffects.some((known) => known === effect)) return
  throw refusedTool(`Tool "${name}": at /effect, expected ${toolEffects.map((known) => `'${known}'`).join(', ')}, found ${JSON.stringify(effect)}.`)
}

function suggestName(name: string): string {
  const cleaned = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[^A-Za-z]+|_+$/g, '')
    .slice(0, 64)
  if (cleaned === '') return 'my_tool'
  return cleaned in Object.prototype || isReservedName(cleaned) ? `my_${cleaned}` : cleaned
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}
