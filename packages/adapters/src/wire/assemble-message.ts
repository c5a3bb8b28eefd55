import { AgentError, type AssistantMessage, type AssistantPart, isJsonObject, type Json, type JsonObject, type ModelEvent } from '@capstan/core'
import type { ByteLimits, ModelProfile } from '../profiles/profile.ts'
import { createToolCallAssembler, type ToolCallAssembler } from './assemble-tool-calls.ts'

/** Fields in which servers put reasoning. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text'] as const

/** Puts an assistant message together from deltas, or from one whole message. */
export interface MessageAssembler {
  /**
   * Takes a delta.
   *
   * @returns True when it held content: reasoning, text or a piece of a tool call.
   * @throws {AgentError} `stream-malformed` or `response-too-large`.
   */
  add(delta: JsonObject, events: ModelEvent[]): boolean
  /** The message so far: reasoning and text in the order in which they came, then the tool calls. */
  finish(): AssistantMessage
}

/** Makes an assembler. */
export function createMessageAssembler(profile: ModelProfile, limits: ByteLimits): MessageAssembler {
  const calls: ToolCallAssembler = createToolCallAssembler(limits)
  const parts: { type: 'text' | 'reasoning'; fragments: string[] }[] = []
  const ownField = profile.reasoning.field
  const fields = [ownField, ...reasoningFields.filter((field) => field !== ownField)]
  let reasonedIn: string | undefined
  let announcedIn: string | undefined

  const append = (type: 'text' | 'reasoning', text: string): void => {
    const last = parts.at(-1)
    if (last?.type === type) last.fragments.push(text)
    else parts.push({ type, fragments: [text] })
  }

  const addReasoning = (delta: JsonObject, events: ModelEvent[]): void => {
    for (const field of fields) {
      const text = delta[field]
      if (typeof text !== 'string') continue
      announcedIn ??= field
      if (text === '') continue
      reasonedIn ??= field
      append('reasoning', text)
      events.push({ type: 'reasoning-delta', delta: text })
      // Some servers send the same reasoning in two fields: the first that has any is the one.
      return
    }
  }

  return {
    add: (delta, events) => {
      const before = events.length
      addReasoning(delta, events)
      const text = textOfContent(delta['content'])
      if (text !== '') {
        append('text', text)
        events.push({ type: 'text-delta', delta: text })
      }
      const callsBefore = calls.count
      const toolCalls = delta['tool_calls'] ?? legacyCall(delta['function_call'])
      calls.add(toolCalls, events)
      return events.length > before || calls.count > callsBefore || hasToolCalls(toolCalls)
    },
    finish: () => {
      const usedField = reasonedIn ?? announcedIn
      const field = usedField === undefined || usedField === ownField ? {} : { field: usedField }
      const content: AssistantPart[] = parts.map(({ type, fragments }) => {
        const text = fragments.join('')
        return type === 'text' ? { type, text } : { type, text, ...field }
      })
      // Reasoned, but with nothing to show: not the same as not having reasoned.
      if (announcedIn !== undefined && reasonedIn === undefined) content.unshift({ type: 'reasoning', text: '', ...field })
      return { role: 'assistant', content: [...content, ...calls.finish()] }
    },
  }
}

function hasToolCalls(toolCalls: Json | undefined): boolean {
  return Array.isArray(toolCalls) && toolCalls.length > 0
}

/** The form before `tool_calls`: one call, without id and index. */
function legacyCall(call: Json | undefined): Json | undefined {
  return isJsonObject(call) ? [{ function: call }] : undefined
}

function textOfContent(content: Json | undefined): string {
  if (typeof content === 'string') return content
  if (content === undefined || content === null) return ''
  // Some servers answer with text parts, as requests may hold them.
  const texts = Array.isArray(content)
    ? content.map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : undefined))
    : [undefined]
  if (texts.includes(undefined)) {
    throw new AgentError('A frame of the answer is malformed: `content` is neither text nor null.', {
      code: 'stream-malformed',
      phase: 'stream',
      retryable: true,
    })
  }
  return texts.join('')
}
