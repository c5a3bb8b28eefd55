import type { ToolSource } from '../contract/catalogue.ts'
import type { Model } from '../contract/model.ts'
import type { AgentChanges, Tool } from '../contract/tool.ts'
import type { AgentOptions } from './agent-options.ts'
import { indexTools } from './tool-set.ts'

/** The options of an agent with other models and other tools. The copy is not traced. */
export function rewireOptions<Context, Output>(options: AgentOptions<Context, Output>, changes: AgentChanges): AgentOptions<Context, Output> {
  const { trace: _, ...rest } = options
  const { model, tools = [] } = rest
  const changed = new Map<Tool<never>, Tool<never>>()
  const toolOf = (tool: Tool<never>): Tool<never> => {
    // A source may list a tool again, which must then be the same one.
    const known = changed.get(tool) ?? tool.child?.rewired(changes) ?? changes.tool(tool)
    changed.set(tool, known)
    return known
  }
  const { fixed, sources } = indexTools(tools)
  return {
    ...rest,
    model: isChain(model) ? [changes.model(model[0]), ...model.slice(1).map(changes.model)] : changes.model(model),
    // A tool takes the context that its agent takes.
    tools: [...[...fixed.values()].map(toolOf), ...sources.map((source) => sourceOf(source, toolOf))] as AgentOptions<Context>['tools'] & object,
  }
}

/** A source returns the same list until its tools change. */
function sourceOf(source: ToolSource<never>, toolOf: (tool: Tool<never>) => Tool<never>): ToolSource<never> {
  let from: readonly Tool<never>[] = []
  let list: readonly Tool<never>[] = []
  return {
    name: source.name,
    list() {
      const now = source.list()
      if (now !== from) list = now.map(toolOf)
      from = now
      return list
    },
  }
}

function isChain(model: Model | readonly [Model, ...Model[]]): model is readonly [Model, ...Model[]] {
  return Array.isArray(model)
}
