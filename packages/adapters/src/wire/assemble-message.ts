import { AgentError, type AssistantMessage, type AssistantPart, type Json, type JsonObject, type ModelEvent, type ToolCallPart } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { ModelProfile } from '../profiles/profile.ts'
import { ToolCallAssembler } from './assemble-tool-calls.ts'
import type { DecodeContext } from './decode-context.ts'
import { hasCallHead } from './markup/parse-markup.ts'
import { type MarkupRules, type Recovered, recoverCalls } from './markup/recover-calls.ts'
import { TextFilter } from './markup/text-filter.ts'
import { PartList } from './part-list.ts'
import { type SplitText, ThinkSplitter, thinkField } from './think-tags.ts'
import { endWhole, type Half, takeWhole } from './whole-text.ts'

/** Fields in which servers put reasoning. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details'] as const

/** A complete message, and the events that show the rest of it. */
export interface FinishedMessage {
  readonly message: AssistantMessage
  readonly events: readonly ModelEvent[]
  /** True when its calls were recovered from markup, whatever the finish reason says. */
  readonly hasRecovered: boolean
  /** The words in which the model refused; empty for none. */
  readonly refusal: string
}

/** Assembles an assistant message from deltas, or from one complete message. */
export class MessageAssembler {
  readonly #context: DecodeContext
  readonly #calls: ToolCallAssembler
  readonly #parts = new PartList()
  readonly #think: ThinkSplitter | undefined
  readonly #filter: TextFilter | undefined
  readonly #seen: SeenReasoning = { field: undefined, announced: undefined }
  readonly #textHalf: Half = { half: '' }
  readonly #reasoningHalf: Half = { half: '' }
  #refusal: string[] | undefined

  constructor(context: DecodeContext) {
    this.#context = context
    this.#calls = new ToolCallAssembler(context.limits, context.tools)
    this.#think = context.profile.thinkTags === true ? new ThinkSplitter() : undefined
    // Without tools there is nothing to call: whatever looks like a call is text.
    this.#filter = context.tools.length > 0 ? new TextFilter(context.hasTextForm) : undefined
  }

  /**
   * Takes a delta.
   *
   * @returns True when it held content: reasoning, text or a piece of a tool call.
   * @throws {AgentError} `stream-malformed` or `response-too-large`.
   */
  add(delta: JsonObject, events: ModelEvent[]): boolean {
    const before = events.length
    this.#addReasoning(delta, events)
    const refusal = refusalText(delta)
    if (refusal !== '') this.#addRefusal(refusal)
    const text = textOfContent(delta['content'])
    if (text !== '') this.#addText(takeWhole(this.#textHalf, text), events)
    const callsBefore = this.#calls.count
    const toolCalls = delta['tool_calls'] ?? legacyCall(delta['function_call'])
    if (toolCalls !== undefined) this.#calls.add(toolCalls, events)
    return text !== '' || refusal !== '' || events.length > before || this.#calls.count > callsBefore || hasToolCalls(toolCalls)
  }

