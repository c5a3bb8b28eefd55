import type { AssistantMessage, Message, ModelRequest, ToolDefinition } from '@capstan/core'
import { expect, test } from 'vitest'
import { evolinkDeepseekChat, evolinkKimi } from '../profiles/evolink.ts'
import type { ModelProfile, PassBack } from '../profiles/profile.ts'
import { type EncodeMode, modeOf } from './encode-mode.ts'
import { createRequestEncoder, type RequestEncoder } from './encode-request.ts'
import type { RequestBody } from './request-body.ts'

function encoderOf(profile: ModelProfile): RequestEncoder {
  return createRequestEncoder({
    model: 'm',
    profile,
    parameters: [['temperature', 1]],
    allowTools: false,
    hasTextForm: false,
    thinks: false,
    extraBody: { seed: 1 },
  })
}

function textOf({ bytes }: RequestBody): string {
  return bytes.toString('utf8')
}

function modeWith(profile: ModelProfile, passBack: PassBack): EncodeMode {
  return { ...modeOf(profile, { stream: true, streamUsage: true }), passBack }
}

function messagesOf(profile: ModelProfile, messages: readonly Message[], passBack: PassBack = profile.reasoning.passBack): unknown {
  return JSON.parse(textOf(encoderOf(profile).encode({ messages }, modeWith(profile, passBack)))).messages
}

const inputText = '{"text": "caf\\u00e9 / <b>\\/x", "n": 1.0}'
const call = { type: 'tool-call', toolCallId: 'functions.f:0', toolName: 'f', inputText } as const
const user: Message = { role: 'user', content: 'Hi' }
const toolMessage: Message = { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'functions.f:0', toolName: 'f', status: 'ok', text: 'done' }] }

function assistant(...content: Exclude<AssistantMessage['content'], string>[number][]): AssistantMessage {
  return { role: 'assistant', content }
}

test('messages are the last key, after everything else in a fixed order', () => {
  const tools: readonly ToolDefinition[] = [{ name: 'fetch_it', description: 'F.', inputSchema: { type: 'object' } }]
  const request: ModelRequest = { instructions: 'Be short.', messages: [user], tools, toolChoice: 'auto' }
  const text = textOf(encoderOf(evolinkDeepseekChat).encode(request, modeWith(evolinkKimi, 'present')))

  expect(Object.keys(JSON.parse(text))).toEqual(['model', 'temperature', 'stream', 'stream_options', 'tools', 'tool_choice', 'seed', 'messages'])
  expect(text).toMatch(/"messages":\[\{"role":"system","content":"Be short\."\},\{"role":"user","content":"Hi"\}\]\}$/)
})

test('each request is equal to the one before it up to the closing bracket of its messages', () => {
  const encoder = encoderOf(evolinkKimi)
  const tools: readonly ToolDefinition[] = [{ name: 'fetch_it', description: 'F.', inputSchema: { type: 'object' } }]
  const messages: Message[] = [user]
  let previous = ''
  for (let step = 0; step < 10; step++) {
    const text = textOf(encoder.encode({ instructions: 'Be short.', messages, tools }, modeWith(evolinkKimi, 'always')))
    expect(text.startsWith(previous.slice(0, -2))).toBe(true)
    previous = text
    messages.push(assistant({ type: 'reasoning', text: 'Hm\n' }, { ...call, toolCallId: `functions.f:${step}` }), toolMessage)
  }
})

test('each message and each list of tools is serialised once', () => {
  const encoder = encoderOf(evolinkKimi)
  let reads = 0
  const message: Message = {
    role: 'user',
    get content() {
      reads++
      return 'Hi'
    },
  }
  let schemas = 0
  const tools: readonly ToolDefinition[] = [
    {
      name: 'fetch_it',
      description: 'F.',
      get inputSchema() {
        schemas++
        return { type: 'object' }
      },
    },
  ]
  const request: ModelRequest = { messages: [message], tools }
  for (let count = 0; count < 3; count++) encoder.encode(request, modeWith(evolinkKimi, 'always'))
  const afterThree = reads
  encoder.encode(request, modeWith(evolinkKimi, 'always'))

  expect(reads).toBe(afterThree)
  expect(schemas).toBe(1)
})

