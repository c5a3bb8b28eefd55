import type { Json, JsonObject, ToolDefinition } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { plainMarkers } from './markers.ts'

/** A call as it was written in markup. */
export interface MarkupCall {
  readonly name: string
  readonly inputText: string
  /** The id in the markup; empty where it has none. */
  readonly id: string
  /** False for a call that the output limit cut. */
  readonly isComplete: boolean
  /** True for a call in the text form of tools, which the model was told to write. */
  readonly isText?: true
}

/** What was read from a text that begins with a marker. */
export interface ParsedMarkup {
  readonly calls: readonly MarkupCall[]
  /** What follows the markup. */
  readonly rest: string
}

/** A text and the position up to which it was read. */
interface Reader {
  /** As it was received. */
  readonly text: string
  /** The same, with plain markers. */
  readonly plain: string
  at: number
}

/**
 * Reads the tool calls at the beginning of a text, in the markup of Kimi K2 and of DeepSeek V3, V3.1, V3.2, V4 and V4.1.
 *
 * @param tools - Their schemas decide whether a parameter is text where the markup does not say so.
 * @returns `undefined` when there is no call, or when a call is incomplete although text follows it.
 * @see https://github.com/MoonshotAI/K2-Vendor-Verifier
 * @see https://github.com/sgl-project/sglang/tree/main/python/sglang/srt/function_call
 */
export function parseMarkup(text: string, tools: readonly ToolDefinition[]): ParsedMarkup | undefined {
  const reader: Reader = { text, plain: plainMarkers(text), at: 0 }
  take(reader, /\s*<\|(?:tool_calls|tool_calls?_section)_begin\|>\s*|\s*<\|{1,2}dsml\|{1,2}\s?(?:function_calls|tool_calls|calls)>\s*/iy)
  const calls: MarkupCall[] = []
  for (;;) {
    const call = readTokenCall(reader) ?? readTagCall(reader, tools)
    if (call === undefined) break
    if (call === 'broken') return undefined
    calls.push(call)
    take(reader, /\s*(?=<)/y)
  }
  if (calls.length === 0) return undefined
  take(reader, /\s*<\|(?:tool_calls|tool_calls?_section)_end\|>|\s*<\/\|{1,2}dsml\|{1,2}\s?(?:function_calls|tool_calls|calls)>/iy)
  return { calls, rest: reader.text.slice(reader.at) }
}

/** True when a text contains the head of a call, not only markers. */
export function hasCallHead(text: string): boolean {
  return /<\|tool_call_begin\|>[^<]{1,200}<\|tool_(?:call_argument_begin|sep)\|>|<\|{1,2}dsml\|{1,2}\s?invoke\b/i.test(plainMarkers(text))
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.plain)
  if (match === null) return undefined
  reader.at = pattern.lastIndex
  return match
}

/** Reads a call of Kimi, or of DeepSeek until V3.1: tokens around a name and JSON. */
function readTokenCall(reader: Reader): MarkupCall | 'broken' | undefined {
  const start = reader.at
  if (take(reader, /<\|tool_call_begin\|>\s*/iy) === undefined) return undefined
  const kimi = take(reader, /([^<\s]+)\s*<\|tool_call_argument_begin\|>\s*/iy)
  if (kimi !== undefined) {
    const id = kimi[1] ?? ''
    return withInput(reader, { id, name: id.replace(/^functions\./, '').replace(/:\d+$/, '') }, /\s*<\|tool_call_end\|>/i)
  }
  const fenced = take(reader, /function<\|tool_sep\|>([^\n<]+)\n```(?:json)?\n/iy)
  if (fenced !== undefined) return withInput(reader, { id: '', name: (fenced[1] ?? '').trim() }, /\s*```\s*<\|tool_call_end\|>/i)
  const plain = take(reader, /([^\n<]+)<\|tool_sep\|>/iy)
  if (plain !== undefined) return withInput(reader, { id: '', name: (plain[1] ?? '').trim() }, /\s*<\|tool_call_end\|>/i)
  reader.at = start
  return 'broken'
}

