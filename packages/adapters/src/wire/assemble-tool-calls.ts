import { AgentError, type Json, type ModelEvent, type ToolCallPart, type ToolDefinition } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { ByteLimits } from '../profiles/profile.ts'

/** A call whose fragments are still coming. */
interface PartialCall {
  id: string
  name: string
  /** Further pieces of a name: they are joined only where that makes the name of an offered tool. */
  readonly morePieces: string[]
  readonly fragments: string[]
  /** False while only fragments without a name have come: they are shown together with the name. */
  isAnnounced: boolean
  bytes: number
}

/**
 * Assembles tool calls from the fragments of a stream. A fragment is appended to an array; all are joined once, at the end. The rule
 * for fragments holds for every shape that servers are known to send:
 *
 * - a fragment belongs to the call at its `index`; without one to the last call, unless it brings a new id or a new name;
 * - a new id at an index whose call already has a name starts another call;
 * - pieces of a name are joined only where that makes the name of an offered tool, empty ids are ignored, arguments sent as an object are
 *   written as JSON.
 */
export class ToolCallAssembler {
  readonly #limits: ByteLimits
  readonly #tools: readonly ToolDefinition[]
  readonly #calls: PartialCall[] = []
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

  /** The calls in the order in which they began, arguments byte for byte; `{}` where there were none. */
  finish(): readonly ToolCallPart[] {
    return this.#calls.map(({ id, name, morePieces, fragments }, position) => ({
      type: 'tool-call',
      // A tool message must name its call, so an empty id cannot be sent back.
      toolCallId: id === '' ? `call_${position}` : id,
      toolName: wholeName(name, morePieces, this.#tools),
      inputText: fragments.join('') || '{}',
    }))
  }

  #addFragment(fragment: Fragment, isFirstOfDelta: boolean, events: ModelEvent[]): void {
    const call = this.#find(fragment, isFirstOfDelta)
    nameCall(call, fragment)
    if (fragment.arguments !== '') this.#append(call, fragment.arguments)
    // The newest call is nearly always the one that grows.
    const index = this.#calls.at(-1) === call ? this.#calls.length - 1 : this.#calls.indexOf(call)
    const event = announce(call, index, fragment.arguments)
    if (event !== undefined) events.push(event)
  }

  #append(call: PartialCall, text: string): void {
    const { toolInputBytes } = this.#limits
    call.bytes += Buffer.byteLength(text)
    if (call.bytes > toolInputBytes) throw tooLarge(`The arguments of a tool call are longer than ${toolInputBytes} bytes.`)
    call.fragments.push(text)
  }

  #find({ index, id, name }: Fragment, isFirstOfDelta: boolean): PartialCall {
    const known = index === undefined ? this.#calls.at(-1) : this.#byIndex?.get(index)
    const isOther = known === undefined || (id !== '' && known.id !== '' && id !== known.id && known.name !== '')
    // Without an index, two fragments of one delta are two calls, and a different name begins another one.
    const isNext = index === undefined && known !== undefined && name !== '' && known.name !== '' && (name !== known.name || !isFirstOfDelta)
    if (!isOther && !isNext) return known
    const call = this.#start()
    if (index === undefined) return call
    this.#byIndex ??= new Map()
    this.#byIndex.set(index, call)
    return call
  }

  #start(): PartialCall {
    const { toolCalls } = this.#limits
    if (this.#calls.length >= toolCalls) throw tooLarge(`The reply asks for more than ${toolCalls} tool calls.`)
    const call: PartialCall = { id: '', name: '', morePieces: [], fragments: [], isAnnounced: false, bytes: 0 }
    this.#calls.push(call)
    return call
  }
}

function nameCall(call: PartialCall, { id, name }: Fragment): void {
  if (call.id === '') call.id = id
  if (call.name === '') call.name = name
  else if (name !== '' && name !== call.name) call.morePieces.push(name)
}

function wholeName(name: string, morePieces: readonly string[], tools: readonly ToolDefinition[]): string {
  if (morePieces.length === 0) return name
  const joined = [name, ...morePieces].join('')
  return !tools.some((tool) => tool.name === name) && tools.some((tool) => tool.name === joined) ? joined : name
}

function announce(call: PartialCall, index: number, delta: string): ModelEvent | undefined {
  if (call.name === '') return undefined
  if (call.isAnnounced) return delta === '' ? undefined : { type: 'tool-call-delta', index, delta }
  call.isAnnounced = true
  return { type: 'tool-call-delta', index, toolName: call.name, delta: call.fragments.join('') }
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

function tooLarge(message: string): AgentError {
  return new AgentError(`${message} If this is intended, raise the limit in \`limits\`.`, { code: 'response-too-large', phase: 'stream' })
}
