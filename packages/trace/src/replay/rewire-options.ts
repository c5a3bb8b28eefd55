import type { AgentOptions, Model, Tool, ToolSource } from '@capstan/core'
import { indexTools, type OptionsChange } from '@capstan/core/internal'

/** What takes the place of parts of an agent, and of the agents behind its tools. */
export interface AgentChanges {
  /** What takes the place of a model. */
  readonly model: (model: Model) => Model
  /** What takes the place of a tool. It must have the same name; a tool with an agent behind it is not changed itself. */
  readonly tool: (tool: Tool<never>) => Tool<never>
  /** What takes the place of a tool of the loop, such as `read_result`. Default: the tool itself. */
  readonly builtIn?: (tool: Tool<never>) => Tool<never>
}

/** Makes options of agents with other models and other tools, also in the agents behind their tools. The copies are not traced. */
export function rewireOptions(changes: AgentChanges): OptionsChange {
  // An agent gives its own options, and gets them back with what is changed here.
  const change = (options: object): object => rewired(options as AgentOptions, { changes, change: change as OptionsChange })
  return Object.assign(change as OptionsChange, changes.builtIn && { builtIn: changes.builtIn })
}

function rewired(options: AgentOptions, { changes, change }: { readonly changes: AgentChanges; readonly change: OptionsChange }): object {
  const { trace: _, ...rest } = options
  const { model, tools = [] } = rest
  const changed = new Map<Tool<never>, Tool<never>>()
  const toolOf = (tool: Tool<never>): Tool<never> => {
    // A source may list a tool again, which must then be the same one.
    const known = changed.get(tool) ?? tool.child?.rewired(change) ?? changes.tool(tool)
    changed.set(tool, known)
    return known
  }
  const { fixed, sources } = indexTools(tools)
  return {
    ...rest,
    model: isChain(model) ? model.map(changes.model) : changes.model(model),
    tools: [...[...fixed.values()].map(toolOf), ...sources.map((source) => sourceOf(source, toolOf))],
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
