import type { RawResponse } from '@capstan/adapters'
import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** The first candidate of a response, assembled from a stream or a body, with the positions of its usage. */
export interface WireReply {
  readonly status: number
  readonly finish: string | undefined
  readonly text: string
  /** The text of each field with reasoning. */
  readonly reasoning: Readonly<Record<string, string>>
  readonly calls: readonly WireCall[]
  readonly usage: JsonObject | undefined
  readonly usagePositions: readonly string[]
  readonly hasDone: boolean
  /** The message of a refusal. */
  readonly error: string
}

/** A tool call as it was received. */
export interface WireCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details']

/** Reads a response without the adapters, because `verify` checks independently of them. */
export function readWire({ status, events, text }: RawResponse): WireReply {
  const reader = new WireReader()
  for (const body of events.length > 0 ? events : [text]) {
    const parsed = parseJson(body)
    if (isJsonObject(parsed)) reader.addChunk(parsed)
    else if (status !== 200) reader.error = body.slice(0, 200)
  }
  const { finish, text: said, error, usage, reasoning, calls, positions } = reader
  const hasDone = events.some((event) => event.startsWith('[DONE]'))
  return { status, finish, text: said, error, usage, reasoning, calls, usagePositions: [...positions], hasDone }
}

class WireReader {
  finish: string | undefined
  text = ''
  error = ''
  usage: JsonObject | undefined
  readonly reasoning: Record<string, string> = {}
  readonly calls: { -readonly [Key in keyof WireCall]: WireCall[Key] }[] = []
  readonly positions: Set<string> = new Set()

  addChunk({ error, usage, choices }: JsonObject): void {
    if (isJsonObject(error)) this.error = String(error['message'] ?? JSON.stringify(error))
    const [choice] = objectsIn(choices)
    const position = choice === undefined ? 'a chunk of its own' : typeof choice['finish_reason'] === 'string' ? 'the finish chunk' : 'other chunks'
    this.#addUsage(usage, position)
    if (choice !== undefined) this.#addChoice(choice)
  }

  #addChoice(choice: JsonObject): void {
    const { usage, finish_reason: finish, delta, message = delta } = choice
    this.#addUsage(usage, 'choices[0].usage')
    if (typeof finish === 'string') this.finish = finish
    if (!isJsonObject(message)) return
    if (typeof message['content'] === 'string') this.text += message['content']
    for (const field of reasoningFields) this.#addReasoning(field, message[field])
    for (const call of objectsIn(message['tool_calls'])) this.#addCall(call)
  }

  #addReasoning(field: string, value: Json | undefined): void {
    if (value === undefined || value === null) return
    this.reasoning[field] = (this.reasoning[field] ?? '') + (typeof value === 'string' ? value : JSON.stringify(value))
  }

  #addUsage(usage: Json | undefined, position: string): void {
    if (!isJsonObject(usage)) return
    this.usage = usage
    this.positions.add(position)
  }

  #addCall(call: JsonObject): void {
    const index = typeof call['index'] === 'number' ? call['index'] : this.calls.length
    const called = isJsonObject(call['function']) ? call['function'] : {}
    this.calls[index] ??= { id: '', name: '', arguments: '' }
    const known = this.calls[index]
    if (typeof call['id'] === 'string' && known.id === '') known.id = call['id']
    if (typeof called['name'] === 'string' && known.name === '') known.name = called['name']
    if (typeof called['arguments'] === 'string') known.arguments += called['arguments']
  }
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isJsonObject(item)) : []
}

/** Parses JSON; returns `undefined` for a text that is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
