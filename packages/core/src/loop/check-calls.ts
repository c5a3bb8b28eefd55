import { isBuiltInName } from '../contract/built-in-names.ts'
import { callToolName, searchToolName } from '../contract/catalogue.ts'
import { parseExactlyInSteps, stringAdvice } from '../contract/exact-json.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { ToolCallPart, ToolStatus } from '../contract/messages.ts'
import type { ModelReply, ModelRequest } from '../contract/model.ts'
import { outputToolName } from '../contract/output.ts'
import type { RunVersion } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { finishInTurns } from '../contract/turns.ts'
import { type CallPosition, makeOperationId } from '../durability/operation-ids.ts'
import type { DeclaredFlow, ToolCallOutput, Verdict } from '../durability/records.ts'
import { refusalOfAgent } from './children/child-agent.ts'
import type { LoopRun } from './loop-run.ts'
import { isRepeatedTooOften } from './repeats.ts'

/** A call that may run. */
export interface RunnableCall extends CallPosition {
  /** As results and events show it. */
  readonly part: ToolCallPart
  /** Id of its operation: the internal key of the call, as the provider's id may repeat. */
  readonly id: string
  readonly tool: Tool<never>
  /** The arguments, parsed, not yet validated; or what a person gave instead. */
  readonly input: Json
  /** The checked value of an input whose gate was asked. */
  readonly checked?: CheckedInput
  /** What a person answered to the question of the tool. */
  readonly answer?: Json
  /** True for a call that runs only if it was started before. */
  readonly mustHaveStarted?: boolean
  /** What an approval binds to, where it is recorded. */
  readonly binding?: JsonObject
  /** Why the tool cannot run in this process. */
  readonly gone?: string
  /** What the tool declared, as it is recorded. */
  readonly declared?: DeclaredFlow
}

/** A call that is answered without running. */
export interface RefusedCall extends CallPosition {
  readonly part: ToolCallPart
  readonly id: string
  readonly output: ToolCallOutput
}

export type CheckedCall = RunnableCall | RefusedCall

/** A value that was checked before its call runs, as it is recorded. */
export interface CheckedInput
  extends Pick<Extract<Verdict, { value: Json }>, 'verdict' | 'value' | 'isExact' | 'coerced' | 'references' | 'valueHash' | 'guard' | 'flow' | 'origins'> {
  /** Id of the operation that checked it. */
  readonly operation: string
  /** True when it came from a record. */
  readonly replayed: boolean
}

/** A call that a person has to be asked about; with what its tool asks. */
export interface GatedCall {
  readonly call: RunnableCall
  readonly question?: Json
}

/** A call that was answered without running here. */
export interface SettledCall<Call extends CheckedCall = CheckedCall> {
  readonly call: Call
  readonly output: ToolCallOutput
  /** 0 for a call that did not run. */
  readonly ms: number
  readonly replayed: boolean
  /** Of a replayed answer: when it was recorded; unknown in runs of release 0.1.0. */
  readonly at?: number | undefined
}

/** What a step asked, and what it was offered. */
export interface StepReply {
  readonly request: ModelRequest
  readonly reply: ModelReply
  readonly replayed: boolean
  /** When the reply was complete; unknown in runs of release 0.1.0. */
  readonly at: number | undefined
}

/** A call of a reply, and the tool that it means. */
export interface AskedCall {
  /** What results and events show: the call itself, or of a call of `call_tool` the one inside it. */
  readonly part: ToolCallPart
  /** `undefined` for a name that no tool has. */
  readonly tool?: Tool<never> | undefined
  /** Why the call cannot be read. */
  readonly problem?: string
  /** Of a tool that is not in the list of the request. */
  readonly catalogued?: CataloguedCall
}

/** What is recorded of a call of a tool that is not in the list of the request. */
export interface CataloguedCall {
  /** What an approval binds to. */
  readonly binding: JsonObject
  /** The parsed arguments, or why they cannot be read. */
  readonly read: { readonly input: Json } | { readonly problem: string }
  /** Why the tool cannot run in this process: it is not there any more, or it changed since. */
  readonly gone?: string
  readonly declared?: DeclaredFlow
}

/** The calls of a step, with the tools that they mean. */
export interface StepCalls extends StepReply {
  readonly calls: readonly AskedCall[]
}

/** Checks each call of a step and parses its arguments: pure. Each call becomes runnable or refused, in call order. */
export async function checkCalls(run: LoopRun, given: StepCalls, callsKey: string): Promise<readonly CheckedCall[]> {
  const { limits } = run.config
  const rule = ruleAgainstAll(run, given.reply, callsKey)
  const step = run.transcript.currentStep
  let left = limits.toolCalls - run.ledger.toolCalls
  const checked: CheckedCall[] = []
  for (const [index, call] of given.calls.entries()) {
    const { part } = call
    const position = { part, step, index, id: makeOperationId({ type: 'call', step, index, round: 0 }) }
    const judged = rule === undefined ? await judgeCall(run, given, call) : refuse('skipped', rule)
    const isTooMany = 'tool' in judged && countsAsCall(judged.tool) && left-- <= 0
    const tooMany = `Not run: the limit of ${limits.toolCalls} tool calls of this run is reached.`
    checked.push({ ...position, ...(isTooMany ? refuse('skipped', tooMany) : judged) })
  }
  return checked
}

