import { isJsonText, isObjectText } from '../json-text.ts'
import { unreadableCall } from '../tool-text.ts'
import type { MarkupCall, ParsedMarkup } from './parse-markup.ts'

/**
 * Reads one call at the beginning of a text, in the text form of tools. What cannot be read as a call is a call all the same, of a tool
 * that does not exist or with arguments that are not JSON, so that the model is told about it.
 *
 * @returns `undefined` when the text does not begin with a call.
 */
export function readCallText(text: string): ParsedMarkup | undefined {
  const head = /^\s*<tool_call(?:\s+name\s*=\s*"([^"\n]{1,200})")?\s*>\s*/i.exec(text)
  if (head === null) return undefined
  const { body, end, isComplete } = readBody(text, head[0].length)
  // Space between two blocks, and after the last one, is not text.
  return { calls: [{ ...toCall(body, head[1]), id: '', isComplete, isText: true }], rest: text.slice(end).replace(/^\s+(?=<tool_|$)/, '') }
}

interface Body {
  readonly body: string
  /** The index after the block. */
  readonly end: number
  readonly isComplete: boolean
}

/** The JSON object after the opening tag, which may be in a code fence. Its closing tag may be missing before another call, and at the end. */
function readBody(text: string, start: number): Body {
  const fence = matchAt(text, start, /```(?:json)?\s*/iy)
  const from = start + fence.length
  const objectEnd = text[from] === '{' ? endOfObject(text, from) : undefined
  if (objectEnd !== undefined) {
    const closing = matchAt(text, objectEnd, fence === '' ? /\s*<\/tool_call\s*>/iy : /\s*```\s*<\/tool_call\s*>/iy)
    const end = objectEnd + closing.length
    if (closing !== '' || matchAt(text, objectEnd, /[\s`]*(?=<tool_call|$(?![\s\S]))/iy) !== '' || end === text.length) {
      return { body: text.slice(from, objectEnd), end, isComplete: true }
    }
  }
  // The tag is looked for without reading the object again, so a text of many tags takes linear time.
  const tag = text.slice(start).search(/<\/tool_call\s*>/i)
  if (tag === -1) return { body: text.slice(start).trim(), end: text.length, isComplete: false }
  const closing = matchAt(text, start + tag, /<\/tool_call\s*>/iy)
  return { body: text.slice(start, start + tag).trim(), end: start + tag + closing.length, isComplete: true }
}

/** Matches a sticky pattern; empty where it does not match. */
function matchAt(text: string, index: number, pattern: RegExp): string {
  pattern.lastIndex = index
  return pattern.exec(text)?.[0] ?? ''
}

/** The index after an object or a list, by its brackets; `undefined` where they are not closed. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (character === '"') index = endOfString(text, index) - 1
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth === 0) return index + 1
  }
  return undefined
}

/** The index after a string; the length of the text where it is not closed. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index + 1
  }
  return text.length
}

const nameKeys = ['name', 'tool', 'tool_name', 'function']
const inputKeys = ['arguments', 'parameters', 'input', 'args']

type NamedCall = Pick<MarkupCall, 'name' | 'inputText'>

function toCall(body: string, tagName: string | undefined): NamedCall {
  const members = membersOf(body)
  if (members === undefined) return brokenCall(body, tagName)
  const nameText = memberOf(members, nameKeys)
  const name = nameText?.startsWith('"') === true ? stringIn(nameText) : undefined
  const input = memberOf(members, inputKeys)
  if (name === undefined) return tagName === undefined ? { name: unreadableCall, inputText: body } : { name: tagName, inputText: input ?? body }
  if (input === undefined) return members.size === 1 ? { name, inputText: '{}' } : { name: unreadableCall, inputText: body }
  // Some models write the arguments as JSON in a string, as they do for a field of the wire.
  return { name, inputText: input.startsWith('"') ? stringIn(input) : input }
}

/** A call whose JSON is broken. Where its arguments can be told apart, the loop tells the model what is wrong with them. */
function brokenCall(body: string, tagName: string | undefined): NamedCall {
  const name = tagName ?? /"name"\s*:\s*"([^"\\\n]{1,200})"/.exec(body)?.[1]
  const input = /"arguments"\s*:\s*/.exec(body)
  const inputText = input === null ? body : body.slice(input.index + input[0].length).replace(/\s*\}$/, '')
  // Cutting a broken part out must not make a valid call of it, and missing arguments are not an empty object.
  return name === undefined || inputText === '' || isJsonText(inputText) ? { name: unreadableCall, inputText: body } : { name, inputText }
}

function memberOf(members: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  const name = names.find((known) => members.has(known))
  return name === undefined ? undefined : members.get(name)
}

/** The text of each value of a JSON object, byte for byte: a number is not read as a double here. `undefined` when it is not one. */
function membersOf(json: string): ReadonlyMap<string, string> | undefined {
  if (!isObjectText(json)) return undefined
  const members = new Map<string, string>()
  const skip = (index: number): number => index + matchAt(json, index, /[\s,:]*/y).length
  for (let index = skip(json.indexOf('{') + 1); json[index] === '"'; ) {
    const nameEnd = endOfString(json, index)
    const start = skip(nameEnd)
    const end = endOfValue(json, start)
    members.set(stringIn(json.slice(index, nameEnd)), json.slice(start, end))
    index = skip(end)
  }
  return members
}

function endOfValue(json: string, start: number): number {
  const first = json[start]
  if (first === '"') return endOfString(json, start)
  if (first === '{' || first === '[') return endOfObject(json, start) ?? json.length
  return start + matchAt(json, start, /[^\s,}\]]*/y).length
}

/** The string that a text of valid JSON is. */
function stringIn(json: string): string {
  return String(JSON.parse(json))
}
