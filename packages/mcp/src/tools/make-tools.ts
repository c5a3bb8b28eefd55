import type { Json, JsonObject, Tool, ToolEffect } from '@capstan/core'
import { nextTurn } from '@capstan/core/internal'
import { tool } from '@capstan/tools'
import { describeFailure } from '../failure.ts'
import { maxTools } from '../limits.ts'
import type { Settings } from '../options.ts'
import { type CallHost, callTool } from './call-tool.ts'
import { mapNames } from './names.ts'
import { type RemoteTool, readTool, shownName } from './remote-tool.ts'
import { isSelected, unusedPatterns } from './select.ts'

/** A definition that is not offered, and why. */
export interface SkippedTool {
  /** The name that the server uses; empty where it has none. */
  readonly name: string
  readonly reason: string
}

/** A tool of a server, on both sides. */
export interface MappedTool {
  readonly remote: RemoteTool
  readonly tool: Tool
}

/** What was made of a list. */
export interface MadeTools {
  /** In the order of the names that models see. */
  readonly mapped: readonly MappedTool[]
  readonly skipped: readonly SkippedTool[]
  /** Patterns of `allow` and `deny` that fit no tool. */
  readonly unused: readonly string[]
}

/** What is needed to make tools. */
export interface ToolMaker {
  readonly host: CallHost
  readonly isHttp: boolean
  /** The tools that there were: those that did not change stay the same objects. */
  readonly known: ReadonlyMap<string, MappedTool>
  /** True while the server still lists the tool. */
  has(name: string): boolean
}

/** Tools that are made before other work of the process has its turn: some milliseconds. */
const toolsInTurn = 20

/** Makes tools of the definitions of a server. One that cannot be used is skipped, and does not stop the others. */
export async function makeTools(definitions: readonly unknown[], maker: ToolMaker): Promise<MadeTools> {
  const { server, settings } = maker.host
  const skipped: SkippedTool[] = []
  const skip = (name: string, error: unknown): void => void skipped.push({ name, reason: describeFailure(error) })
  const remotes = new Map<string, RemoteTool>()
  for (const [index, raw] of definitions.entries()) {
    if (index % toolsInTurn === 0) await nextTurn()
    try {
      const remote = readTool(raw, maker)
      if (remotes.has(remote.name)) throw new Error('the server lists this name twice')
      if (remotes.size >= maxTools) throw new Error(`a server may have at most ${maxTools} tools`)
      remotes.set(remote.name, remote)
    } catch (error) {
      skip(shownName(raw), error)
    }
  }
  const names = mapNames(server, [...remotes.keys()])
  const selected = [...remotes.values()].filter(({ name }) => isSelected(name, { allow: settings.allow, deny: settings.deny }))
  const mapped: MappedTool[] = []
  for (const [index, remote] of selected.entries()) {
    if (index % toolsInTurn === 0) await nextTurn()
    try {
      mapped.push(mapTool(remote, names.get(remote.name) ?? remote.name, maker))
    } catch (error) {
      skip(remote.name, error)
    }
  }
  const byName = mapped.sort((left, right) => (left.tool.name < right.tool.name ? -1 : 1))
  return { mapped: byName, skipped, unused: unusedPatterns([...remotes.keys()], { allow: settings.allow, deny: settings.deny }) }
}

function mapTool(remote: RemoteTool, name: string, maker: ToolMaker): MappedTool {
  const before = maker.known.get(remote.name)
  if (before?.remote.fingerprint === remote.fingerprint && before.tool.name === name) return before
  return { remote, tool: makeTool(remote, name, maker) }
}

function makeTool(remote: RemoteTool, name: string, { host, has }: ToolMaker): Tool {
  const { settings, server } = host
  const made = tool<JsonObject, unknown>({
    name,
    description: remote.description,
    inputSchema: remote.inputSchema,
    effect: effectOf(remote, settings),
    needsApproval: approvalOf(remote, settings),
    returns: settings.returns,
    reaches: reachesOf(remote, settings),
    timeoutMs: settings.timeoutMs,
    ...(settings.maxResultBytes !== undefined && { maxResultBytes: settings.maxResultBytes }),
    // The schema says that it is an object.
    execute: (input, call) => callTool(host, remote, { input: input as JsonObject, call }),
  })
  const gone = { status: 'unknown-tool', text: `Not run: the MCP server ${server} does not have the tool '${name}' any more.` } as const
  return Object.freeze({ ...made, run: async (value: unknown, call: Parameters<Tool['run']>[1]) => (has(remote.name) ? await made.run(value, call) : gone) })
}

/** What a server that is not trusted says about its tools does not count. */
function effectOf({ hints }: RemoteTool, { trusted }: Settings): ToolEffect {
  if (!trusted) return 'once'
  if (hints.readOnly) return 'read'
  return hints.idempotent ? 'idempotent' : 'once'
}

function reachesOf({ hints }: RemoteTool, { trusted, reaches }: Settings): readonly string[] {
  if (reaches !== undefined) return reaches
  if (!trusted) return ['external']
  return [...(hints.openWorld ? ['external'] : []), ...(hints.readOnly ? [] : ['write'])]
}

function approvalOf({ name, hints }: RemoteTool, { trusted, needsApproval }: Settings): boolean | ((input: unknown) => boolean | Promise<boolean>) {
  if (needsApproval === undefined) return !(trusted && hints.readOnly)
  if (typeof needsApproval === 'boolean') return needsApproval
  // It was parsed from JSON.
  return (input) => needsApproval({ tool: name, input: input as Json, hints: trusted ? hints : undefined })
}
