import type { AssistantPart, ModelEvent, ModelReply } from '@capstan/core'
import { type Exchange, hasRecordings, isDocument, isStream, missingRecordings, type OwnExchange, ownExchanges, recordedExchanges } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { evolink } from './index.ts'
import { hello } from './testing/collect.ts'
import { requestOf } from './testing/neutral-request.ts'
import { modelOf, playOwn, playRecorded, replayDispatcher } from './testing/play-exchange.ts'

function joined(reply: ModelReply | undefined, type: 'text' | 'reasoning'): string {
  return partsOf(reply)
    .map((part) => (part.type === type ? part.text : ''))
    .join('')
}

function inputsOf(reply: ModelReply | undefined): readonly string[] {
  return partsOf(reply).flatMap((part) => (part.type === 'tool-call' ? [part.inputText] : []))
}

function partsOf(reply: ModelReply | undefined): readonly AssistantPart[] {
  return (reply?.message.content ?? []) as readonly AssistantPart[]
}

/** The deltas of one kind, joined: of tool calls, those of each index. */
function shown(events: readonly ModelEvent[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((event) => (event.type === type ? event.delta : '')).join('')
}

function shownInputs(events: readonly ModelEvent[]): readonly string[] {
  const inputs: string[] = []
  for (const event of events) if (event.type === 'tool-call-delta') inputs[event.index] = (inputs[event.index] ?? '') + event.delta
  return inputs
}

/**
 * The ways in which a network may divide a body: in two, at the ends of the first and last events and up to 2 bytes before and after
 * them, and at 25 positions between; and in pieces of equal size, down to 1 byte.
 */
function divisions(body: string): readonly (readonly Buffer[])[] {
  const bytes = Buffer.from(body)
  const ends: number[] = []
  for (let at = bytes.indexOf('\n\n'); at !== -1; at = bytes.indexOf('\n\n', at + 1)) ends.push(at)
  const near = [...ends.slice(0, 5), ...ends.slice(-5)].flatMap((at) => [-2, -1, 0, 1, 2].map((off) => at + off))
  const between = Array.from({ length: 25 }, (_, index) => Math.floor((bytes.length * index) / 25))
  const cuts = [...near, ...between].filter((at) => at >= 0 && at <= bytes.length)
  const inTwo = cuts.map((at) => [bytes.subarray(0, at), bytes.subarray(at)])
  const equal = [1, 2, 3, 17, 64].map((size) => Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)))
  return [...inTwo, ...equal]
}

describe("the project's own exchanges", () => {
  const own = ownExchanges()

  test('are enough to cover each form of response', () => {
    expect(own.filter(isStream).length).toBeGreaterThan(14)
    expect(own.filter(isDocument).length).toBeGreaterThan(5)
    expect(own.filter(({ status }) => status !== 200).length).toBeGreaterThan(7)
  })

  test.each(own)('$name: the request is sent as written, and the response is read as written', async (exchange: OwnExchange) => {
    const { expected } = exchange
    const { sent, path, reply, error, events } = await playOwn(exchange)

    expect(path).toBe(exchange.path)
    expect(sent).toEqual(exchange.request)
    if (expected.reply === undefined) {
      expect(error).toMatchObject(expected.error ?? {})
      return
    }
    expect(error).toBeUndefined()
    const { response, ...rest } = reply as ModelReply
    expect(rest).toEqual(expected.reply)
    expect(response).toMatchObject({ id: expect.stringMatching(/example|-/), model: expect.any(String) })
    expect(events.flatMap((event) => (event.type === 'repaired' ? [event.what] : []))).toEqual(expected.repaired ?? [])
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
    expect(shown(events, 'text-delta')).toBe(joined(reply, 'text'))
    // A call that was recovered from the reasoning had been shown as reasoning.
    if (expected.repaired === undefined) expect(shown(events, 'reasoning-delta')).toBe(joined(reply, 'reasoning'))
    expect(shownInputs(events)).toEqual(inputsOf(reply))
  })

  test.each(own.filter(isStream))('$name: the stream decodes the same, however it is cut', async (exchange: OwnExchange) => {
    const complete = await playOwn(exchange)
    for (const pieces of divisions(exchange.body)) expect(await playOwn(exchange, pieces)).toEqual(complete)
  })

  test.each(own.filter(isDocument))('$name: complete() gives what stream() gives, and the document', async (exchange: OwnExchange) => {
    const { dispatcher } = replayDispatcher(exchange, [Buffer.from(exchange.body)])
    const completed = modelOf(exchange, dispatcher).complete(requestOf(exchange.request) ?? hello, { attempts: { max: 1 } })
    if (exchange.expected.reply === undefined) await expect(completed).rejects.toMatchObject(exchange.expected.error ?? {})
    else expect(await completed).toMatchObject({ ...exchange.expected.reply, raw: JSON.parse(exchange.body), candidates: [expect.anything()] })
  })
})