test('arguments and reasoning go back byte for byte', () => {
  const reasoning = 'Ünïcode\n\t "quotes" \u0000 \u2028 ｜▁'
  const [, sent] = messagesOf(evolinkKimi, [user, assistant({ type: 'reasoning', text: reasoning }, call), toolMessage]) as {
    reasoning_content: string
    tool_calls: { function: { arguments: string } }[]
  }[]

  expect(sent?.reasoning_content).toBe(reasoning)
  expect(sent?.tool_calls[0]?.function.arguments).toBe(inputText)
})

test('a message that only calls tools has no content for Kimi and an empty one for DeepSeek', () => {
  const toolCalls = [{ id: 'functions.f:0', type: 'function', function: { name: 'f', arguments: inputText } }]
  expect(messagesOf(evolinkKimi, [user, assistant(call), toolMessage])).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', reasoning_content: '', tool_calls: toolCalls },
    { role: 'tool', tool_call_id: 'functions.f:0', content: 'done' },
  ])
  expect(messagesOf(evolinkDeepseekChat, [user, assistant(call), toolMessage])).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: '', tool_calls: toolCalls },
    { role: 'tool', tool_call_id: 'functions.f:0', content: 'done' },
  ])
})

test.each([
  ['always', 'present', ''],
  ['present', 'present', undefined],
  ['strip', undefined, undefined],
] as const)('pass-back %s sends reasoning as %s, and %s with a call that had none', (passBack, withReasoning, without) => {
  const thought = assistant({ type: 'reasoning', text: 'present' }, { type: 'text', text: 'Hello' })
  const [first, second] = messagesOf(evolinkKimi, [thought, assistant(call)], passBack) as { reasoning_content?: string }[]

  expect(first?.reasoning_content).toBe(withReasoning)
  expect(second?.reasoning_content).toBe(without)
})

test('an empty reasoning that was there goes back as it was, under the name it came in', () => {
  expect(messagesOf(evolinkDeepseekChat, [assistant({ type: 'reasoning', text: '', field: 'reasoning' }, { type: 'text', text: 'a' })])).toEqual([
    { role: 'assistant', content: 'a', reasoning: '' },
  ])
})

test('an assistant message with neither text nor calls is left out', () => {
  expect(messagesOf(evolinkKimi, [user, assistant({ type: 'reasoning', text: 'Hm' }), { role: 'assistant', content: '' }, user])).toHaveLength(2)
})

test('an empty tool result is sent as words', () => {
  const empty: Message = { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'f', status: 'ok', text: '' }] }
  expect(messagesOf(evolinkKimi, [empty])).toEqual([{ role: 'tool', tool_call_id: 'c', content: '(no output)' }])
})

test('a tool name that no endpoint takes does not make the history unsendable', () => {
  const [sent] = messagesOf(evolinkKimi, [assistant({ ...call, toolName: 'functions.f x' }, { ...call, toolName: '' })]) as {
    tool_calls: { function: { name: string } }[]
  }[]
  expect(sent?.tool_calls.map(({ function: { name } }) => name)).toEqual(['functions_f_x', 'unknown'])
})

test('half of a character is sent as U+FFFD, and text that looks like its escape stays', () => {
  const text = textOf(encoderOf(evolinkKimi).encode({ messages: [{ role: 'user', content: 'a\ud800b \\ud800 😀' }] }, modeWith(evolinkKimi, 'always')))
  expect(text).toContain('"a\ufffdb \\\\ud800 😀"')
})

test('a user message of one text part is sent as plain text, of several as parts', () => {
  expect(messagesOf(evolinkDeepseekChat, [{ role: 'user', content: [{ type: 'text', text: 'a' }] }])).toEqual([{ role: 'user', content: 'a' }])
  expect(
    messagesOf(evolinkDeepseekChat, [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]),
  ).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
  ])
})

test('a request can ask for JSON by itself, and for JSON of a shape where the endpoint has that', () => {
  const formatOf = (responseFormat: NonNullable<ModelRequest['responseFormat']>): unknown =>
    JSON.parse(textOf(encoderOf(evolinkKimi).encode({ messages: [{ role: 'user', content: 'JSON' }], responseFormat }, modeWith(evolinkKimi, 'always'))))
      .response_format

  expect(formatOf({ type: 'json' })).toEqual({ type: 'json_object' })
  expect(formatOf({ type: 'json', schema: { type: 'object' } })).toEqual({
    type: 'json_schema',
    json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
  })
})
