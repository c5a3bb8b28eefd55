import { AgentError, type Json, type ModelEvent, type ToolCallPart, type ToolDefinition } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { ByteLimits } from '../profiles/profile.ts'
import { endWhole, takeWhole } from './whole-text.ts'

/** A call whose fragments are still coming. */
interface PartialCall {
  id: string
  name: string
  /** Further pieces of a name: they are joined only where that makes the name of an offered tool. */
  readonly morePieces: string[]
  readonly fragments: string[]
  /** Its position among the calls that have a name; `undefined` while only fragments without a name have come. */
  index: number | undefined
  /** An id that came after the name: that of another call, if another name follows. */
  laterId: string
  /** The first half of a character at the end of the last fragment. */
  half: string
  bytes: number
}

/**
 * Assembles tool calls from the fragments of a stream. A fragment is appended to an array; all are joined once, at the end. The rule
 * for fragments holds for every shape that servers are known to send:
 *
 * - a fragment belongs to the call at its `index`; without one to the last call, unless it brings a new id or a new name;
 * - a new id with a name, at an index whose call already has a name, starts another call; a new id without a name does not;
 * - pieces of a name are joined only where that makes the name of an offered tool, empty ids are ignored, arguments sent as an object are
 *   written as JSON;
 * - a call with neither name nor arguments is dropped, and arguments that are sent twice, or after an empty form of them, count once.
 */
export class ToolCallAssembler {
  readonly #limits: ByteLimits
  readonly #tools: readonly ToolDefinition[]
  /** In the order in which they began. */
  readonly #calls: PartialCall[] = []
  #announced = 0
  #byIndex: Map<number, PartialCall> | undefined

  constructor(limits: ByteLimits, tools: readonly ToolDefinition[] = []) {
    this.#limits = limits
    this.#tools = tools
  }

  get count(): number {
    return this.#calls.length
  }

  /**
   * Takes the `tool_calls` of one delta, or of a complete message.
   *
   * @throws {AgentError} `response-too-large` past the limits, `stream-malformed` for fragments that are not objects.
   */
  add(toolCalls: Json | undefined, events: ModelEvent[]): void {
    if (toolCalls === undefined || toolCalls === null) return
    if (!Array.isArray(toolCalls)) throw malformed('`tool_calls` is not an array')
    for (let position = 0; position < toolCalls.length; position++) this.#addFragment(readFragment(toolCalls[position]), position === 0, events)
  }

  /**
   * The calls in the order in which their names came, arguments byte for byte; `{}` where there were none, or `null`, `[]` or `""`.
   * Calls that never got a name come last.
   */
  finish(): readonly ToolCallPart[] {
    const nameless = this.#calls.filter((call) => call.index === undefined && call.fragments.length > 0)
    const named = this.#calls.filter((call) => call.index !== undefined).sort((left, right) => (left.index ?? 0) - (right.index ?? 0))
    return [...named, ...nameless].map((call, position) => ({
      type: 'tool-call',
      // A tool message must name its call, so an empty id cannot be sent back.
      toolCallId: call.id === '' ? `call_${position}` : call.id,
      toolName: wholeName(call.name, call.morePieces, this.#tools),
      inputText: inputOf(call),
    }))
  }

  #addFragment(fragment: Fragment, isFirstOfDelta: boolean, events: ModelEvent[]): void {
    const call = this.#find(fragment, isFirstOfDelta)
    nameCall(call, fragment)
    const delta = fragment.arguments === '' ? '' : this.#append(call, fragment.arguments)
    const event = this.#announce(call, delta)
    if (event !== undefined) events.push(event)
  }

