import {
  AgentError,
  type AssistantMessage,
  type AssistantPart,
  isJsonObject,
  type Json,
  type JsonObject,
  type ModelEvent,
  type ToolCallPart,
} from '@capstan/core'
import type { ModelProfile } from '../profiles/profile.ts'
import { createToolCallAssembler, type ToolCallAssembler } from './assemble-tool-calls.ts'
import type { DecodeContext } from './decode-context.ts'
import { hasCallHead } from './markup/parse-markup.ts'
import { type MarkupRules, type Recovered, recoverCalls } from './markup/recover-calls.ts'
import { createTextFilter } from './markup/text-filter.ts'
import { createPartList, type PartList } from './part-list.ts'
import { createThinkSplitter, type SplitText, thinkField } from './think-tags.ts'

/** Fields in which servers put reasoning. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details'] as const

/** Puts an assistant message together from deltas, or from one whole message. */
export interface MessageAssembler {
  /**
   * Takes a delta.
   *
   * @returns True when it held content: reasoning, text or a piece of a tool call.
   * @throws {AgentError} `stream-malformed` or `response-too-large`.
   */
  add(delta: JsonObject, events: ModelEvent[]): boolean
  /**
   * The whole message: reasoning and text in the order in which they came, then the tool calls.
   *
   * @param isCut - True when the output limit ended the answer.
   * @throws {AgentError} `leaked-markup`.
   */
  finish(isCut: boolean): FinishedMessage
}

/** A whole message, and what is shown of it at last. */
export interface FinishedMessage {
  readonly message: AssistantMessage
  readonly events: readonly ModelEvent[]
  /** True when its calls were read from markup, whatever the finish reason says. */
  readonly hasRecovered: boolean
}

/** Makes an assembler. */
export function createMessageAssembler(context: DecodeContext): MessageAssembler {
  const { profile, limits, tools } = context
  const calls: ToolCallAssembler = createToolCallAssembler(limits, tools)
  const parts = createPartList()
  const fields = [profile.reasoning.field, ...reasoningFields.filter((field) => field !== profile.reasoning.field)]
  const think = profile.thinkTags === true ? createThinkSplitter() : undefined
  // Without tools there is nothing to call: whatever looks like a call is meant as text.
  const filter = tools.length > 0 ? createTextFilter() : undefined
  const seen: SeenReasoning = { field: undefined, announced: undefined }

  const addReasoning = (delta: JsonObject, events: ModelEvent[]): void => {
    for (const field of fields) {
      const text = reasoningText(delta[field])
      if (text === undefined) continue
      seen.announced ??= field
      if (text === '') continue
      seen.field ??= field
      show('reasoning', text, events)
      // Some servers send the same reasoning in two fields: the first that has any is the one.
      return
    }
  }
  const show = (type: 'text' | 'reasoning', text: string, events: ModelEvent[]): void => {
    if (text === '') return
    parts.append(type, text)
    events.push({ type: `${type}-delta`, delta: text })
  }
  const addText = (text: string, events: ModelEvent[]): void => {
    const split = think?.push(text) ?? { reasoning: '', text }
    addSplit(split, events)
  }
  const addSplit = (split: SplitText, events: ModelEvent[]): void => {
    if (split.reasoning !== '') {
      seen.announced ??= thinkField
      seen.field ??= thinkField
      show('reasoning', split.reasoning, events)
    }
    show('text', filter?.push(split.text) ?? split.text, events)
  }

  return {
    add: (delta, events) => {
      const before = events.length
      addReasoning(delta, events)
      const text = textOfContent(delta['content'])
      if (text !== '') addText(text, events)
      const callsBefore = calls.count
      const toolCalls = delta['tool_calls'] ?? legacyCall(delta['function_call'])
      calls.add(toolCalls, events)
      return text !== '' || events.length > before || calls.count > callsBefore || hasToolCalls(toolCalls)
    },
    finish: (isCut) => {
      const events: ModelEvent[] = []
      if (think !== undefined) addSplit(think.end(), events)
      const held = filter?.end() ?? { text: '', markup: '' }
      show('text', held.text, events)
      const own = calls.finish()
      const found = recoverAll({ markup: held.markup, parts, rules: { model: context.model, tools, hasCalls: own.length > 0, isCut }, profile })
      show('text', found.text, events)
      events.push(...found.events, ...found.calls.map(callEvent))
      return {
        message: { role: 'assistant', content: [...contentOf(parts, seen, profile), ...own, ...found.calls] },
        events,
        hasRecovered: found.calls.length > 0,
      }
    },
  }
}

function callEvent({ toolName, inputText }: ToolCallPart, index: number): ModelEvent {
  return { type: 'tool-call-delta', index, toolName, delta: inputText }
}

interface SeenReasoning {
  /** The field that had some. */
  field: string | undefined
  /** The field that was there at all. */
  announced: string | undefined
}

function contentOf(parts: PartList, { field: used, announced }: SeenReasoning, profile: ModelProfile): readonly AssistantPart[] {
  const name = used ?? announced
  const field = name === undefined || name === profile.reasoning.field ? {} : { field: name }
  const content = parts.all().map(({ type, text }): AssistantPart => (type === 'text' ? { type, text } : { type, text, ...field }))
  // Reasoned, but with nothing to show: not the same as not having reasoned.
  return announced !== undefined && used === undefined ? [{ type: 'reasoning', text: '', ...field }, ...content] : content
}

interface Recovery {
  readonly markup: string
  readonly parts: PartList
  readonly rules: Omit<MarkupRules, 'recovers'>
  readonly profile: ModelProfile
}

/** Calls from the text, and where there is neither text nor call, from the reasoning: a model can open a call before it stops thinking. */
function recoverAll({ markup, parts, rules, profile }: Recovery): Recovered {
  const recovers = profile.recovers ?? []
  if (markup !== '') return recoverCalls(markup, { ...rules, recovers: recovers.includes('text') })
  const nothing: Recovered = { calls: [], text: '', events: [] }
  if (rules.hasCalls || rules.tools.length === 0 || !recovers.includes('reasoning') || parts.hasText()) return nothing
  const filter = createTextFilter()
  const shown = filter.push(parts.joined('reasoning'))
  const held = filter.end()
  if (held.markup === '' || !hasCallHead(held.markup)) return nothing
  try {
    const found = recoverCalls(held.markup, { ...rules, recovers: true })
    parts.replaceReasoning(`${shown}${held.text}${found.text}`)
    return { ...found, text: '' }
  } catch {
    // What cannot be read was a thought.
    return nothing
  }
}

function hasToolCalls(toolCalls: Json | undefined): boolean {
  return Array.isArray(toolCalls) && toolCalls.length > 0
}

/** The form before `tool_calls`: one call, without id and index. */
function legacyCall(call: Json | undefined): Json | undefined {
  return isJsonObject(call) ? [{ function: call }] : undefined
}

/** Text, or OpenRouter's list of pieces. */
function reasoningText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  return value.map((piece: Json) => (isJsonObject(piece) && typeof piece['text'] === 'string' ? piece['text'] : '')).join('')
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
