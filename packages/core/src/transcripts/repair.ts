import type { AssistantMessage, Message, ToolCallPart, ToolMessage } from '../contract/messages.ts'
import { toolCallsOf } from '../contract/messages.ts'
import { findProblem, isEmpty, shapeProblem } from './check.ts'

/** One change that made a transcript sendable. */
export interface TranscriptRepair {
  /** Position in the given messages, from 0. */
  readonly index: number
  readonly what: 'unknown-message-dropped' | 'empty-message-dropped' | 'orphan-result-dropped' | 'missing-result-added' | 'results-reordered'
}

/**
 * Makes a transcript sendable that another program wrote, trimmed or cut. Results without a call, empty assistant messages and values that
 * are not messages are dropped; a call without a result gets one that says so; results are put into call order. Reasoning is kept.
 *
 * @returns The messages, which are the given array if nothing was wrong, and the changes. The messages pass `checkMessages`, unless none is left.
 */
export function repairMessages(messages: readonly Message[]): { readonly messages: readonly Message[]; readonly repairs: readonly TranscriptRepair[] } {
  if (findProblem(messages) === undefined) return { messages, repairs: [] }
  const repaired: Message[] = []
  const repairs: TranscriptRepair[] = []
  for (let index = 0; index < messages.length; ) {
    const { kept, taken } = repairAt(messages, index, repairs)
    repaired.push(...kept)
    index += taken
  }
  return { messages: repaired, repairs }
}

// What is kept of the message at this position, and how many messages this covers: a message and the results after it.
function repairAt(messages: readonly Message[], index: number, repairs: TranscriptRepair[]): { readonly kept: readonly Message[]; readonly taken: number } {
  const message = messages[index]
  const drop = (what: TranscriptRepair['what']): { kept: readonly Message[]; taken: number } => {
    repairs.push({ index, what })
    return { kept: [], taken: 1 }
  }
  if (message === undefined || shapeProblem(message) !== undefined) return drop('unknown-message-dropped')
  if (message.role === 'tool') return drop('orphan-result-dropped')
  if (message.role !== 'assistant') return { kept: [message], taken: 1 }
  if (isEmpty(message)) return drop('empty-message-dropped')
  const results = resultsAfter(messages, index)
  return { kept: [message, ...pair({ message, index, results, repairs })], taken: 1 + results.length }
}

function resultsAfter(messages: readonly Message[], index: number): readonly ToolMessage[] {
  const results: ToolMessage[] = []
  for (let next = index + 1; next < messages.length; next++) {
    const message = messages[next]
    if (message?.role !== 'tool' || shapeProblem(message) !== undefined) break
    results.push(message)
  }
  return results
}

interface Pairing {
  readonly message: AssistantMessage
  readonly index: number
  readonly results: readonly ToolMessage[]
  readonly repairs: TranscriptRepair[]
}

// Ids may repeat within a message: each result is taken once, by the first call with its id.
function pair({ message, index, results, repairs }: Pairing): readonly ToolMessage[] {
  const left = results.map((result, offset) => ({ result, position: index + 1 + offset }))
  let isOrdered = true
  const paired = toolCallsOf(message).map((call): ToolMessage => {
    const found = left.findIndex(({ result }) => result.content.length === 1 && result.content[0]?.toolCallId === call.toolCallId)
    const taken = found === -1 ? undefined : left.splice(found, 1)[0]
    if (taken === undefined) {
      repairs.push({ index, what: 'missing-result-added' })
      return missingResult(call)
    }
    if (found > 0) isOrdered = false
    return taken.result
  })
  for (const { position } of left) repairs.push({ index: position, what: 'orphan-result-dropped' })
  if (!isOrdered) repairs.push({ index, what: 'results-reordered' })
  return paired
}

function missingResult({ toolCallId, toolName }: ToolCallPart): ToolMessage {
  const text = 'No result of this call was recorded. It may or may not have run.'
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, status: 'abandoned', text }] }
}
