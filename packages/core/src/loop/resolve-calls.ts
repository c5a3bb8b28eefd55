import { isReservedName } from '../contract/built-in-names.ts'
import { callToolName } from '../contract/catalogue.ts'
import { equalJson, type Json } from '../contract/json.ts'
import { type ToolCallPart, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import { bareToolName, type Tool } from '../contract/tool.ts'
import { toolFacts } from '../durability/definition.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { ResolvedCall, ResolveOutput, ToolFacts } from '../durability/records.ts'
import { type AskedCall, isCut, parseInput } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'
import { unwrapCall } from './unwrap-call.ts'

/**
 * Finds the tools of the calls of a reply. In a run with a catalogue, one operation finds those that are not in the list of the request, and
 * records what the loop decides by. So a call whose tool has vanished is replayed from its record, and only a call without one is answered
 * with `unknown-tool`.
 */
export async function resolveCalls(run: LoopRun, reply: ModelReply): Promise<readonly AskedCall[]> {
  const parts = toolCallsOf(reply.message)
  if (run.config.catalogue === 'list') return parts.map((part) => ({ part, tool: findTool(run, part.toolName) }))
  const read = parts.map((part) => readCall(run, part))
  const open = read.filter(({ isOpen }) => isOpen)
  // None of the calls of a reply that was cut will run.
  if (open.length === 0 || isCut(reply)) return read
  const found = await performResolve(
    run,
    open.map(({ part }) => part),
  )
  return read.map((call) => {
    const record = found[open.indexOf(call)]
    return record?.found === true ? withTool(run, call.part, record) : call
  })
}

/** The tool that a name means. Some models send it with the prefix or suffix that belongs to the id of a call: `functions.NAME:0`. */
export function findTool({ agent: { tools, builtIns }, operations }: LoopRun, name: string): Tool<never> | undefined {
  // Release 0.1.0 had no tools of the loop.
  const find = (called: string): Tool<never> | undefined => tools.get(called) ?? (operations.version === 1 ? undefined : builtIns.get(called))
  return find(name) ?? find(bareToolName(name))
}

/** A call as results show it: of a call of `call_tool` the one inside it. */
export function shownCall({ config }: LoopRun, part: ToolCallPart): ToolCallPart {
  return config.catalogue === 'search' && bareToolName(part.toolName) === callToolName ? unwrapCall(part).part : part
}

/** `isOpen`: the list of the request does not say what it means. */
type ReadCall = AskedCall & { readonly isOpen: boolean }

function readCall(run: LoopRun, part: ToolCallPart): ReadCall {
  const name = bareToolName(part.toolName)
  if (name !== callToolName) {
    const isSent = run.config.sends(name)
    return { part, tool: isSent ? findTool(run, name) : undefined, isOpen: !isSent }
  }
  const unwrapped = unwrapCall(part)
  const inner = bareToolName(unwrapped.part.toolName)
  if (unwrapped.problem !== undefined) return { ...unwrapped, isOpen: false }
  if (!isReservedName(inner)) return { ...unwrapped, isOpen: true }
  return { part: unwrapped.part, problem: `Not run: ${inner} is called directly, not through ${callToolName}.`, isOpen: false }
}

async function performResolve(run: LoopRun, parts: readonly ToolCallPart[]): Promise<readonly ResolvedCall[]> {
  const { operations, ledger, transcript } = run
  const [outcome] = await operations.perform<ResolveOutput>([
    {
      id: makeOperationId({ type: 'resolve', step: transcript.currentStep }),
      name: 'resolve',
      effect: 'read',
      isDurable: false,
      run: async () => ({ calls: await Promise.all(parts.map((part) => resolve(run, part))) }),
    },
  ])
  if (outcome?.status !== 'done') return []
  ledger.addBatchTime([outcome])
  return outcome.output.calls
}

async function resolve({ agent: { catalogue }, operations, config }: LoopRun, { toolName, inputText }: ToolCallPart): Promise<ResolvedCall> {
  const tool = catalogue.find(toolName) ?? catalogue.find(bareToolName(toolName))
  if (tool === undefined) return { found: false }
  const read = await parseInput(inputText, tool.inputSchema, operations.version)
  const found = { found: true, tool: toolFacts(tool, config.flow) } as const
  if ('problem' in read) return { ...found, problem: read.problem }
  return equalJson(read.input, plainInput(inputText)) ? found : { ...found, input: read.input }
}

/** The tool of this process, where it is the one that was recorded; else one that has its effect and gates, and does not run. */
function withTool({ agent: { catalogue }, config }: LoopRun, asked: ToolCallPart, record: ResolvedCall & { readonly found: true }): AskedCall {
  const { tool: facts, problem, input } = record
  const part = { ...asked, toolName: facts.name }
  const read = problem === undefined ? { input: input === undefined ? plainInput(part.inputText) : input } : { problem }
  const tool = catalogue.find(facts.name)
  const catalogued = { binding: facts.binding, read, ...(facts.flow !== undefined && { declared: facts.flow }) }
  if (tool !== undefined && equalJson(toolFacts(tool, config.flow), facts)) return { part, tool, catalogued }
  const change =
    tool === undefined ? 'is not there any more' : 'has changed since this call was sent: its schema, its effect, its approval, or what it returns or reaches'
  return { part, tool: goneTool(facts), catalogued: { ...catalogued, gone: `Not run: the tool '${facts.name}' ${change}. Search for another one.` } }
}

// The text was parsed when it was recorded.
function plainInput(text: string): Json {
  return text.trim() === '' ? {} : (JSON.parse(text) as Json)
}

function goneTool({ name, effect, repeatable, gated }: ToolFacts): Tool<never> {
  return {
    name,
    description: '',
    inputSchema: { type: 'object' },
    effect,
    repeatable: repeatable === true,
    needsApproval: gated === true,
    check: (value) => ({ ok: true, value }),
    run: async () => ({ status: 'unknown-tool', text: '' }),
  }
}
