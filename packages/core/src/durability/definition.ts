import { type CatalogueMode, isAlwaysSent } from '../contract/catalogue.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import { joinLabels } from '../contract/labels.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { RunVersion } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { shortHash } from '../support/hash.ts'
import { hashAbout } from './question-ids.ts'
import type { DeclaredFlow, FlowRules, ToolFacts } from './records.ts'
import { schemaMeaning } from './schema-meaning.ts'

/** The definition of an agent as hashes: what a recorded run is compared with before it continues. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface that extends JsonObject is refused by programs without exactOptionalPropertyTypes.
export type Definition = {
  /** Version of the hashes: that of the run. */
  readonly format: RunVersion
  readonly instructions: string | null
  /** By name. Format 1: description, schema and effect. Format 2: the binding and the wording, as two hashes joined by a colon. */
  readonly tools: Readonly<Record<string, string>>
  /** The options with code of the caller that are there. */
  readonly hooks: readonly string[]
  readonly output: string | null
  /** Of an agent with a catalogue: one hash of the names of all tools. `tools` then has only those that are in the list of the request. */
  readonly catalogue?: string
  /** For each tool that an agent answers, the index of the agent in `agents`. */
  readonly children?: ChildIndices
  /** The agents that answer calls of tools of the agent, or of each other. */
  readonly agents?: readonly AgentTools[]
}

type ChildIndices = Readonly<Record<string, number>>

/** The tools of one agent. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
type AgentTools = {
  readonly tools: Readonly<Record<string, string>>
  readonly children?: ChildIndices
}

/** What changed since a run was recorded. */
export interface DefinitionChange {
  /** Words for people; empty when nothing did. */
  readonly changes: readonly string[]
  /** Whether calls of a tool mean something else now, or the tool is gone. Its names: the tools whose agents it belongs to, and its own. */
  readonly isRebound: (names: readonly string[]) => boolean
}

/** The options of an agent that its runs depend on. */
export interface DefinedAgent {
  readonly config: { readonly instructions: string | undefined }
  /** A function that makes the instructions of each run. */
  readonly makeInstructions: unknown
  readonly tools: ReadonlyMap<string, Tool<never>>
  readonly output: { readonly spec: OutputSpec; readonly mode: OutputMode } | undefined
  readonly prepareStep: unknown
  readonly stopWhen: unknown
}

/** How runs record an agent. */
export interface DefinitionForm {
  /** Version of the run. */
  readonly format: RunVersion
  readonly catalogue: CatalogueMode
}

type DefinedTool = Pick<Tool<never>, 'name' | 'description' | 'inputSchema' | 'effect' | 'version' | 'child'>

/** Describes an agent, as runs of this form record it. */
export function definitionOf(agent: DefinedAgent, { format, catalogue }: DefinitionForm): Definition {
  const { config, makeInstructions, output, prepareStep, stopWhen } = agent
  const { instructions } = config
  const isList = catalogue === 'list' || format === 1
  const tools = isList ? agent.tools : new Map([...agent.tools].filter(([, tool]) => isAlwaysSent(tool)))
  const agents = format === 1 ? [] : agentsOf(tools)
  return {
    format,
    instructions: instructions === undefined ? null : hash(instructions),
    ...hashTools(tools, format),
    ...childIndices(tools, agents),
    ...(agents.length > 0 && { agents: agents.map((each) => ({ ...hashTools(each, format), ...childIndices(each, agents) })) }),
    hooks: Object.entries({ prepareStep, stopWhen, instructions: makeInstructions }).flatMap(([name, hook]) => (hook === undefined ? [] : [name])),
    output: output === undefined ? null : hash([output.spec.schema, output.mode]),
    ...(!isList && { catalogue: hash([...agent.tools.keys()].sort()) }),
  }
}

/** The form that a recorded definition has. */
export function formOf({ format, catalogue }: Definition): DefinitionForm {
  return { format: format === 1 ? 1 : 2, catalogue: catalogue === undefined ? 'list' : 'search' }
}

type Tools = DefinedAgent['tools']

function hashTools(tools: Tools, format: RunVersion): Pick<Definition, 'tools'> {
  return {
    tools: Object.fromEntries([...tools].map(([name, tool]) => [name, format === 1 ? hashTool(tool) : `${hash(toolBinding(tool))}:${hash(tool.description)}`])),
  }
}

/** The tools of all agents that answer calls of these tools, or of each other, each agent once: they may refer to each other in a circle. */
function agentsOf(tools: Tools): readonly Tools[] {
  const found: Tools[] = []
  const visit = (from: Tools): void => {
    for (const { child } of from.values()) {
      if (child === undefined || found.includes(child.tools)) continue
      found.push(child.tools)
      visit(child.tools)
    }
  }
  visit(tools)
  return found
}

