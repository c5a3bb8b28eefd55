import type { Json, JsonObject } from '../contract/json.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'
import { shortHash } from '../support/hash.ts'

/** The definition of an agent as hashes: what a recorded run is compared with before it goes on. */
export interface Definition extends JsonObject {
  /** Version of the records. */
  readonly format: 1
  readonly instructions: string | null
  /** By name: description, schema and effect. */
  readonly tools: Readonly<Record<string, string>>
  /** The options with code of the caller that are there. */
  readonly hooks: readonly string[]
  readonly output: string | null
}

/** What changed since a run was recorded. */
export interface DefinitionChange {
  /** Words for people; empty when nothing did. */
  readonly changes: readonly string[]
  /** Tools that are not what they were, or are gone. */
  readonly tools: ReadonlySet<string>
}

/** The options of an agent that its runs depend on. */
export interface DefinedAgent {
  readonly instructions: string | undefined
  readonly tools: ReadonlyMap<string, Tool<never>>
  readonly output: { readonly spec: OutputSpec; readonly mode: OutputMode } | undefined
  readonly prepareStep: unknown
  readonly stopWhen: unknown
}

/** Describes an agent. */
export function definitionOf(agent: DefinedAgent): Definition {
  const { instructions, tools, output, prepareStep, stopWhen } = agent
  return {
    format: 1,
    instructions: instructions === undefined ? null : hash(instructions),
    tools: Object.fromEntries([...tools].map(([name, tool]) => [name, hashTool(tool)])),
    hooks: Object.entries({ prepareStep, stopWhen }).flatMap(([name, hook]) => (hook === undefined ? [] : [name])),
    output: output === undefined ? null : hash([output.spec.schema, output.mode]),
  }
}

/** Compares the definition that a run was recorded with and the one of the agent that shall go on with it. */
export function compareDefinitions(before: Definition, now: Definition): DefinitionChange {
  const known = Object.entries(before.tools ?? {})
  const changed = known.filter(([name, tool]) => now.tools[name] !== tool).map(([name]) => name)
  const added = Object.keys(now.tools).filter((name) => before.tools?.[name] === undefined)
  const changes = [
    ...(before.instructions === now.instructions ? [] : ['the instructions']),
    ...changed.map((name) => (now.tools[name] === undefined ? `the tool '${name}' (gone)` : `the tool '${name}'`)),
    ...added.map((name) => `the tool '${name}' (new)`),
    ...(String(before.hooks) === String(now.hooks) ? [] : ['which of prepareStep and stopWhen there are']),
    ...(before.output === now.output ? [] : ['the output']),
  ]
  return { changes, tools: new Set(changed) }
}

/** A hash of what the model and people knew of a tool. */
export function hashTool({ name, description, inputSchema, effect }: Pick<Tool<never>, 'name' | 'description' | 'inputSchema' | 'effect'>): string {
  return hash([name, description, inputSchema, effect])
}

function hash(value: Json): string {
  return shortHash(JSON.stringify(value), 16)
}
