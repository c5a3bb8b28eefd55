import { taggedCall } from '../faults/leaked-markup.ts'
import { asArray, asObject, asString, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import type { Candidate, Reply } from '../replies/reply.ts'

/**
 * A client may describe tools in its instructions, for a model that takes none: a line of JSON for each, and calls to be written as JSON
 * between `<tool_call>` tags. A model that follows instructions can do that, so this one does.
 */

/** The request with tools, calls and results as if they had been sent as such; `undefined` where no tools are described. */
export function readTextForm(body: JsonObject): JsonObject | undefined {
  const messages = asArray(body['messages']).map(asObject)
  const system = asString(messages.find(({ role }) => role === 'system')?.['content']) ?? ''
  const tools = system.includes('<tool_call>') ? system.split('\n').flatMap(readTool) : []
  if (body['tools'] !== undefined || tools.length === 0) return undefined
  let count = 0
  let open: readonly string[] = []
  const read = messages.flatMap((message): readonly JsonObject[] => {
    const text = asString(message['content']) ?? ''
    if (message['role'] === 'assistant') {
      const calls = blocksOf(text, 'tool_call').map(({ content }) => callOf(content, `call_${count++}`))
      open = calls.map(({ id }) => asString(id) ?? '')
      return [calls.length === 0 ? message : { ...message, content: '', tool_calls: calls }]
    }
    const results = message['role'] === 'user' ? blocksOf(text, 'tool_result') : []
    if (results.length === 0) return [message]
    return results.map(({ content }, index) => ({ role: 'tool', tool_call_id: open[index] ?? '', content }))
  })
  return { ...body, tools, messages: read }
}

/** The reply with its calls as text. */
export function writeTextForm({ candidates }: Reply): Reply {
  return { candidates: candidates.map(writeCalls) }
}

function writeCalls(candidate: Candidate): Candidate {
  const { toolCalls, text } = candidate
  if (toolCalls.length === 0) return candidate
  return { ...candidate, text: [...(text === '' ? [] : [text]), ...toolCalls.map(taggedCall)].join('\n'), toolCalls: [], finishReason: 'stop' }
}

function readTool(line: string): readonly JsonObject[] {
  const tool = parseJson(line)
  if (!isObject(tool) || typeof tool['name'] !== 'string' || !isObject(tool['parameters'])) return []
  return [{ type: 'function', function: tool }]
}

function callOf(content: string, id: string): JsonObject {
  const { name, arguments: input } = asObject(parseJson(content) ?? null)
  return { id, type: 'function', function: { name: name ?? '', arguments: JSON.stringify(input ?? {}) } satisfies Readonly<Record<string, Json>> }
}

/** The blocks between tags of a name, without the space around their content. */
function blocksOf(text: string, tag: string): readonly { readonly content: string }[] {
  return text
    .split(`<${tag}`)
    .slice(1)
    .map((part) => {
      const start = part.indexOf('>') + 1
      const end = part.indexOf(`</${tag}>`)
      return { content: part.slice(start, end === -1 ? undefined : end).trim() }
    })
}