  #append(call: PartialCall, piece: string): string {
    const { toolInputBytes } = this.#limits
    call.bytes += Buffer.byteLength(piece)
    if (call.bytes > toolInputBytes) throw tooLarge(`The arguments of a tool call are longer than ${toolInputBytes} bytes.`)
    const text = takeWhole(call, piece)
    call.fragments.push(text)
    return text
  }

  #announce(call: PartialCall, delta: string): ModelEvent | undefined {
    if (call.name === '') return undefined
    if (call.index !== undefined) return delta === '' ? undefined : { type: 'tool-call-delta', index: call.index, delta }
    call.index = this.#announced++
    return { type: 'tool-call-delta', index: call.index, toolName: call.name, delta: call.fragments.join('') }
  }

  #find(fragment: Fragment, isFirstOfDelta: boolean): PartialCall {
    const { index } = fragment
    const known = index === undefined ? this.#calls.at(-1) : this.#byIndex?.get(index)
    if (known !== undefined && !startsCall(fragment, known, isFirstOfDelta)) return known
    const call = this.#start(fragment.id === '' ? (known?.laterId ?? '') : fragment.id)
    if (index === undefined) return call
    this.#byIndex ??= new Map()
    this.#byIndex.set(index, call)
    return call
  }

  #start(id: string): PartialCall {
    const { toolCalls } = this.#limits
    if (this.#calls.length >= toolCalls) throw tooLarge(`The reply asks for more than ${toolCalls} tool calls.`)
    const call: PartialCall = { id, name: '', morePieces: [], fragments: [], index: undefined, laterId: '', half: '', bytes: 0 }
    this.#calls.push(call)
    return call
  }
}

/** Whether a fragment at the index of a call begins another call. */
function startsCall({ index, id, name }: Fragment, known: PartialCall, isFirstOfDelta: boolean): boolean {
  if (known.name === '' || name === '') return false
  if (id !== '' && known.id !== '' && id !== known.id) return true
  if (known.laterId !== '' && name !== known.name) return true
  // Without an index, two fragments of one delta are two calls, and a different name begins another one.
  return index === undefined && (name !== known.name || !isFirstOfDelta)
}

function nameCall(call: PartialCall, { id, name }: Fragment): void {
  if (call.id === '') call.id = id
  else if (id !== '' && id !== call.id) call.laterId = id
  if (call.name === '') call.name = name
  else if (name !== '' && name !== call.name) call.morePieces.push(name)
}

function wholeName(name: string, morePieces: readonly string[], tools: readonly ToolDefinition[]): string {
  if (morePieces.length === 0) return name
  const joined = [name, ...morePieces].join('')
  return !tools.some((tool) => tool.name === name) && tools.some((tool) => tool.name === joined) ? joined : name
}

/** What some servers send before the arguments. */
const emptyBefore = /^\s*(?:\{\s*\}|\[\s*\]|null|"")\s*(?=\{)/
/** What models and servers send where there are no arguments. */
const emptyInput = /^\s*(?:\[\s*\]|null|"")?\s*$/

function inputOf(call: PartialCall): string {
  const { fragments } = call
  const rest = endWhole(call)
  if (rest !== '') fragments.push(rest)
  const text = fragments.join('')
  const last = fragments.at(-1) ?? ''
  // Some servers stream the arguments and then send them once more, complete. One object after another is no JSON.
  const once = last.startsWith('{') && last.length * 2 === text.length && text.startsWith(last) ? last : text
  const input = once.replace(emptyBefore, '')
  return emptyInput.test(input) ? '{}' : input
}

interface Fragment {
  readonly index: number | undefined
  readonly id: string
  readonly name: string
  readonly arguments: string
}

function readFragment(value: Json | undefined): Fragment {
  if (!isJsonObject(value)) throw malformed('a tool call is not an object')
  const { index, id, function: described } = value
  const called = isJsonObject(described) ? described : {}
  const { name, arguments: input } = called
  return {
    index: typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : undefined,
    id: typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? name : '',
    arguments: typeof input === 'string' ? input : isJsonObject(input) ? JSON.stringify(input) : '',
  }
}

function malformed(what: string): AgentError {
  return new AgentError(`A frame of the response is malformed: ${what}.`, { code: 'stream-malformed', phase: 'stream', retryable: true })
}

/** The error for a reply past the limits of the model. */
export function tooLarge(message: string): AgentError {
  return new AgentError(`${message} If this is intended, raise the limit in \`limits\`.`, { code: 'response-too-large', phase: 'stream' })
}