/** Reads the arguments up to the end marker. When a string in them contains that marker, the next marker is used. */
function withInput(reader: Reader, call: { readonly id: string; readonly name: string }, end: RegExp): MarkupCall | 'broken' {
  const from = reader.at
  const ends = new RegExp(end.source, 'gi')
  ends.lastIndex = from
  let first: MarkupCall | undefined
  for (let match = ends.exec(reader.plain); match !== null; match = ends.exec(reader.plain)) {
    const inputText = reader.text.slice(from, match.index)
    first ??= { ...call, inputText: inputText.trim(), isComplete: true }
    if (reader.at === from) reader.at = ends.lastIndex
    if (parseJson(inputText) === undefined) continue
    reader.at = ends.lastIndex
    return { ...call, inputText: inputText.trim(), isComplete: true }
  }
  if (first !== undefined) return first
  const inputText = reader.text
    .slice(from)
    .replace(/\s*```\s*$/, '')
    .trim()
  reader.at = reader.text.length
  return { ...call, inputText, isComplete: isJsonObject(parseJson(inputText)) }
}

const openTag = '<\\|{1,2}dsml\\|{1,2}\\s?'
const closeTag = '<\\/\\|{1,2}dsml\\|{1,2}\\s?'

/** Reads a call of DeepSeek since V3.2: tags that contain parameters or JSON. */
function readTagCall(reader: Reader, tools: readonly ToolDefinition[]): MarkupCall | 'broken' | undefined {
  const head = take(reader, new RegExp(`${openTag}invoke name="([^"\\n]{1,200})"\\s*>\\s*`, 'iy'))
  if (head === undefined) return undefined
  const name = declaredName(head[1] ?? '', tools)
  const close = new RegExp(`\\s*${closeTag}invoke>`, 'iy')
  if (reader.text[reader.at] === '{') {
    const end = new RegExp(`\\s*${closeTag}invoke>`, 'i')
    return withInput(reader, { id: '', name }, end)
  }
  const input: [string, Json][] = []
  const schema = tools.find((tool) => tool.name === name)?.inputSchema
  for (;;) {
    const parameter = readParameter(reader, schema)
    if (parameter === undefined) break
    if (parameter === 'cut') return { id: '', name, inputText: JSON.stringify(Object.fromEntries(input)).slice(0, -1), isComplete: false }
    input.push(parameter)
  }
  const isComplete = take(reader, close) !== undefined
  const inputText = JSON.stringify(Object.fromEntries(input))
  if (isComplete) return { id: '', name, inputText, isComplete }
  // Without a closing tag the call is either cut at the end of the text, or not a call.
  if (reader.text.slice(reader.at).trim() !== '' && !/^\s*<[^>]*$/.test(reader.text.slice(reader.at))) return 'broken'
  reader.at = reader.text.length
  return { id: '', name, inputText: inputText.slice(0, -1), isComplete: false }
}

/** The name of the offered tool. Newer templates write `ns::tool`. */
function declaredName(name: string, tools: readonly ToolDefinition[]): string {
  if (tools.some((tool) => tool.name === name)) return name
  const last = name.split('::').at(-1) ?? name
  return tools.some((tool) => tool.name === last) ? last : name
}

function readParameter(reader: Reader, schema: JsonObject | undefined): [string, Json] | 'cut' | undefined {
  const head = take(reader, new RegExp(`\\s*${openTag}parameter name="([^"\\n]{1,200})"(?:\\s+string="(true|false)")?\\s*>`, 'iy'))
  if (head === undefined) return undefined
  const [, name = '', isText] = head
  const end = new RegExp(`${closeTag}parameter>`, 'gi')
  end.lastIndex = reader.at
  const match = end.exec(reader.plain)
  if (match === null) {
    reader.at = reader.text.length
    return 'cut'
  }
  const value = reader.text.slice(reader.at, match.index)
  reader.at = end.lastIndex
  return [name, parameterValue(value, isText ?? (expectsText(schema, name) ? 'true' : undefined))]
}

function expectsText(schema: JsonObject | undefined, name: string): boolean {
  const properties = schema?.['properties']
  const property = isJsonObject(properties) ? properties[name] : undefined
  return isJsonObject(property) && property['type'] === 'string'
}

function parameterValue(text: string, isText: string | undefined): Json {
  if (isText === 'true') return text
  return parseJson(text) ?? text
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
