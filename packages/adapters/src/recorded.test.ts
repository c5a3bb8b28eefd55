import type { AssistantPart, Message, ModelEvent, ModelReply } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { evolinkDeepseekChat } from './profiles/evolink.ts'
import { defaultLimits } from './profiles/plain.ts'
import { type Exchange, hasRecordings, listFiles, readCassettes, readLines, readText } from './testing/recordings.ts'
import { type Payload, PayloadReader } from './transport/payload-reader.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { decodeError } from './wire/decode-error.ts'
import { decodeResponse } from './wire/decode-response.ts'
import { StreamDecoder } from './wire/decode-stream.ts'
import { modeOf } from './wire/encode-mode.ts'
import { createRequestEncoder } from './wire/encode-request.ts'

const context: DecodeContext = {
  model: 'test/m',
  origin: 'http://localhost',
  keySource: 'the setting `apiKey`',
  secrets: [],
  profile: evolinkDeepseekChat,
  limits: defaultLimits,
  headers: {},
  requestId: undefined,
  maxOutputTokens: undefined,
  tools: [],
}

function decodeStream(chunks: readonly Buffer[]): { events: readonly ModelEvent[]; reply: ModelReply } {
  const reader = new PayloadReader(defaultLimits.eventBytes)
  const decoder = new StreamDecoder(context)
  const payloads: Payload[] = []
  const events: ModelEvent[] = []
  for (const chunk of chunks) reader.feed(chunk, payloads)
  reader.end(payloads)
  for (const payload of payloads) if (payload.kind === 'event') decoder.push(payload.data, payload.name, events)
  const end = decoder.finish([])
  const reply = end.find((event) => event.type === 'reply')?.reply
  if (reply === undefined) throw new Error('no reply')
  return { events, reply }
}

interface Delta {
  content?: string | null
  reasoning_content?: string | null
  tool_calls?: readonly { index: number; function: { arguments?: string } }[] | null
}

/** What the frames say, added up the plain way: to compare with. */
function addUp(body: string): { text: string; reasoning: string; inputs: readonly string[]; finish: string | undefined } {
  let text = ''
  let reasoning = ''
  let finish: string | undefined
  const inputs: string[] = []
  for (const line of body.split('\n')) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
    const [choice] = (JSON.parse(line.slice(6)) as { choices: readonly { delta: Delta; finish_reason: string | null }[] }).choices
    if (choice === undefined) continue
    text += choice.delta.content ?? ''
    reasoning += choice.delta.reasoning_content ?? ''
    for (const call of choice.delta.tool_calls ?? []) inputs[call.index] = (inputs[call.index] ?? '') + (call.function.arguments ?? '')
    finish = choice.finish_reason ?? finish
  }
  return { text, reasoning, inputs, finish }
}

function joined(reply: ModelReply, type: 'text' | 'reasoning'): string {
  return (reply.message.content as readonly AssistantPart[]).map((part) => (part.type === type ? part.text : '')).join('')
}

function inputsOf(reply: ModelReply): readonly string[] {
  return (reply.message.content as readonly AssistantPart[]).flatMap((part) => (part.type === 'tool-call' ? [part.inputText] : []))
}

/** A stream cut in two: at the borders of its first and last events, give or take 2 bytes, and at 100 places between. */
function cuts(bytes: Buffer): readonly number[] {
  const borders: number[] = []
  for (let at = bytes.indexOf('\n\n'); at !== -1; at = bytes.indexOf('\n\n', at + 1)) borders.push(at)
  const near = [...borders.slice(0, 5), ...borders.slice(-5)].flatMap((at) => [-2, -1, 0, 1, 2].map((off) => at + off))
  const between = Array.from({ length: 100 }, (_, index) => Math.floor((bytes.length * index) / 100))
  return [...near, ...between].filter((at) => at >= 0 && at <= bytes.length)
}

const exchanges = readCassettes('rig-deepseek').filter(({ request }) => request?.['messages'] !== undefined)
const missing = hasRecordings ? '' : ' [SKIPPED: the recordings are not beside this repository]'

