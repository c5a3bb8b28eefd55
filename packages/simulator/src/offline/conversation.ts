import { asArray, asObject, asString, canonicalJson, isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import { normalizeDates } from './date-text.ts'
import { readOutput, type ToolOutput } from './tool-output.ts'

/** A request as the rules see it. */
export interface Conversation {
  /** What the user asks now (its first 20,000 characters), with dates written as `YYYY-MM-DD`. */
  readonly task: string
  /** All text of the system and user messages. */
  readonly prompt: string
  readonly tools: readonly OfflineTool[]
  /** Every call of the history that has a result, oldest first. */
  readonly results: readonly CallResult[]
  /** Results that came after the task was asked. */
  readonly newResults: readonly CallResult[]
  readonly mayCall: boolean
  readonly mustCall: boolean
  readonly wantsJson: boolean
  /** The schema that the answer has to fit. */
  readonly answerSchema: JsonObject | undefined
  /** Text that a partial last message already holds. */
  readonly prefix: string
}

/** A tool of the request. */
export interface OfflineTool {
  readonly name: string
  readonly description: string
  readonly schema: JsonObject
  readonly parameters: readonly Parameter[]
}

/** One top-level parameter of a tool. */
export interface Parameter {
  readonly name: string
  readonly description: string
  readonly schema: JsonObject
  readonly isRequired: boolean
}

/** A call that was answered. */
export interface CallResult {
  readonly name: string
  readonly input: Json
  readonly output: ToolOutput
}

/** The rules read this much of a task. It bounds their time, which is not linear everywhere. */
const MAX_TASK_CHARACTERS = 20_000

// What callers say when no more calls are allowed.
const CLOSING =
  /\b(best (possible )?answer|(no|without) (more |further |any )*(tool|call)|do not (call|use) (any )?(more )?tool|answer (now|with what)|(step|call|tool) limit)/i

/** Reads what the rules need from a request body. */
export function readConversation(body: JsonObject): Conversation {
  const messages = asArray(body['messages']).map(asObject)
  const users = messages.flatMap((message, index) => (message['role'] === 'user' ? [{ index, text: textOf(message['content']) }] : []))
  const last = users.at(-1)
  const isClosing = last !== undefined && users.length > 1 && CLOSING.test(last.text) && textLength(last.text) < 100
  const asked = isClosing ? users.at(-2) : last
  const partial = messages.at(-1)
  const prompt = messages
    .filter(({ role }) => role === 'system' || role === 'user')
    .map(({ content }) => textOf(content))
    .join('\n')
  return {
    task: normalizeDates((asked?.text ?? '').slice(0, MAX_TASK_CHARACTERS)),
    prompt,
    tools: offeredTools(body),
    results: readResults(messages),
    newResults: readResults(messages.slice(asked?.index ?? 0)),
    mayCall: body['tool_choice'] !== 'none' && !isClosing && !(asked !== undefined && users.length === 1 && /\b(no|without) tools\b/i.test(asked.text)),
    mustCall: body['tool_choice'] === 'required' || isObject(body['tool_choice']),
    wantsJson: /^json_/.test(asString(asObject(body['response_format'])['type']) ?? '') || asksForJsonAlone(prompt),
    answerSchema: answerSchema(body),
    prefix: partial?.['partial'] === true || partial?.['prefix'] === true ? textOf(partial['content']) : '',
  }
}

/** All tools, or the one that the tool choice names. */
function offeredTools(body: JsonObject): readonly OfflineTool[] {
  const tools = asArray(body['tools']).map(readTool)
  const named = asObject(asObject(body['tool_choice'])['function'])['name']
  return named === undefined ? tools : tools.filter(({ name }) => name === named)
}

function answerSchema(body: JsonObject): JsonObject | undefined {
  const { schema } = asObject(asObject(body['response_format'])['json_schema'])
  return isObject(schema) ? schema : undefined
}

// Endpoints without a JSON mode are asked in words.
function asksForJsonAlone(prompt: string): boolean {
  return /\b(?:one|a single|only a?) ?JSON object\b[^.]*\b(?:nothing else|only|no other text)\b/i.test(prompt)
}

/** A key that is equal for calls that are equal. */
export function callKey(name: string, input: Json): string {
  return `${name} ${canonicalJson(input)}`
}

/** Reads a tool definition of a request. */
export function readTool(tool: Json): OfflineTool {
  const definition = asObject(asObject(tool)['function'])
  const schema = asObject(definition['parameters'])
  const required = asArray(schema['required'])
  return {
    name: asString(definition['name']) ?? '',
    description: asString(definition['description']) ?? '',
    schema,
    parameters: Object.entries(asObject(schema['properties'])).map(([name, property]) => ({
      name,
      description: asString(asObject(property)['description']) ?? '',
      schema: asObject(property),
      isRequired: required.includes(name),
    })),
  }
}

function textLength(text: string): number {
  return text.split(/\s+/).length
}

function textOf(content: Json | undefined): string {
  if (!isArray(content)) return asString(content) ?? ''
  return content.map((part) => asString(asObject(part)['text']) ?? '').join(' ')
}

/** Pairs calls and results in order: an id may be used again, even within one message. */
function readResults(messages: readonly JsonObject[]): readonly CallResult[] {
  const results: CallResult[] = []
  let open: JsonObject[] = []
  for (const message of messages) {
    if (message['role'] === 'assistant') open = asArray(message['tool_calls']).map(asObject)
    if (message['role'] !== 'tool') continue
    const position = open.findIndex((call) => call['id'] === message['tool_call_id'])
    const called = asObject(open[position]?.['function'])
    open = open.filter((_, index) => index !== position)
    const input = asString(called['arguments']) ?? ''
    results.push({ name: asString(called['name']) ?? '', input: parseJson(input) ?? input, output: readOutput(textOf(message['content'])) })
  }
  return results
}
