import type { CatalogueMode } from '../contract/catalogue.ts'
import type { Guard } from '../contract/flow.ts'
import type { ToolDefinition } from '../contract/model.ts'
import { declaredFlow } from '../durability/definition.ts'
import type { FlowRules } from '../durability/records.ts'
import type { OwnTools } from './tool-set.ts'

interface OfferedTools {
  readonly own: OwnTools
  readonly mode: CatalogueMode
  /** The list of each request. */
  readonly sent: readonly ToolDefinition[]
}

/**
 * How the calls of an agent are guarded; `undefined` where nothing can flow: no tool declares anything, and none can come that does.
 *
 * @param guard - What the caller gave.
 */
export function resolveFlow(guard: Guard = 'ask', { own, mode, sent }: OfferedTools): FlowRules | undefined {
  const { byName, sources } = own
  const declared = [...byName.values()].flatMap((tool) => {
    const flow = declaredFlow(tool)
    return flow === undefined ? [] : [[tool.name, flow] as const]
  })
  const isOpen = sources.length > 0 || [...byName.values()].some(({ child }) => child !== undefined)
  if (declared.length === 0 && !isOpen) return undefined
  // A call of a tool that is found by a search records what the tool declares.
  const names = new Set(mode === 'list' ? byName.keys() : sent.map(({ name }) => name))
  const tools = Object.fromEntries(declared.filter(([name]) => names.has(name)))
  return { rules: 1, guard: typeof guard === 'function' ? 'function' : guard, tools }
}

/** The rules of a run during which nobody can be asked. */
export function unattended(rules: FlowRules | undefined): FlowRules | undefined {
  return rules && { ...rules, unattended: true }
}
