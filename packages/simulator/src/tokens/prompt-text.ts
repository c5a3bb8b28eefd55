import { asArray, asObject, canonicalJson, isArray, type Json, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'

/**
 * Writes a request as the prompt whose tokens are counted: tools first, then the messages in order.
 * Each message is marked with its role, so that a changed role is a changed prompt.
 */
export function promptText({ toolsWithoutChoice }: SimulatedModel, body: JsonObject): string {
  const isWithoutTools = toolsWithoutChoice === false && body['tool_choice'] === 'none'
  const tools = isWithoutTools ? [] : asArray(body['tools']).map((tool) => `<tool>${JSON.stringify(tool)}`)
  const messages = asArray(body['messages']).map((message) => messageText(asObject(message)))
  return [...tools, ...messages].join('\n')
}

function messageText(message: JsonObject): string {
  const calls = asArray(message['tool_calls']).map((call) => {
    const { name, arguments: input } = asObject(asObject(call)['function'])
    return `<call>${plainText(name)} ${plainText(input)}`
  })
  const reasoning = message['reasoning_content'] ?? message['reasoning']
  const parts = [`<${plainText(message['role'])}>`, ...(typeof reasoning === 'string' ? [`<think>${reasoning}`] : []), plainText(message['content']), ...calls]
  return parts.join('')
}

function plainText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (!isArray(value)) return canonicalJson(value)
  return value.map((part) => plainText(asObject(part)['text'] ?? part)).join('')
}
