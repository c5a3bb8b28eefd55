import { AgentError, type AssistantPart, type Json, type JsonObject, type Message, type ModelRequest, type UserPart } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { describe, expect, test } from 'vitest'
import { deepseekFlash } from './profiles/deepseek.ts'
import type { ChatSettings } from './settings.ts'
import { hasRecordings, readCassettes } from './testing/recordings.ts'
import { modeOf } from './wire/encode-mode.ts'
import { encodeParameters, isThinking } from './wire/encode-parameters.ts'
import { createRequestEncoder } from './wire/encode-request.ts'

// Every recorded request is made again from neutral messages and settings. What comes out otherwise is one of these, and nothing else.
const differences = {
  'no-stream-flag': 'Not streaming is said, where the recorded client leaves the key out.',
  'null-choice': 'What is not set is not sent, where the recorded client sends null.',
  'parallel-calls': 'parallel_tool_calls is no parameter of ours; extraBody sends it.',
  'call-index': 'The recorded client sends back the index of a call, which is no part of a message.',
  'image-detail': 'How closely to look at an image is no part of a message.',
} as const

const refusals = {
  'named-choice': 'A named tool choice does not exist here: endpoints differ on it.',
  'forced-while-thinking': 'A forced tool choice is refused before any request while the model thinks; the recorded answer is the 400.',
  'other-parts': 'Audio, video and file parts do not exist here; the recorded answer is the 400.',
} as const

type Difference = keyof typeof differences
type Refusal = keyof typeof refusals

interface Made {
  readonly body?: JsonObject
  readonly refused?: Refusal
}

function make(recorded: JsonObject): Made {
  const choice = recorded['tool_choice']
  if (isJsonObject(choice)) return { refused: 'named-choice' }
  const settings = settingsOf(recorded)
  const messages = messagesOf(recorded)
  if (messages === undefined) return { refused: 'other-parts' }
  const request: ModelRequest = {
    messages,
    ...(Array.isArray(recorded['tools']) && { tools: recorded['tools'].map(toTool) }),
    ...(typeof choice === 'string' && { toolChoice: choice as 'auto' }),
  }
  const model = String(recorded['model'])
  const thinks = isThinking(settings, deepseekFlash)
  const extraBody = 'parallel_tool_calls' in recorded ? { parallel_tool_calls: recorded['parallel_tool_calls'] ?? null } : undefined
  const encoder = createRequestEncoder({
    model,
    profile: deepseekFlash,
    parameters: encodeParameters(settings, deepseekFlash, model),
    allowTools: false,
    thinks,
    extraBody,
  })
  try {
    return {
      body: JSON.parse(encoder.encode(request, modeOf(deepseekFlash, { stream: recorded['stream'] === true, thinks })).bytes.toString('utf8')) as JsonObject,
    }
  } catch (error) {
    if (AgentError.is(error) && choice === 'required' && thinks) return { refused: 'forced-while-thinking' }
    throw error
  }
}

function settingsOf(recorded: JsonObject): ChatSettings {
  const { thinking, reasoning_effort: effort, max_tokens: limit, temperature, logprobs, top_logprobs: top, response_format: format } = recorded
  return {
    ...(isJsonObject(thinking) && { thinking: thinking['type'] as 'enabled' }),
    ...(typeof effort === 'string' && { reasoningEffort: effort }),
    ...(typeof limit === 'number' && { maxOutputTokens: limit }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof logprobs === 'boolean' && { logprobs }),
    ...(typeof top === 'number' && { topLogprobs: top }),
    ...(isJsonObject(format) && { responseFormat: format['type'] as 'json_object' }),
  }
}

function toTool(tool: Json): { name: string; description: string; inputSchema: JsonObject } {
  const { name, description = '', parameters } = (tool as { function: JsonObject }).function
  return { name: String(name), description: String(description), inputSchema: parameters as JsonObject }
}

