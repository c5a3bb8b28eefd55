import type { AssistantPart, Message, ModelRequest, ToolDefinition } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainProfile } from '../profiles/plain.ts'
import { type EncodeMode, modeOf } from './encode-mode.ts'
import { createRequestEncoder, type RequestEncoder } from './encode-request.ts'
import type { RequestBody } from './request-body.ts'

const base = modeOf(plainProfile, { stream: false })
const tools: readonly ToolDefinition[] = [{ name: 'work', description: 'Works.', inputSchema: { type: 'object' } }]

function encoder(): RequestEncoder {
  const profile = { ...plainProfile, partial: true }
  return createRequestEncoder({ model: 'm', profile, parameters: [], allowTools: false, hasTextForm: false, thinks: false, extraBody: undefined })
}

function textOf({ bytes }: RequestBody): string {
  return bytes.toString('utf8')
}

/** The text of the body, or the message of the refusal. The body is not released, as while its request runs. */
function attempt(target: RequestEncoder, request: ModelRequest, mode: EncodeMode): { readonly text: string; readonly body?: RequestBody } {
  try {
    const body = target.encode(request, mode)
    return { text: textOf(body), body }
  } catch (error) {
    return { text: String(error) }
  }
}

const words = fc.oneof(fc.constantFrom('', ' ', 'Hi', 'é😀\ud800', '"\\\u0000'), fc.string({ maxLength: 40 }))
const call = fc.record({ toolCallId: fc.constantFrom('', 'a', 'functions.f:0'), inputText: fc.constantFrom('{}', '{"a":1}', '{broken', '') })
const assistantPart: fc.Arbitrary<AssistantPart> = fc.oneof(
  words.map((text): AssistantPart => ({ type: 'text', text })),
  fc
    .tuple(words, fc.constantFrom(undefined, 'reasoning', '<think>'))
    .map(([text, field]): AssistantPart => ({ type: 'reasoning', text, ...(field && { field }) })),
  call.map((given): AssistantPart => ({ type: 'tool-call', toolName: 'f x', ...given })),
)
const message: fc.Arbitrary<Message> = fc.oneof(
  words.map((content): Message => ({ role: 'user', content })),
  words.map((content): Message => ({ role: 'system', content })),
  fc
    .tuple(fc.array(assistantPart, { maxLength: 3 }), fc.boolean())
    .map(([content, isPartial]): Message => ({ role: 'assistant', content, ...(isPartial && { partial: true }) })),
  words.map((text): Message => ({ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'f', status: 'ok', text }] })),
  fc.constant<Message>({ role: 'user', content: [{ type: 'image', url: 'https://example.com/a.png' }] }),
)
const mode: fc.Arbitrary<EncodeMode> = fc
  .record({
    passBack: fc.constantFrom('present', 'always', 'every', 'strip'),
    emptyContent: fc.constantFrom('', 'omit', null),
    callIds: fc.constantFrom('verbatim', 'kimi', 'safe'),
    callInputs: fc.constantFrom('verbatim', 'json'),
    dropBlank: fc.boolean(),
    repairHistory: fc.boolean(),
    stream: fc.boolean(),
  })
  .map((changes) => ({ ...base, ...changes }))
interface State {
  messages: Message[]
  readonly request: { instructions?: string; tools?: readonly ToolDefinition[] }
  mode: EncodeMode
  held: { readonly text: string; readonly body: RequestBody }[]
}

type Change = (state: State) => void

const append = fc.array(message, { minLength: 1, maxLength: 3 }).map(
  (added): Change =>
    (state) =>
      state.messages.push(...added),
)
const others: readonly fc.Arbitrary<Change>[] = [
  mode.map((other) => (state) => Object.assign(state, { mode: other })),
  fc.constantFrom('', 'Be short.', 'é').map(
    (instructions) =>
      ({ request }) =>
        Object.assign(request, { instructions }),
  ),
  fc.boolean().map(
    (hasTools) =>
      ({ request }) =>
        Object.assign(request, { tools: hasTools ? tools : [] }),
  ),
  fc.nat(10).map((count) => (state) => Object.assign(state, { messages: state.messages.slice(0, count) })),
  fc.tuple(fc.nat(10), message).map(
    ([at, other]) =>
      ({ messages }) =>
        void messages.splice(at, 1, other),
  ),
  fc.constant<Change>((state) => {
    for (const { body } of state.held.splice(0)) body.release()
  }),
]
const change = fc.oneof({ weight: others.length, arbitrary: append }, ...others)

test('after any growth, fork and change of mode the bytes equal those of a new encoder, and the bytes of running requests stay unchanged', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const kept = encoder()
      const state: State = { messages: [], request: {}, mode: base, held: [] }
      for (const apply of changes) {
        apply(state)
        const { text, body } = attempt(kept, { ...state.request, messages: state.messages }, state.mode)
        expect(text).toBe(attempt(encoder(), { ...state.request, messages: [...state.messages] }, state.mode).text)
        if (body !== undefined) state.held.push({ text, body })
        for (const one of state.held) expect(textOf(one.body)).toBe(one.text)
      }
    }),
    { numRuns: 500 },
  )
})

test('further messages are appended in the same memory once the previous request has ended', () => {
  const target = encoder()
  const messages: Message[] = [{ role: 'user', content: 'x'.repeat(1_000) }]
  const first = target.encode({ messages }, base)
  first.release()
  messages.push({ role: 'assistant', content: 'y' })
  const second = target.encode({ messages }, base)
  messages.push({ role: 'user', content: 'z' })
  const third = target.encode({ messages }, base)

  expect(second.bytes.buffer).toBe(first.bytes.buffer)
  expect(second.bytes.byteOffset).toBe(first.bytes.byteOffset)
  // The second request is still running.
  expect(third.bytes.byteOffset === second.bytes.byteOffset && third.bytes.buffer === second.bytes.buffer).toBe(false)
})