interface Delta {
  content?: string | null
  reasoning_content?: string | null
  tool_calls?: readonly { index: number; function: { arguments?: string } }[] | null
}

/** What the events of a stream say, added up in the plainest way: to compare with. */
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

interface Document {
  readonly choices: readonly {
    readonly message: { content: string | null; reasoning_content?: string; tool_calls?: readonly { function: { arguments: string } }[] }
  }[]
}

const chats = recordedExchanges('rig-deepseek').filter(({ request }) => request?.['messages'] !== undefined)
const recorded = [...chats, ...recordedExchanges('vercel-ai/deepseek'), ...recordedExchanges('vercel-ai/moonshotai')]

describe.skipIf(!hasRecordings)(`recorded DeepSeek and Kimi exchanges of 0xPlaygrounds/rig and vercel/ai${missingRecordings}`, () => {
  test('are available', () => {
    expect(chats.length).toBeGreaterThan(80)
    expect(recorded.length).toBeGreaterThan(chats.length + 9)
  })

  test.each(recorded.filter(isStream))('$name: the stream says what its events say, however it is cut', async (exchange: Exchange) => {
    const complete = await playRecorded(exchange)
    const { reply } = complete
    const expected = addUp(exchange.body)

    expect(joined(reply, 'text')).toBe(expected.text)
    expect(joined(reply, 'reasoning')).toBe(expected.reasoning)
    expect(inputsOf(reply)).toEqual(expected.inputs)
    expect(reply?.rawFinishReason).toBe(expected.finish)
    expect(reply?.usage.inputTokens).toBeGreaterThan(0)
    if (exchange.body.length > 100_000) return
    for (const pieces of divisions(exchange.body)) expect(await playRecorded(exchange, pieces)).toEqual(complete)
  })

  test.each(recorded.filter(isDocument))('$name: the document says what its message says', async (exchange: Exchange) => {
    const { dispatcher } = replayDispatcher(exchange, [Buffer.from(exchange.body)])
    const completed = await evolink('deepseek-chat', { apiKey: 'test-key', dispatcher }).complete(hello)
    const document = JSON.parse(exchange.body) as Document
    const message = document.choices[0]?.message

    expect(joined(completed, 'text')).toBe(message?.content ?? '')
    expect(joined(completed, 'reasoning')).toBe(message?.reasoning_content ?? '')
    expect(inputsOf(completed)).toEqual(message?.tool_calls?.map((call) => call.function.arguments) ?? [])
    expect(completed.usage.inputTokens).toBeGreaterThan(0)
    expect(completed.candidates).toHaveLength(1)
    expect(completed.raw).toEqual(document)
  })

  test.each(recorded.filter(({ status }) => status !== 200))('$name: the refusal is understood', async (exchange: Exchange) => {
    const { name, status, body } = exchange
    const expected = status === 401 ? 'auth-failed' : name.includes('unknown_model') ? 'model-not-found' : 'invalid-request'
    const { error } = await playRecorded(exchange)

    expect(error).toMatchObject({ code: expected, status })
    expect(error?.providerMessage).toBe((JSON.parse(body) as { error: { message: string } }).error.message)
  })

  test('a recorded tool call is read byte for byte, with its cached tokens', async () => {
    const [exchange] = recorded.filter(({ name }) => name === 'deepseek-tool-call.chunks.txt')
    const { reply } = await playRecorded(exchange as Exchange)
    expect(reply).toMatchObject({ finishReason: 'tool-calls', usage: { inputTokens: 339, cachedInputTokens: 320, outputTokens: 83, reasoningTokens: 39 } })
    expect(inputsOf(reply).map((text) => JSON.parse(text))).toHaveLength(1)
  })
})