function messagesOf(recorded: JsonObject): readonly Message[] | undefined {
  const messages = (recorded['messages'] as readonly JsonObject[]).map(toNeutral)
  return messages.every((message) => message !== undefined) ? messages : undefined
}

function toNeutral(message: JsonObject): Message | undefined {
  const { role, content, reasoning_content: reasoning, tool_calls: calls, tool_call_id: id } = message
  if (role === 'tool') return { role, content: [{ type: 'tool-result', toolCallId: String(id), toolName: 'f', status: 'ok', text: String(content) }] }
  if (role === 'system') return { role, content: String(content) }
  if (role !== 'assistant') return Array.isArray(content) ? toParts(content) : { role: 'user', content: String(content) }
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

function toParts(content: readonly Json[]): Message | undefined {
  const parts = content.map((part): UserPart | undefined => {
    if (!isJsonObject(part)) return undefined
    if (part['type'] === 'text') return { type: 'text', text: String(part['text']) }
    return isJsonObject(part['image_url']) ? { type: 'image', url: String(part['image_url']['url']) } : undefined
  })
  return parts.every((part) => part !== undefined) ? { role: 'user', content: parts } : undefined
}

type Open = Record<string, Json>

/** Each takes one difference out of both sides, and says whether there was one. */
const explainers: Readonly<Record<Difference, (recorded: Open, made: Open) => boolean>> = {
  'no-stream-flag': (recorded, made) => recorded['stream'] === undefined && delete made['stream'],
  'null-choice': (recorded) => recorded['tool_choice'] === null && delete recorded['tool_choice'],
  'parallel-calls': (recorded) => 'parallel_tool_calls' in recorded,
  'call-index': (recorded) =>
    callsIn(recorded)
      .map((call) => call['index'] !== undefined && delete call['index'])
      .includes(true),
  'image-detail': (recorded) =>
    messagesIn(recorded)
      .flatMap(({ content }) => (Array.isArray(content) ? (content as unknown as Open[]) : []))
      .map((part) => {
        const image = part['image_url'] as Open | undefined
        return image?.['detail'] !== undefined && delete image['detail']
      })
      .includes(true),
}

function messagesIn(body: Open): readonly Open[] {
  return body['messages'] as unknown as readonly Open[]
}

function callsIn(body: Open): readonly Open[] {
  return messagesIn(body).flatMap((message) => (message['tool_calls'] ?? []) as unknown as readonly Open[])
}

function explain(recorded: JsonObject, made: JsonObject): { found: readonly Difference[]; recorded: JsonObject; made: JsonObject } {
  const left = structuredClone(recorded) as Open
  const right = structuredClone(made) as Open
  // The keys are those of the list above.
  const names = Object.keys(explainers) as Difference[]
  return { found: names.filter((name) => explainers[name](left, right)), recorded: left, made: right }
}

const exchanges = readCassettes('rig-deepseek').filter(({ request }) => request?.['messages'] !== undefined)
const missing = hasRecordings ? '' : ' [SKIPPED: the recordings are not beside this repository]'

describe.skipIf(!hasRecordings)(`recorded requests of 0xPlaygrounds/rig tests/cassettes/deepseek${missing}`, () => {
  const seen = new Map<string, number>()
  const count = (name: string): void => {
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }

  test.each(exchanges)('$name is made again', ({ request, status }) => {
    const recorded = request as JsonObject
    const { body, refused } = make(recorded)
    if (refused !== undefined) {
      count(refused)
      // What is refused here was refused there as well, but for a tool that is named.
      if (refused === 'named-choice') expect(body).toBeUndefined()
      else expect(status).toBe(400)
      return
    }
    const explained = explain(recorded, body ?? {})
    for (const name of explained.found) count(name)
    expect(explained.made).toEqual(explained.recorded)
  })

  test('every difference is one of the list, and each of the list was seen', () => {
    const known = [...Object.keys(differences), ...Object.keys(refusals)]
    expect([...seen.keys()].filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !seen.has(name))).toEqual([])
  })
})