describe.skipIf(!hasRecordings)(`recorded DeepSeek traffic of 0xPlaygrounds/rig tests/cassettes/deepseek${missing}`, () => {
  test('is there', () => expect(exchanges.length).toBeGreaterThan(80))

  test.each(exchanges.filter(({ status, contentType }) => status === 200 && contentType.startsWith('text/event-stream')))(
    'stream $name decodes, however it is cut',
    ({ body }: Exchange) => {
      const bytes = Buffer.from(body)
      const whole = decodeStream([bytes])
      const expected = addUp(body)

      expect(joined(whole.reply, 'text')).toBe(expected.text)
      expect(joined(whole.reply, 'reasoning')).toBe(expected.reasoning)
      expect(inputsOf(whole.reply)).toEqual(expected.inputs)
      expect(whole.reply.rawFinishReason).toBe(expected.finish)
      expect(whole.reply.usage.inputTokens).toBeGreaterThan(0)
      if (bytes.length > 100_000) return
      for (const at of cuts(bytes)) expect(decodeStream([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
    },
  )

  test.each(exchanges.filter(({ status, contentType }) => status === 200 && contentType.startsWith('application/json')))(
    'completion $name decodes',
    ({ body }: Exchange) => {
      const { reply, candidates, raw } = decodeResponse(body, context)
      const message = (
        JSON.parse(body) as { choices: { message: { content: string; reasoning_content?: string; tool_calls?: { function: { arguments: string } }[] } }[] }
      ).choices[0]?.message

      expect(joined(reply, 'text')).toBe(message?.content ?? '')
      expect(joined(reply, 'reasoning')).toBe(message?.reasoning_content ?? '')
      expect(inputsOf(reply)).toEqual(message?.tool_calls?.map((call) => call.function.arguments) ?? [])
      expect(candidates).toHaveLength(1)
      expect(raw).toEqual(JSON.parse(body))
    },
  )

  test.each(exchanges.filter(({ status }) => status !== 200))('refusal $name is understood', ({ name, status, body }: Exchange) => {
    const expected = status === 401 ? 'auth-failed' : name.includes('unknown_model') ? 'model-not-found' : 'invalid-request'
    const error = decodeError({ status, phase: 'headers', headers: {}, body }, context)

    expect(error).toMatchObject({ code: expected, retryable: false })
    expect(error.providerMessage).toBe((JSON.parse(body) as { error: { message: string } }).error.message)
  })

  test.each(exchanges.filter(({ request }) => isPlain(request)))('the messages of request $name are reproduced', ({ request }: Exchange) => {
    const messages = messagesOf(request)
    const encoder = createRequestEncoder({ model: 'm', profile: evolinkDeepseekChat, parameters: [], allowTools: false, thinks: false, extraBody: undefined })
    const { bytes } = encoder.encode({ messages: messages.map(toNeutral) }, modeOf(evolinkDeepseekChat, { stream: false }))

    expect(JSON.parse(bytes.toString('utf8')).messages).toEqual(messages.map(withoutIndex))
  })
})

interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  reasoning_content?: string
  tool_call_id?: string
  tool_calls?: readonly { id: string; index?: number; type: string; function: { name: string; arguments: string } }[]
}

function messagesOf(request: Exchange['request']): readonly WireMessage[] {
  return (request?.['messages'] ?? []) as readonly WireMessage[]
}

/** Requests whose contents are all text: others hold parts that DeepSeek refuses. */
function isPlain(request: Exchange['request']): boolean {
  return messagesOf(request).every(({ content }) => typeof content === 'string')
}

function toNeutral(message: WireMessage): Message {
  const { role, content, reasoning_content: reasoning, tool_calls: toolCalls = [], tool_call_id: toolCallId = '' } = message
  if (role === 'tool') return { role, content: [{ type: 'tool-result', toolCallId, toolName: 'f', status: 'ok', text: content }] }
  if (role !== 'assistant') return { role, content }
  return {
    role,
    content: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning } as const]),
      ...(content === '' ? [] : [{ type: 'text', text: content } as const]),
      ...toolCalls.map(({ id, function: { name, arguments: inputText } }) => ({ type: 'tool-call', toolCallId: id, toolName: name, inputText }) as const),
    ],
  }
}

/** The one difference: rig sends back the `index` of a call, which is not part of a message. */
function withoutIndex(message: WireMessage): unknown {
  if (message.tool_calls === undefined) return message
  return { ...message, tool_calls: message.tool_calls.map(({ id, type, function: called }) => ({ id, type, function: called })) }
}

describe.skipIf(!hasRecordings)(`chunks and completions of vercel/ai${missing}`, () => {
  test.each([...listFiles('vercel-ai/deepseek', '.chunks.txt'), ...listFiles('vercel-ai/moonshotai', '.chunks.txt')])('%s decodes', (file) => {
    const body = readLines(file)
      .map((line) => `data: ${line}\n\n`)
      .join('')
    const bytes = Buffer.from(body)
    const whole = decodeStream([bytes])
    const expected = addUp(body)

    expect([joined(whole.reply, 'text'), joined(whole.reply, 'reasoning'), whole.reply.rawFinishReason]).toEqual([
      expected.text,
      expected.reasoning,
      expected.finish,
    ])
    expect(inputsOf(whole.reply)).toEqual(expected.inputs)
    expect(whole.reply.usage.totalTokens).toBeGreaterThan(0)
    for (const at of cuts(bytes)) expect(decodeStream([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
  })

  test.each([...listFiles('vercel-ai/deepseek', '.json'), ...listFiles('vercel-ai/moonshotai', '.json')])('%s decodes', (file) => {
    const { reply } = decodeResponse(readText(file), context)
    expect(reply.usage.inputTokens).toBeGreaterThan(0)
    expect(reply.message.content.length).toBeGreaterThan(0)
  })

  test('a recorded tool call comes out byte for byte, with its cached tokens', () => {
    const { reply } = decodeStream([
      Buffer.from(
        readLines('vercel-ai/deepseek/deepseek-tool-call.chunks.txt')
          .map((line) => `data: ${line}\n\n`)
          .join(''),
      ),
    ])
    expect(reply).toMatchObject({ finishReason: 'tool-calls', usage: { inputTokens: 339, cachedInputTokens: 320, outputTokens: 83, reasoningTokens: 39 } })
    expect(inputsOf(reply).map((text) => JSON.parse(text))).toHaveLength(1)
  })
})