  /**
   * The complete message: reasoning and text in the order in which they came, then the tool calls.
   *
   * @param isCut - True when the output limit ended the reply.
   * @throws {AgentError} `leaked-markup`.
   */
  finish(isCut: boolean): FinishedMessage {
    const { model, tools, profile, limits, hasTextForm } = this.#context
    const events: ModelEvent[] = []
    this.#show('reasoning', endWhole(this.#reasoningHalf), events)
    this.#addText(endWhole(this.#textHalf), events)
    if (this.#think !== undefined) this.#addSplit(this.#think.end(), events)
    const held = this.#filter?.end() ?? nothingHeld
    this.#show('text', held.text, events)
    const own = this.#calls.finish()
    const rules = { model, tools, limits, hasTextForm, hasCalls: own.length > 0, isCut }
    const found = recoverAll({ markup: held.markup, parts: this.#parts, rules, profile })
    this.#show('text', found.text, events)
    for (const event of found.events) events.push(event)
    for (const [index, call] of found.calls.entries()) events.push(callEvent(call, index))
    const content = contentOf(this.#parts, this.#seen, profile)
    for (const calls of [own, found.calls]) for (const call of calls) content.push(call)
    return { message: { role: 'assistant', content }, events, hasRecovered: found.calls.length > 0, refusal: this.#refusal?.join('') ?? '' }
  }

  #addReasoning(delta: JsonObject, events: ModelEvent[]): void {
    const { field: usual } = this.#context.profile.reasoning
    if (this.#addReasoningField(delta, usual, events)) return
    // Some servers send the same reasoning in two fields: only the first that has any is read.
    for (const field of reasoningFields) if (field !== usual && this.#addReasoningField(delta, field, events)) return
  }

  /** Returns true when the field had some. */
  #addReasoningField(delta: JsonObject, field: string, events: ModelEvent[]): boolean {
    const value = delta[field]
    if (value === undefined) return false
    const text = reasoningText(value)
    if (text === undefined) return false
    this.#seen.announced ??= field
    if (text === '') return false
    this.#seen.field ??= field
    this.#show('reasoning', takeWhole(this.#reasoningHalf, text), events)
    return true
  }

  #addRefusal(text: string): void {
    this.#refusal ??= []
    this.#refusal.push(text)
  }

  #addText(text: string, events: ModelEvent[]): void {
    if (this.#think === undefined) this.#show('text', this.#filter?.push(text) ?? text, events)
    else this.#addSplit(this.#think.push(text), events)
  }

  #addSplit({ reasoning, text }: SplitText, events: ModelEvent[]): void {
    if (reasoning !== '') {
      this.#seen.announced ??= thinkField
      this.#seen.field ??= thinkField
      this.#show('reasoning', reasoning, events)
    }
    this.#show('text', this.#filter?.push(text) ?? text, events)
  }

  #show(type: 'text' | 'reasoning', text: string, events: ModelEvent[]): void {
    if (text === '') return
    this.#parts.append(type, text)
    events.push(type === 'text' ? { type: 'text-delta', delta: text } : { type: 'reasoning-delta', delta: text })
  }
}

const nothingHeld = { text: '', markup: '' }
const nothingFound: Recovered = { calls: [], text: '', events: [] }

function callEvent({ toolName, inputText }: ToolCallPart, index: number): ModelEvent {
  return { type: 'tool-call-delta', index, toolName, delta: inputText }
}

interface SeenReasoning {
  /** The field that had some. */
  field: string | undefined
  /** The field that was there at all. */
  announced: string | undefined
}

function contentOf(parts: PartList, { field: used, announced }: SeenReasoning, profile: ModelProfile): AssistantPart[] {
  const name = used ?? announced
  const field = name === undefined || name === profile.reasoning.field ? {} : { field: name }
  // The model reasoned and showed nothing of it, which differs from not having reasoned.
  const content: AssistantPart[] = announced !== undefined && used === undefined ? [{ type: 'reasoning', text: '', ...field }] : []
  for (const { type, text } of parts.all()) content.push(type === 'text' ? { type, text } : { type, text, ...field })
  return content
}

interface Recovery {
  readonly markup: string
  readonly parts: PartList
  readonly rules: Omit<MarkupRules, 'recovers'>
  readonly profile: ModelProfile
}

/** Recovers calls from the text, or, where there is neither text nor call, from the reasoning: a model can begin a call before it stops thinking. */
function recoverAll({ markup, parts, rules, profile }: Recovery): Recovered {
  const recovers = profile.recovers ?? []
  if (markup !== '') return recoverCalls(markup, { ...rules, recovers: recovers.includes('text') })
  // In the text form a call in the reasoning is a thought about a call.
  if (rules.hasTextForm || rules.hasCalls || rules.tools.length === 0 || !recovers.includes('reasoning') || parts.hasText()) return nothingFound
  const filter = new TextFilter(false)
  const shown = filter.push(parts.joined('reasoning'))
  const held = filter.end()
  if (held.markup === '' || !hasCallHead(held.markup)) return nothingFound
  try {
    const found = recoverCalls(held.markup, { ...rules, recovers: true })
    parts.replaceReasoning(`${shown}${held.text}${found.text}`)
    return { ...found, text: '' }
  } catch {
    // What cannot be read is part of the reasoning.
    return nothingFound
  }
}

function hasToolCalls(toolCalls: Json | undefined): boolean {
  return Array.isArray(toolCalls) && toolCalls.length > 0
}

/** The form before `tool_calls`: one call, without id and index. Some servers send an empty one beside text. */
function legacyCall(call: Json | undefined): Json | undefined {
  return isJsonObject(call) && (call['name'] || call['arguments']) ? [{ function: call }] : undefined
}

/** What a model says instead of a reply: a field beside the content, or parts in it. */
function refusalText({ refusal, content }: JsonObject): string {
  if (typeof refusal === 'string' && refusal !== '') return refusal
  if (!Array.isArray(content)) return ''
  return content.map((part: Json) => (isJsonObject(part) && typeof part['refusal'] === 'string' ? part['refusal'] : '')).join('')
}

/** Reasoning as text, or as OpenRouter's list of pieces. */
function reasoningText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  return value.map((piece: Json) => (isJsonObject(piece) && typeof piece['text'] === 'string' ? piece['text'] : '')).join('')
}

function textOfContent(content: Json | undefined): string {
  if (typeof content === 'string') return content
  if (content === undefined || content === null) return ''
  // Some servers send text parts, in the form in which requests may hold them.
  const texts = Array.isArray(content) ? content.map((part: Json) => (isJsonObject(part) ? textOfPart(part) : undefined)) : [undefined]
  if (texts.includes(undefined)) {
    throw new AgentError('A frame of the response is malformed: `content` is neither text nor null.', {
      code: 'stream-malformed',
      phase: 'stream',
      retryable: true,
    })
  }
  return texts.join('')
}

function textOfPart({ text, refusal }: JsonObject): string | undefined {
  if (typeof text === 'string') return text
  return typeof refusal === 'string' ? '' : undefined
}
