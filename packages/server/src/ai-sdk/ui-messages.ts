import {
  type AssistantMessage,
  callKeyOf,
  type Json,
  type Message,
  reasoningOf,
  type StoredEntry,
  type ToolCallPart,
  type ToolResultPart,
  textOf,
  wireIdOf,
} from '@capstan/core'
import { outputToolName } from '@capstan/core/internal'

/** A message of the AI SDK, as the `messages` of `useChat` take it. */
export interface UiMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly metadata?: { readonly runId: string }
  readonly parts: readonly UiPart[]
}

/** A part of a message that is complete. */
export type UiPart = { readonly type: 'step-start' } | { readonly type: 'text' | 'reasoning'; readonly text: string; readonly state: 'done' } | UiToolPart

/** The part of a tool call that has ended: of the type `dynamic-tool`, or `tool-<name>`. */
export type UiToolPart = { readonly type: string; readonly toolName?: string; readonly toolCallId: string; readonly input: Json } & (
  | { readonly state: 'output-available'; readonly output: string }
  | { readonly state: 'output-error'; readonly errorText: string }
)

/** Options of `uiMessagesOf`. */
export interface UiMessagesOptions {
  /** As of `chatHandlers`. */
  readonly toolParts?: 'dynamic' | 'static'
}

/** The messages of a conversation as a page shows them: each run is one message of the assistant, with the ids that its stream had. */
export function uiMessagesOf(entries: readonly StoredEntry[], options: UiMessagesOptions = {}): readonly UiMessage[] {
  return entries.flatMap(({ entry, version }) => (entry.type === 'messages' ? messagesOfRun(entry.messages, entry.runId ?? version, options) : []))
}

/** What the user said to a run. */
export function uiUserMessage(runId: string, text: string): UiMessage {
  return { id: wireIdOf(runId, 'input'), role: 'user', parts: [{ type: 'text', text, state: 'done' }] }
}

function messagesOfRun(messages: readonly Message[], runId: string, options: UiMessagesOptions): readonly UiMessage[] {
  // The loop writes messages of the role, too.
  const users = messages.filter((message) => message.role === 'user' && message.origin !== 'loop')
  const parts: UiPart[] = []
  let step = 0
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant') continue
    step++
    parts.push(...partsOfStep(message, resultsAfter(messages, index), { ...options, runId, step }))
  }
  const asked = users.map((message, index): UiMessage => {
    const made = uiUserMessage(runId, message.role === 'user' ? textOf(message) : '')
    return index === 0 ? made : { ...made, id: wireIdOf(runId, `input ${index + 1}`) }
  })
  return parts.length === 0 ? asked : [...asked, { id: runId, role: 'assistant', metadata: { runId }, parts }]
}

/** The results of the calls of a message, which follow it in call order, one message each. */
function resultsAfter(messages: readonly Message[], index: number): readonly ToolResultPart[] {
  const end = messages.findIndex((message, at) => at > index && message.role !== 'tool')
  return messages.slice(index + 1, end === -1 ? undefined : end).flatMap((message) => (message.role === 'tool' ? message.content : []))
}

interface StepOptions extends UiMessagesOptions {
  readonly runId: string
  readonly step: number
}

function partsOfStep(message: AssistantMessage, results: readonly ToolResultPart[], options: StepOptions): readonly UiPart[] {
  const reasoning = reasoningOf(message)
  const text = textOf(message)
  const content = typeof message.content === 'string' ? [] : message.content
  const calls = content.filter((part) => part.type === 'tool-call')
  return [
    { type: 'step-start' },
    ...(reasoning ? [{ type: 'reasoning' as const, text: reasoning, state: 'done' as const }] : []),
    ...(text === '' ? [] : [{ type: 'text' as const, text, state: 'done' as const }]),
    ...calls.flatMap((call, index) => partOfCall(call, { ...options, index, result: results[index] })),
  ]
}

function partOfCall(
  { toolName, inputText }: ToolCallPart,
  options: StepOptions & { readonly index: number; readonly result: ToolResultPart | undefined },
): readonly UiPart[] {
  const { runId, step, index, result, toolParts = 'dynamic' } = options
  if (toolName === outputToolName) return [{ type: 'text', text: inputText, state: 'done' }]
  if (result === undefined) return []
  const type = toolParts === 'dynamic' ? { type: 'dynamic-tool', toolName } : { type: `tool-${toolName}` }
  const call = { ...type, toolCallId: wireIdOf(runId, callKeyOf({ step, index })), input: readInput(inputText) }
  return [result.status === 'ok' ? { ...call, state: 'output-available', output: result.text } : { ...call, state: 'output-error', errorText: result.text }]
}

// Arguments that are not JSON are shown as the model wrote them.
function readInput(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
