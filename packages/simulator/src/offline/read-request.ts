import { asArray, asObject, asString, canonicalJson, isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import { isChinese, normalizeChinese } from './chinese/normalize-chinese.ts'
import { normalizeDates } from './dates.ts'
import { readOutput, type ToolOutput } from './tool-output.ts'
import { callName, type FoundTool, readFoundTools, searchName, unwrapCall } from './tool-search.ts'

/** A request as the rules read it. */
export interface OfflineRequest {
  /** What the user asks now: the first 20,000 characters, with dates written as `YYYY-MM-DD`, and Chinese numbers in digits. */
  readonly asked: string
  /** True when the user asks in Chinese. */
  readonly inChinese: boolean
  /** All text of the system and user messages. */
  readonly prompt: string
  readonly tools: readonly OfflineTool[]
  /** Tools that searches have found, the newest search first; `undefined` when the request offers no search. */
  readonly found: readonly OfflineTool[] | undefined
  /** True once a search was made for what the user asks. */
  readonly hasSearched: boolean
  /** Every call of the history that has a result, oldest first. */
  readonly results: readonly CallResult[]
  /** Results of calls that were made since the user asked. */
  readonly newResults: readonly CallResult[]
  readonly mayCall: boolean
  readonly mustCall: boolean
  readonly wantsJson: boolean
  /** The schema that the reply has to fit. */
  readonly outputSchema: JsonObject | undefined
  /** Text that a partial last message already holds. */
  readonly prefix: string
}

/** A tool of the request. */
export interface OfflineTool {
  readonly name: string
  readonly description: string
  readonly schema: JsonObject
  readonly parameters: readonly Parameter[]
  /** True for a tool that a search found: it is called through another. */
  readonly isFound?: boolean
}

/** One top-level parameter of a tool. */
export interface Parameter {
  readonly name: string
  readonly schema: JsonObject
  readonly isRequired: boolean
}

/** A call and its result. */
export interface CallResult {
  readonly name: string
  readonly input: Json
  readonly output: ToolOutput
  readonly text: string
}

/** The rules read only this much of what the user asks. It bounds their time, which is not linear everywhere. */
const MAX_ASKED_CHARACTERS = 20_000

// What clients write when no more calls are allowed.
const CLOSING =
  /\b(best (possible )?answer|(no|without) (more |further |any )*(tool|call)|do not (call|use) (any )?(more )?tool|answer (now|with what)|(step|call|tool) limit)/i
const MAX_CLOSING_WORDS = 100
// Endpoints without a JSON mode are asked for JSON in the prompt.
const ONLY_JSON = /\b(?:one|a single|only a?) ?JSON object\b[^.]*\b(?:nothing else|only|no other text)\b/i

/** Reads what the rules need from a request body. */
export function readRequest(body: JsonObject): OfflineRequest {
  const messages = asArray(body['messages']).map(asObject)
  const users = messages.flatMap((message, index) => (message['role'] === 'user' ? [{ index, text: textOf(message['content']) }] : []))
  const last = users.at(-1)
  const isClosing = last !== undefined && users.length > 1 && CLOSING.test(last.text) && last.text.split(/\s+/).length < MAX_CLOSING_WORDS
  const asked = isClosing ? users.at(-2) : last
  const partial = messages.at(-1)
  const prompts = messages.filter(({ role }) => role === 'system' || role === 'user').map(({ content }) => textOf(content))
  const prompt = prompts.join('\n')
  const { tool_choice: choice, response_format: format } = body
  const { type, json_schema: given } = asObject(format)
  const { schema } = asObject(given)
  const offered = offeredTools(body)
  const hasSearch = [searchName, callName].every((name) => offered.some((tool) => tool.name === name))
  const results = readResults(messages)
  const newResults = readResults(messages.slice(asked?.index ?? 0))
  const isSearch = ({ name }: CallResult): boolean => hasSearch && name === searchName
  const searches = results.filter(isSearch).reverse()
  return {
    asked: normalizeChinese(normalizeDates((asked?.text ?? '').slice(0, MAX_ASKED_CHARACTERS))),
    inChinese: isChinese(asked?.text ?? ''),
    prompt,
    tools: hasSearch ? offered.filter(({ name }) => name !== searchName && name !== callName) : offered,
    found: hasSearch ? searches.flatMap(({ text }) => readFoundTools(text).map((tool) => ({ ...withParameters(tool), isFound: true }))) : undefined,
    hasSearched: newResults.some(isSearch),
    results: results.filter((result) => !isSearch(result)),
    newResults: newResults.filter((result) => !isSearch(result)),
    mayCall: choice !== 'none' && !isClosing && !(asked !== undefined && users.length === 1 && /\b(no|without) tools\b/i.test(asked.text)),
    mustCall: choice === 'required' || isObject(choice),
    wantsJson: /^json_/.test(asString(type) ?? '') || ONLY_JSON.test(prompt),
    outputSchema: isObject(schema) ? schema : undefined,
    prefix: partial?.['partial'] === true || partial?.['prefix'] === true ? textOf(partial['content']) : '',
  }
}

/** All tools, or the one that the tool choice names. */
function offeredTools(body: JsonObject): readonly OfflineTool[] {
  const tools = asArray(body['tools']).map(readTool)
  const named = asObject(asObject(body['tool_choice'])['function'])['name']
  return named === undefined ? tools : tools.filter(({ name }) => name === named)
}

function readTool(tool: Json): OfflineTool {
  const { name, description, parameters } = asObject(asObject(tool)['function'])
  return withParameters({ name: asString(name) ?? '', description: asString(description) ?? '', schema: asObject(parameters) })
}

function withParameters(tool: FoundTool): OfflineTool {
  const { schema } = tool
  const required = asArray(schema['required'])
  return {
    ...tool,
    parameters: Object.entries(asObject(schema['properties'])).map(([parameter, property]) => ({
      name: parameter,
      schema: asObject(property),
      isRequired: required.includes(parameter),
    })),
  }
}

/** A key that is equal for equal calls. */
export function callKey({ name, input }: { readonly name: string; readonly input: Json }): string {
  return `${name} ${canonicalJson(input)}`
}

function textOf(content: Json | undefined): string {
  return isArray(content) ? content.map((part) => asString(asObject(part)['text']) ?? '').join(' ') : (asString(content) ?? '')
}

/** Pairs calls and results in order: an id may be used again, even within one message. */
function readResults(messages: readonly JsonObject[]): readonly CallResult[] {
  const results: CallResult[] = []
  let pending: readonly JsonObject[] = []
  for (const message of messages) {
    if (message['role'] === 'assistant') pending = asArray(message['tool_calls']).map(asObject)
    if (message['role'] !== 'tool') continue
    const call = pending.find(({ id }) => id === message['tool_call_id'])
    pending = pending.filter((other) => other !== call)
    const { name, arguments: text } = asObject(call?.['function'])
    const input = asString(text) ?? ''
    const shown = textOf(message['content'])
    results.push({ ...unwrapCall(asString(name) ?? '', parseJson(input) ?? input), output: readOutput(shown), text: shown })
  }
  return results
}
