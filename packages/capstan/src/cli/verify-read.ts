import type { RawAnswer } from '@capstan/adapters'
import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** The first candidate of an answer, put together from a stream or a body; with where its usage stood. */
export interface Read {
  readonly status: number
  readonly finish: string | undefined
  readonly text: string
  /** Fields that held reasoning, each with what it held. */
  readonly reasoning: Readonly<Record<string, string>>
  readonly calls: readonly ReadCall[]
  readonly usage: JsonObject | undefined
  readonly usagePlaces: readonly string[]
  readonly hasDone: boolean
  /** The words of a refusal. */
  readonly error: string
}

/** A tool call as it came. */
export interface ReadCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details']

interface OpenRead {
  finish: string | undefined
  text: string
  error: string
  usage: JsonObject | undefined
  readonly reasoning: Record<string, string>
  readonly calls: OpenCall[]
  readonly places: Set<string>
}

type OpenCall = { -readonly [Key in keyof ReadCall]: ReadCall[Key] }

/** Reads an answer plainly: verify does not trust the adapters to look at the wire. */
export function readRaw({ status, events, text }: RawAnswer): Read {
  const read: OpenRead = { finish: undefined, text: '', error: '', usage: undefined, reasoning: {}, calls: [], places: new Set() }
  for (const body of events.length > 0 ? events : [text]) {
    const parsed = parseJson(body)
    if (isJsonObject(parsed)) addChunk(read, parsed)
    else if (status !== 200) read.error = body.slice(0, 200)
  }
  const { places, ...rest } = read
  return { ...rest, status, usagePlaces: [...places], hasDone: events.some((event) => event.startsWith('[DONE]')) }
}

function addChunk(read: OpenRead, chunk: JsonObject): void {
  const { error, usage, choices } = chunk
  if (isJsonObject(error)) read.error = String(error['message'] ?? JSON.stringify(error))
  const [choice] = listOf(choices)
  if (isJsonObject(usage))
    addUsage(read, usage, choice === undefined ? 'a chunk of its own' : typeof choice['finish_reason'] === 'string' ? 'the finish chunk' : 'other chunks')
  if (choice !== undefined) addChoice(read, choice)
}

function addChoice(read: OpenRead, choice: JsonObject): void {
  const { usage, finish_reason: finish, delta, message = delta } = choice
  if (isJsonObject(usage)) addUsage(read, usage, 'choices[0].usage')
  if (typeof finish === 'string') read.finish = finish
  if (!isJsonObject(message)) return
  if (typeof message['content'] === 'string') read.text += message['content']
  for (const field of reasoningFields) addReasoning(read, field, message[field])
  for (const call of listOf(message['tool_calls'])) addCall(read.calls, call)
}

function addReasoning({ reasoning }: OpenRead, field: string, value: Json | undefined): void {
  if (value === undefined || value === null) return
  reasoning[field] = (reasoning[field] ?? '') + (typeof value === 'string' ? value : JSON.stringify(value))
}

function addUsage(read: OpenRead, usage: JsonObject, place: string): void {
  read.usage = usage
  read.places.add(place)
}

function addCall(calls: OpenCall[], call: JsonObject): void {
  const index = typeof call['index'] === 'number' ? call['index'] : calls.length
  const called = isJsonObject(call['function']) ? call['function'] : {}
  calls[index] ??= { id: '', name: '', arguments: '' }
  const known = calls[index]
  if (typeof call['id'] === 'string' && known.id === '') known.id = call['id']
  if (typeof called['name'] === 'string' && known.name === '') known.name = called['name']
  if (typeof called['arguments'] === 'string') known.arguments += called['arguments']
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isJsonObject(item)) : []
}

/** A text as JSON; `undefined` where it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
