import type { Json, JsonObject } from '../contract/json.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { RunVersion } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { shortHash } from '../support/hash.ts'
import { hashAbout } from './question-ids.ts'
import { schemaMeaning } from './schema-meaning.ts'

/** The definition of an agent as hashes: what a recorded run is compared with before it continues. */
export interface Definition extends JsonObject {
  /** Version of the hashes: that of the run. */
  readonly format: RunVersion
  readonly instructions: string | null
  /** By name. Format 1: description, schema and effect. Format 2: the binding and the wording, as two hashes joined by a colon. */
  readonly tools: Readonly<Record<string, string>>
  /** The options with code of the caller that are there. */
  readonly hooks: readonly string[]
  readonly output: string | null
}

/** What changed since a run was recorded. */
export interface DefinitionChange {
  /** Words for people; empty when nothing did. */
  readonly changes: readonly string[]
  /** Tools whose calls mean something else now, or that are gone. */
  readonly tools: ReadonlySet<string>
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

type DefinedTool = Pick<Tool<never>, 'name' | 'description' | 'inputSchema' | 'effect' | 'version'>

/** Describes an agent, as runs of this version record it. */
export function definitionOf(agent: DefinedAgent, format: RunVersion): Definition {
  const { config, makeInstructions, tools, output, prepareStep, stopWhen } = agent
  const { instructions } = config
  return {
    format,
    instructions: instructions === undefined ? null : hash(instructions),
    tools: Object.fromEntries([...tools].map(([name, tool]) => [name, format === 1 ? hashTool(tool) : `${hash(toolBinding(tool))}:${hash(tool.description)}`])),
    hooks: Object.entries({ prepareStep, stopWhen, instructions: makeInstructions }).flatMap(([name, hook]) => (hook === undefined ? [] : [name])),
    output: output === undefined ? null : hash([output.spec.schema, output.mode]),
  }
}

/** Compares the definition that a run was recorded with and the one of the agent that continues it, in the same format. */
export function compareDefinitions(before: Definition, now: Definition): DefinitionChange {
  const known = Object.entries(before.tools ?? {})
  const changed = known.filter(([name, tool]) => now.tools[name] !== tool).map(([name]) => name)
  const added = Object.keys(now.tools).filter((name) => before.tools?.[name] === undefined)
  const changes = [
    ...(before.instructions === now.instructions ? [] : ['the instructions']),
    ...changed.map((name) => (now.tools[name] === undefined ? `the tool '${name}' (gone)` : `the tool '${name}'`)),
    ...added.map((name) => `the tool '${name}' (new)`),
    ...(String(before.hooks) === String(now.hooks) ? [] : ['which functions of the caller there are']),
    ...(before.output === now.output ? [] : ['the output']),
  ]
  // A changed description binds nothing.
  const rebound = changed.filter((name) => bindingIn(before.tools[name]) !== bindingIn(now.tools[name]))
  return { changes, tools: new Set(rebound) }
}

/** What an approval of a call binds to: not the wording of the tool's description. */
export function toolBinding({ inputSchema, effect, version }: DefinedTool): JsonObject {
  return { ...(version !== undefined && { version }), schema: hashAbout(schemaMeaning(inputSchema)).slice(0, 16), effect }
}

/** A hash of what the model and people knew of a tool, as release 0.1.0 made it. */
export function hashTool({ name, description, inputSchema, effect }: DefinedTool): string {
  return hash([name, description, inputSchema, effect])
}

function bindingIn(hashes: string | undefined): string | undefined {
  return hashes?.split(':')[0]
}

function hash(value: Json): string {
  return shortHash(JSON.stringify(value), 16)
}
