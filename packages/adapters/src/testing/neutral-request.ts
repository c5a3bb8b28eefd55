import type { AssistantPart, Json, JsonObject, Message, ModelRequest, UserPart } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { ChatSettings } from '../settings.ts'

/** The settings of a model that sends the parameters of this body. */
export function settingsOf(body: JsonObject): ChatSettings {
  const { thinking, reasoning_effort: effort, temperature, logprobs, top_logprobs: top, response_format: format, stop, prompt_cache_key: cacheKey } = body
  const limit = body['max_tokens'] ?? body['max_completion_tokens']
  return {
    ...(isJsonObject(thinking) && { thinking: thinking['type'] as 'enabled' }),
    ...(typeof effort === 'string' && { reasoningEffort: effort }),
    ...(typeof limit === 'number' && { maxOutputTokens: limit }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof logprobs === 'boolean' && { logprobs }),
    ...(typeof top === 'number' && { topLogprobs: top }),
    ...(isJsonObject(format) && { responseFormat: format['type'] as 'json_object' }),
    ...(Array.isArray(stop) && { stopSequences: stop.map(String) }),
    ...(typeof cacheKey === 'string' && { promptCacheKey: cacheKey }),
  }
}

/** The request of which this is the body; `undefined` when a user message has parts other than text and images. */
export function requestOf(body: JsonObject): ModelRequest | undefined {
  const choice = body['tool_choice']
  const messages = (body['messages'] as readonly JsonObject[]).map(messageOf)
  if (!messages.every((message) => message !== undefined)) return undefined
  return {
    messages,
    ...(Array.isArray(body['tools']) && { tools: body['tools'].map(toolOf) }),
    ...(typeof choice === 'string' && { toolChoice: choice as 'auto' }),
  }
}

function toolOf(tool: Json): { name: string; description: string; inputSchema: JsonObject } {
  const { name, description = '', parameters } = (tool as { function: JsonObject }).function
  return { name: String(name), description: String(description), inputSchema: parameters as JsonObject }
}

function messageOf(message: JsonObject): Message | undefined {
  const { role, content, reasoning_content: reasoning, tool_calls: calls, tool_call_id: id } = message
  if (role === 'tool') return { role, content: [{ type: 'tool-result', toolCallId: String(id), toolName: 'f', status: 'ok', text: String(content) }] }
  if (role === 'system') return { role, content: String(content) }
  if (role !== 'assistant') return Array.isArray(content) ? partsOf(content) : { role: 'user', content: String(content) }
  const parts: AssistantPart[] = [
    ...(typeof reasoning === 'string' ? [{ type: 'reasoning', text: reasoning } as const] : []),
    ...(typeof content === 'string' && content !== '' ? [{ type: 'text', text: content } as const] : []),
    ...((calls ?? []) as readonly JsonObject[]).map((call) => {
      const called = call['function'] as JsonObject
      return { type: 'tool-call', toolCallId: String(call['id']), toolName: String(called['name']), inputText: String(called['arguments']) } as const
    }),
  ]
  return { role: 'assistant', content: parts }
}

function partsOf(content: readonly Json[]): Message | undefined {
  const parts = content.map((part): UserPart | undefined => {
    if (!isJsonObject(part)) return undefined
    if (part['type'] === 'text') return { type: 'text', text: String(part['text']) }
    return isJsonObject(part['image_url']) ? { type: 'image', url: String(part['image_url']['url']) } : undefined
  })
  return parts.every((part) => part !== undefined) ? { role: 'user', content: parts } : undefined
}