function childIndices(tools: Tools, agents: readonly Tools[]): Pick<Definition, 'children'> {
  const children = [...tools].flatMap(([name, { child }]) => (child === undefined ? [] : [[name, agents.indexOf(child.tools)] as const]))
  return children.length === 0 ? {} : { children: Object.fromEntries(children) }
}

/** Compares the definition that a run was recorded with and the one of the agent that continues it, in the same format. */
export function compareDefinitions(before: Definition, now: Definition): DefinitionChange {
  const changes = [
    ...(before.instructions === now.instructions ? [] : ['the instructions']),
    ...changedTools(before, now),
    ...(String(before.hooks) === String(now.hooks) ? [] : ['which functions of the caller there are']),
    ...(before.output === now.output ? [] : ['the output']),
    ...(before.catalogue === now.catalogue ? [] : ['the names of the tools in the catalogue']),
    ...changedChildren(before, now),
  ]
  return { changes, isRebound: (names) => bindingAt(before, names) !== bindingAt(now, names) }
}

function changedTools(before: AgentTools, now: AgentTools, of = ''): readonly string[] {
  const known = before.tools ?? {}
  const changed = Object.keys(known).filter((name) => now.tools[name] !== known[name])
  const added = Object.keys(now.tools).filter((name) => known[name] === undefined)
  return [
    ...changed.map((name) => `the tool '${name}'${of}${now.tools[name] === undefined ? ' (gone)' : ''}`),
    ...added.map((name) => `the tool '${name}'${of} (new)`),
  ]
}

/** Changes of the agents that answer tools, each pair of agents once. */
function changedChildren(before: Definition, now: Definition): readonly string[] {
  const seen = new Set<string>()
  const visit = (old: AgentTools, current: AgentTools): readonly string[] =>
    Object.entries(old.children ?? {}).flatMap(([name, index]) => {
      const pair = [index, current.children?.[name]]
      const [oldChild, newChild] = [before.agents?.[index], now.agents?.[pair[1] ?? -1]]
      if (oldChild === undefined || newChild === undefined || seen.has(String(pair))) return []
      seen.add(String(pair))
      return [...changedTools(oldChild, newChild, ` of the agent behind '${name}'`), ...visit(oldChild, newChild)]
    })
  return visit(before, now)
}

// A changed description binds nothing.
function bindingAt(definition: Definition, names: readonly string[]): string | undefined {
  let agent: AgentTools | undefined = definition
  for (const name of names.slice(0, -1)) agent = definition.agents?.[agent?.children?.[name] ?? -1]
  return agent?.tools?.[names.at(-1) ?? '']?.split(':')[0]
}

/** What an approval of a call binds to: not the wording of the tool's description. With the tools of an agent that answers the call. */
export function toolBinding(tool: DefinedTool): JsonObject {
  return tool.child === undefined ? ownBinding(tool) : { ...ownBinding(tool), agent: hash(agentBinding(tool.child.tools)) }
}

function ownBinding({ inputSchema, effect, version }: DefinedTool): JsonObject {
  return { ...(version !== undefined && { version }), schema: hashAbout(schemaMeaning(inputSchema)).slice(0, 16), effect }
}

/** The tools of an agent, and of the agents that answer those. */
function agentBinding(tools: Tools): Json {
  const agents = [tools, ...agentsOf(tools).filter((each) => each !== tools)]
  return agents.map((each) => [...each].map(([name, tool]) => [name, ownBinding(tool), tool.child === undefined ? -1 : agents.indexOf(tool.child.tools)]))
}

/**
 * What the loop decides by, of a tool.
 *
 * @param rules - Of the run. Without them nothing is guarded, so what the tool declares does not count.
 */
export function toolFacts(tool: Tool<never>, rules?: FlowRules): ToolFacts {
  const { name, effect, repeatable, needsApproval, ask } = tool
  const isGated = needsApproval !== false || ask !== undefined
  const flow = rules && declaredFlow(tool)
  return {
    name,
    binding: toolBinding(tool),
    effect,
    ...(repeatable && { repeatable: true }),
    ...(isGated && { gated: true }),
    ...(flow !== undefined && { flow }),
  }
}

/** What a tool declares, as it is recorded; `undefined` for nothing. */
export function declaredFlow({ returns, reaches = [] }: Pick<Tool<never>, 'returns' | 'reaches'>): DeclaredFlow | undefined {
  const labels = joinLabels(typeof returns === 'string' ? [returns] : returns)
  if (labels.length === 0 && reaches.length === 0) return undefined
  return { ...(labels.length > 0 && { returns: labels }), ...(reaches.length > 0 && { reaches: [...reaches] }) }
}

/** A hash of what the model and people knew of a tool, as release 0.1.0 made it. */
export function hashTool({ name, description, inputSchema, effect }: DefinedTool): string {
  return hash([name, description, inputSchema, effect])
}

function hash(value: Json): string {
  return shortHash(JSON.stringify(value), 16)
}
