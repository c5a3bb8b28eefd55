import { isReservedName } from '../contract/built-in-names.ts'
import type { ToolSource } from '../contract/catalogue.ts'
import { AgentError } from '../contract/errors.ts'
import { allLabels } from '../contract/labels.ts'
import type { Tool, ToolEffect } from '../contract/tool.ts'

/** DeepSeek, Moonshot and Evolink document the same limit. */
export const maxTools = 128

export const toolEffects: readonly ToolEffect[] = ['read', 'idempotent', 'once']

/** The tools of an agent, and sources of tools: a list, or a record keyed by their names. */
export type ToolSet<Context = unknown> = readonly (Tool<Context> | ToolSource<Context>)[] | Readonly<Record<string, Tool<Context> | ToolSource<Context>>>

/** The tools that an agent was given, checked. */
export interface OwnTools {
  /** All that there are now. */
  readonly byName: ReadonlyMap<string, Tool<never>>
  /** Those that did not come from a source. */
  readonly fixed: ReadonlyMap<string, Tool<never>>
  readonly sources: readonly ToolSource<never>[]
}

/** The error for a tool, or a set of tools, that cannot be offered to a model. */
export function refusedTool(message: string, cause?: unknown): AgentError {
  return new AgentError(message, { code: 'invalid-tool', cause })
}

/**
 * Checks a set of tools and indexes it by name.
 *
 * @throws {AgentError} `invalid-tool` for something that is not a tool, a name that is not allowed, or two names that differ only in letter
 * case, `-` and `_`.
 */
export function indexTools<Context>(tools: ToolSet<Context>): OwnTools {
  if (typeof tools !== 'object' || tools === null) throw refusedTool(`Expected tools in a list or keyed by name, found ${kindOf(tools)}.`)
  const index = new ToolIndex()
  for (const [key, item] of Object.entries(tools)) {
    if (!Array.isArray(tools) && typeof item?.name === 'string' && item.name !== key) {
      const what = isSource(item) ? 'source' : 'tool'
      throw refusedTool(
        `tools/${key} is the ${what} "${item.name}". In a record the key is the name: write { ${JSON.stringify(item.name)}: … }, or use a list.`,
      )
    }
    if (isSource(item)) index.addSource(item, `tools/${key}`)
    else index.fixed.set(item.name, index.add(item, `tools/${key}`))
  }
  return index
}

/** Tools by name, each with a name that no model would confuse with another. */
class ToolIndex implements OwnTools {
  readonly byName = new Map<string, Tool<never>>()
  readonly fixed = new Map<string, Tool<never>>()
  readonly sources: ToolSource<never>[] = []
  readonly #seen = new Map<string, { readonly name: string; readonly position: string }>()

  add<Context>(tool: Tool<Context>, position: string): Tool<never> {
    checkTool(tool, position)
    this.#checkDistinct(tool.name, position)
    this.byName.set(tool.name, tool)
    return tool
  }

  addSource<Context>(source: ToolSource<Context>, position: string): void {
    const list: unknown = source.list()
    if (!Array.isArray(list)) throw refusedTool(`The source "${source.name}" at ${position} lists ${kindOf(list)} instead of tools.`)
    for (const [index, tool] of source.list().entries()) this.add(tool, `${position} (source "${source.name}")/${index}`)
    this.sources.push(source)
  }

  /** Models mix up names that differ in nothing but these. */
  #checkDistinct(name: string, position: string): void {
    const folded = name.toLowerCase().replaceAll('-', '_')
    const other = this.#seen.get(folded)
    if (other !== undefined) {
      const what = other.name === name ? 'which has this name too' : `"${other.name}", which a model would confuse with it`
      throw refusedTool(
        `Tool "${name}": at /name, it is at ${position}, and at ${other.position} there is ${other.name === name ? 'a tool ' : ''}${what}. Rename one of them.`,
      )
    }
    this.#seen.set(folded, { name, position })
  }
}

function isSource<Context>(item: Tool<Context> | ToolSource<Context>): item is ToolSource<Context> {
  return typeof (item as Partial<ToolSource> | undefined)?.list === 'function' && typeof (item as Partial<Tool> | undefined)?.run !== 'function'
}

/** True for a tool that `indexTools` takes. */
export function isTool(tool: Tool<never>): boolean {
  try {
    checkTool(tool, '')
    return true
  } catch {
    return false
  }
}

/** A tool need not come from `tool()`. */
function checkTool<Context>(tool: Tool<Context>, position: string): void {
  if (typeof tool?.run !== 'function' || typeof tool.check !== 'function') {
    throw refusedTool(`${position} is not a tool. Make it with tool({ … }), or with fromAiSdkTools({ … }) of a tool of the AI SDK.`)
  }
  checkToolName(tool.name)
  checkToolDescription(tool.name, tool.description)
  checkToolEffect(tool.name, tool.effect)
  checkToolFlow(tool.name, tool)
  if (tool.inputSchema?.['type'] !== 'object') {
    throw refusedTool(`Tool "${tool.name}": at /inputSchema/type, expected "object", because the arguments of a call are an object.`)
  }
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

/** The options of a tool that say what flows through it. */
export interface ToolFlow {
  readonly returns?: unknown
  readonly reaches?: unknown
  readonly targets?: unknown
}

/** @throws {AgentError} `invalid-tool`, when what the tool returns or reaches cannot be known. */
export function checkToolFlow(name: string, { returns, reaches, targets }: ToolFlow): void {
  const refuse = (pointer: string, expected: string, found: unknown): never => {
    throw refusedTool(`Tool "${name}": at ${pointer}, expected ${expected}, found ${JSON.stringify(found) ?? kindOf(found)}.`)
  }
  const given = Array.isArray(returns) ? returns : [returns]
  if (returns !== undefined && !given.every((label) => allLabels.some((known) => known === label)))
    refuse('/returns', "'untrusted', 'secret' or a list of both", returns)
  const isWords = Array.isArray(reaches) && reaches.every((word) => typeof word === 'string' && word !== '')
  if (reaches !== undefined && !isWords) refuse('/reaches', "a list of words such as ['external']", reaches)
  if (targets === undefined) return
  if (typeof targets !== 'function') refuse('/targets', 'a function that returns the destinations of a call', targets)
  if (!isWords || reaches.length === 0) refuse('/reaches', "what a tool with `targets` reaches, such as ['external']", reaches)
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