type Refusal = Pick<RefusedCall, 'output'>
type Judged = Refusal | Pick<RunnableCall, 'tool' | 'input' | 'binding' | 'gone' | 'declared'>

function refuse(status: ToolStatus, text: string): Refusal {
  return { output: { status, text } }
}

async function judgeCall(run: LoopRun, { request, reply }: StepReply, { part, tool, problem, catalogued }: AskedCall): Promise<Judged> {
  if (hasUnknownEnding(reply) && tool?.effect !== 'read') return refuse('skipped', unknownEndingText(reply))
  if (problem !== undefined) return refuse('invalid-input', problem)
  const offered = (request.tools ?? []).map(({ name }) => name)
  if (tool === undefined || !isOffered(run, tool, offered)) return refuse('unknown-tool', unknownToolText(run, part.toolName, offered))
  const read = catalogued?.read ?? (await parseInput(part.inputText, tool.inputSchema, run.operations.version))
  if ('problem' in read) return refuse('invalid-input', read.problem)
  const noAgent = refusalOfAgent(run, tool)
  if (noAgent !== undefined) return refuse('skipped', noAgent)
  const { binding, gone, declared = run.config.declaredBy(tool.name) } = catalogued ?? {}
  return {
    tool,
    input: read.input,
    ...(binding !== undefined && { binding }),
    ...(gone !== undefined && { gone }),
    ...(declared !== undefined && { declared }),
  }
}

function isOffered({ config, stepTools }: LoopRun, { name }: Tool<never>, offered: readonly string[]): boolean {
  return config.catalogue === 'list' ? offered.includes(name) : stepTools.accepts(name)
}

/** A call that gives the final output, or one of a tool of the loop, does not count as a tool call. */
export function countsAsCall(tool: Tool<never>): boolean {
  return !isOutputTool(tool) && !isBuiltInName(tool.name)
}

/** True for the tool that takes the final output. */
export function isOutputTool({ name }: Pick<Tool<never>, 'name'>): boolean {
  return name === outputToolName
}

/** True if the calls of this reply are not provably complete. */
export function isCut({ finishReason, atOutputLimit }: ModelReply): boolean {
  return atOutputLimit || finishReason === 'length'
}

/** True when the reply ended with a word that its profile does not know. */
export function hasUnknownEnding({ finishReason }: ModelReply): boolean {
  return finishReason === 'other'
}

// A reason why no call of this step may run.
function ruleAgainstAll(run: LoopRun, reply: ModelReply, callsKey: string): string | undefined {
  if (run.operations.version === 1 && hasUnknownEnding(reply)) return unknownEndingText(reply)
  if (isCut(reply)) return 'Not run: output limit. The reply was cut at its output limit, so its calls may be incomplete. Send shorter calls, one at a time.'
  if (callsKey !== '' && isRepeatedTooOften(run.transcript.repeats, callsKey)) {
    return 'Not run: these very calls were made before and gave the same outputs each time. Use those outputs, try something else, or give your answer.'
  }
  return undefined
}

function unknownEndingText({ rawFinishReason }: ModelReply): string {
  return `Not run: the reply ended for an unknown reason ('${rawFinishReason}'), so its calls may be incomplete. Send them again.`
}

function unknownToolText({ config, stepTools }: LoopRun, name: string, offered: readonly string[]): string {
  if (config.catalogue === 'search') {
    const which = stepTools.active === undefined ? 'there is no tool' : 'in this step there is no tool'
    return `Not run: ${which} '${name.slice(0, 100)}'. Find tools with ${searchToolName}, and call what it found with ${callToolName}.`
  }
  const known = offered.length === 0 ? 'There are no tools.' : `The tools are: ${offered.join(', ')}. Use one of these names exactly.`
  return `Not run: there is no tool '${name.slice(0, 100)}'. ${known}`
}

/**
 * Parses the argument text of a call; an empty one is an empty object.
 *
 * @param schema - The schema of the tool: it says where a number may become the string that was written.
 */
export async function parseInput(text: string, schema: JsonObject, version: RunVersion): Promise<{ readonly input: Json } | { readonly problem: string }> {
  if (text.trim() === '') return { input: {} }
  try {
    // Release 0.1.0 rounded such numbers, and its runs keep their course.
    const read = version === 1 ? { value: JSON.parse(text) as Json } : await finishInTurns(parseExactlyInSteps(text, schema))
    if ('value' in read) return { input: read.value }
    return { problem: ['Not run: numbers in the arguments would change:', ...read.problems, stringAdvice].join('\n') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { problem: `Not run: the arguments are not valid JSON (${reason}). Send the call again with one JSON object as arguments.` }
  }
}
