import type { Json } from '../json.ts'
import { type ToolCallPart, type ToolResultPart, type ToolStatus, toolCallsOf } from '../messages.ts'
import type { ModelReply } from '../model.ts'
import type { Tool } from '../tool.ts'
import type { LoopRun } from './loop-run.ts'
import { isRepeatedTooOften } from './repeats.ts'

/** A call that may run. */
export interface RunnableCall {
  readonly part: ToolCallPart
  /** Position in the message, from 0. */
  readonly index: number
  /** Id of its operation: the internal key of the call, as the provider's id may repeat. */
  readonly id: string
  readonly tool: Tool<never>
  /** The arguments, parsed, not yet validated. */
  readonly input: Json
}

/** A call that is answered without running. */
export interface RefusedCall {
  readonly part: ToolCallPart
  readonly index: number
  readonly id: string
  readonly result: ToolResultPart
}

export type CheckedCall = RunnableCall | RefusedCall

/** Finds the tool and parses the arguments of each call of a step: pure. Each call becomes runnable or refused, in call order. */
export function checkCalls(run: LoopRun, reply: ModelReply, callsKey: string): readonly CheckedCall[] {
  const step = run.steps.length + 1
  const rule = ruleAgainstAll(run, reply, callsKey)
  let left = run.agent.limits.toolCalls - run.toolCalls
  return toolCallsOf(reply.message).map((part, index): CheckedCall => {
    const place = { part, index, id: `steps/${step}/tools/${index}` }
    const refuse = (status: ToolStatus, text: string): RefusedCall => ({ ...place, result: toolResult(part, status, text) })
    if (rule !== undefined) return refuse('skipped', rule)
    const tool = findTool(run.agent.tools, part.toolName)
    if (tool === undefined) return refuse('unknown-tool', unknownToolText(run, part.toolName))
    const parsed = parseInput(part.inputText)
    if ('problem' in parsed) return refuse('invalid-input', parsed.problem)
    if (left-- <= 0) return refuse('skipped', `Not run: the limit of ${run.agent.limits.toolCalls} tool calls of this run is reached.`)
    return { ...place, tool, input: parsed.input }
  })
}

/** Makes the result of a call. */
export function toolResult(part: ToolCallPart, status: ToolStatus, text: string): ToolResultPart {
  return { type: 'tool-result', toolCallId: part.toolCallId, toolName: part.toolName, status, text }
}

/** True when the calls of this reply are not provably whole. */
export function isCut({ finishReason, atOutputLimit }: ModelReply): boolean {
  return atOutputLimit || finishReason === 'length' || finishReason === 'other'
}

// A reason why no call of this step may run.
function ruleAgainstAll(run: LoopRun, reply: ModelReply, callsKey: string): string | undefined {
  if (reply.finishReason === 'other') {
    return `Not run: the reply ended for an unknown reason ('${reply.rawFinishReason}'), so its calls may not be whole. Send them again.`
  }
  if (isCut(reply)) return 'Not run: output limit. The reply was cut at its output limit, so its calls may not be whole. Send shorter calls, one at a time.'
  if (callsKey !== '' && isRepeatedTooOften(run.repeats, callsKey)) {
    return 'Not run: these very calls were made before and gave the same outputs each time. Use those outputs, try something else, or give your answer.'
  }
  return undefined
}

// Some models send a tool's name with the prefix or suffix that belongs to the id of a call: functions.NAME:0.
function findTool(tools: ReadonlyMap<string, Tool<never>>, name: string): Tool<never> | undefined {
  return tools.get(name) ?? tools.get(name.replace(/^functions\./, '').replace(/:\d+$/, ''))
}

function unknownToolText(run: LoopRun, name: string): string {
  const names = [...run.agent.tools.keys()]
  const known = names.length === 0 ? 'There are no tools.' : `The tools are: ${names.join(', ')}. Use one of these names exactly.`
  return `Not run: there is no tool '${name.slice(0, 100)}'. ${known}`
}

function parseInput(text: string): { readonly input: Json } | { readonly problem: string } {
  if (text.trim() === '') return { input: {} }
  try {
    // JSON.parse returns JSON.
    return { input: JSON.parse(text) as Json }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { problem: `Not run: the arguments are not valid JSON (${reason}). Send the call again with one JSON object as arguments.` }
  }
}
