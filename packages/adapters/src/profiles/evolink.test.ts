import { AgentError, type Message, type ModelRequest } from '@capstan/core'
import { expect, test } from 'vitest'
import type { ChatSettings } from '../settings.ts'
import { modeOf } from '../wire/encode-mode.ts'
import { encodeParameters } from '../wire/encode-parameters.ts'
import { createRequestEncoder } from '../wire/encode-request.ts'
import { evolinkDeepseekChat, evolinkDeepseekReasoner, evolinkKimi, evolinkProfiles } from './evolink.ts'
import type { ModelProfile } from './profile.ts'

type Parameters = Partial<Record<keyof ChatSettings, unknown>>

const kimi = ['kimi-k2-thinking', evolinkKimi] as const
const chat = ['deepseek-chat', evolinkDeepseekChat] as const
const reasoner = ['deepseek-reasoner', evolinkDeepseekReasoner] as const

function encode(profile: ModelProfile, settings: Parameters): Record<string, unknown> {
  // Wrong values are what is tested.
  return Object.fromEntries(encodeParameters(settings as ChatSettings, profile, profile.models[0] ?? ''))
}

function refusal(profile: ModelProfile, settings: Parameters): string {
  try {
    encode(profile, settings)
  } catch (error) {
    if (AgentError.is(error) && error.code === 'invalid-options') return error.message
    throw error
  }
  return 'accepted'
}

test('the models of the pages have a profile each, with source and date', () => {
  expect(evolinkProfiles.flatMap(({ models }) => models)).toEqual([
    'kimi-k2-thinking',
    'kimi-k2-thinking-turbo',
    'kimi-k3',
    'deepseek-chat',
    'deepseek-reasoner',
  ])
  for (const { source } of evolinkProfiles) expect(source).toEqual({ url: expect.stringMatching(/^https:\/\/docs\.evolink\.ai\//), read: '2026-11-21' })
})

test('absent settings are not sent', () => {
  for (const [, profile] of [kimi, chat, reasoner]) expect(encode(profile, {})).toEqual({})
})

test.each([
  [kimi, { temperature: 0 }, { temperature: 0 }],
  [kimi, { temperature: 2 }, { temperature: 2 }],
  [kimi, { topP: 0.9, topK: 40, n: 5 }, { top_p: 0.9, top_k: 40, n: 5 }],
  [kimi, { temperature: 0, n: 1 }, { temperature: 0, n: 1 }],
  [kimi, { temperature: 0.01, n: 5 }, { temperature: 0.01, n: 5 }],
  [kimi, { maxOutputTokens: 1, presencePenalty: -2, frequencyPenalty: 2 }, { max_tokens: 1, presence_penalty: -2, frequency_penalty: 2 }],
  [kimi, { stopSequences: 'END' }, { stop: 'END' }],
  [kimi, { stopSequences: ['x'.repeat(32), '1', '2', '3', '4'] }, { stop: ['x'.repeat(32), '1', '2', '3', '4'] }],
  [kimi, { responseFormat: 'json_object' }, { response_format: { type: 'json_object' } }],
  [kimi, { responseFormat: 'text' }, { response_format: { type: 'text' } }],
  [chat, { temperature: 1.5, topP: 1, maxOutputTokens: 4096 }, { temperature: 1.5, top_p: 1, max_tokens: 4096 }],
  [chat, { stopSequences: Array.from({ length: 16 }, (_, index) => `${index}`) }, { stop: Array.from({ length: 16 }, (_, index) => `${index}`) }],
  [chat, { logprobs: true, topLogprobs: 0 }, { logprobs: true, top_logprobs: 0 }],
  [chat, { logprobs: true, topLogprobs: 20 }, { logprobs: true, top_logprobs: 20 }],
  [chat, { thinking: 'enabled' }, { thinking: { type: 'enabled' } }],
  [chat, { responseFormat: 'json_object' }, { response_format: { type: 'json_object' } }],
  [reasoner, { presencePenalty: 1, frequencyPenalty: 1, maxOutputTokens: 10 }, { max_tokens: 10, presence_penalty: 1, frequency_penalty: 1 }],
  [reasoner, { thinking: 'disabled', logprobs: false, stopSequences: ['a'] }, { stop: ['a'], logprobs: false, thinking: { type: 'disabled' } }],
  [reasoner, { allowTools: true }, {}],
] as const)('%o takes %o', ([, profile], settings, expected) => {
  expect(encode(profile, settings)).toEqual(expected)
})

test.each([
  [kimi, { temperature: 2.1 }, 'temperature', 'from 0 to 2'],
  [kimi, { temperature: Number.NaN }, 'temperature', 'a number from 0 to 2'],
  [kimi, { temperature: '1' }, 'temperature', 'a number'],
  [kimi, { topP: -0.1 }, 'topP', 'from 0 to 1'],
  [kimi, { topK: 0 }, 'topK', 'an integer >= 1'],
  [kimi, { topK: 1.5 }, 'topK', 'an integer'],
  [kimi, { n: 6 }, 'n', 'from 1 to 5'],
  [kimi, { n: 2, temperature: 0.009 }, 'n', 'must be 1 with a temperature below 0.01'],
  [kimi, { maxOutputTokens: 0 }, 'maxOutputTokens', '>= 1'],
  [kimi, { presencePenalty: -2.1 }, 'presencePenalty', 'from -2 to 2'],
  [kimi, { frequencyPenalty: 3 }, 'frequencyPenalty', 'from -2 to 2'],
  [kimi, { stopSequences: ['1', '2', '3', '4', '5', '6'] }, 'stopSequences', 'at most 5'],
  [kimi, { stopSequences: ['ü'.repeat(17)] }, 'stopSequences', '32 bytes of UTF-8'],
  [kimi, { stopSequences: [] }, 'stopSequences', 'not empty'],
  [kimi, { responseFormat: 'json_schema' }, 'responseFormat', "'text', 'json_object'"],
  [kimi, { logprobs: true }, 'logprobs', 'refused'],
  [kimi, { thinking: 'enabled' }, 'thinking', 'always thinks'],
  [kimi, { allowTools: true }, 'allowTools', 'takes tools without it'],
  [chat, { topK: 1 }, 'topK', 'refused'],
  [chat, { n: 1 }, 'n', 'refused'],
  [chat, { stopSequences: Array.from({ length: 17 }, () => 'x') }, 'stopSequences', 'at most 16'],
  [chat, { topLogprobs: 3 }, 'topLogprobs', 'needs `logprobs: true`'],
  [chat, { logprobs: true, topLogprobs: 21 }, 'topLogprobs', 'from 0 to 20'],
  [chat, { thinking: 'on' }, 'thinking', "'enabled', 'disabled'"],
  [reasoner, { temperature: 1 }, 'temperature', 'rejected upstream'],
  [reasoner, { topP: 1 }, 'topP', 'rejected upstream'],
  [reasoner, { responseFormat: 'text' }, 'responseFormat', 'rejected upstream'],
  [reasoner, { topK: 1 }, 'topK', 'refused'],
  [reasoner, { n: 1 }, 'n', 'refused'],
] as const)('%o refuses %o', ([model, profile], settings, parameter, rule) => {
  const message = refusal(profile, settings)
  expect(message).toContain(`\`${parameter}\``)
  expect(message).toContain(model)
  expect(message).toContain(rule)
  // What to do instead.
  expect(message).toMatch(/To fix this|leave|Set both/i)
})

const image: Message = {
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    { type: 'image', url: 'data:image/png;base64,AA==' },
  ],
}
const partial: Message = { role: 'assistant', content: '{"a":', partial: true }
const question: Message = { role: 'user', content: 'Hi' }
const tools = [{ name: 'add', description: 'Adds.', inputSchema: { type: 'object', properties: {} } }]

function body(profile: ModelProfile, request: ModelRequest, settings: ChatSettings = {}): Record<string, unknown> {
  const model = profile.models[0] ?? ''
  const encoder = createRequestEncoder({
    model,
    profile,
    parameters: encodeParameters(settings, profile, model),
    allowTools: settings.allowTools === true,
    hasTextForm: false,
    thinks: false,
    extraBody: settings.extraBody,
  })
  return JSON.parse(encoder.encode(request, modeOf(profile, { stream: true })).bytes.toString('utf8'))
}

test('images and partial mode go to Kimi as they are', () => {
  expect(body(evolinkKimi, { messages: [image] })['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
  ])
  expect(body(evolinkKimi, { messages: [question, partial] })['messages']).toContainEqual({ role: 'assistant', content: '{"a":', partial: true })
  // Answered since: an ordinary message.
  expect(body(evolinkKimi, { messages: [question, partial, question] })['messages']).toContainEqual({ role: 'assistant', content: '{"a":' })
})

test('images and partial mode are refused by DeepSeek, with a way to fix it', () => {
  for (const [model, profile] of [chat, reasoner]) {
    expect(() => body(profile, { messages: [image] })).toThrow(new RegExp(`image part is refused by ${model}.*To fix this`))
    expect(() => body(profile, { messages: [question, partial] })).toThrow(new RegExp(`partial message is refused by ${model}.*To fix this`))
  }
})

test('JSON mode needs a prompt that asks for JSON, and no partial message', () => {
  const json = { responseFormat: 'json_object' } as const
  for (const [, profile] of [kimi, chat]) {
    expect(() => body(profile, { messages: [question] }, json)).toThrow(/needs a prompt that asks for JSON/)
    expect(body(profile, { instructions: 'Answer as json.', messages: [question] }, json)).toHaveProperty('response_format')
    expect(body(profile, { messages: [{ role: 'user', content: 'Give me JSON' }] }, json)).toHaveProperty('response_format')
  }
  expect(() => body(evolinkKimi, { instructions: 'JSON', messages: [question, partial] }, json)).toThrow(/cannot be combined with partial mode/)
})

test('tools and tool choice: Kimi sends a choice only when asked, deepseek-chat sends it, the reasoner refuses both', () => {
  expect(body(evolinkKimi, { messages: [question], tools })).not.toHaveProperty('tool_choice')
  expect(body(evolinkKimi, { messages: [question], tools, toolChoice: 'none' })['tool_choice']).toBe('none')
  for (const toolChoice of ['auto', 'none', 'required'] as const) {
    expect(body(evolinkDeepseekChat, { messages: [question], tools, toolChoice })['tool_choice']).toBe(toolChoice)
  }
  expect(() => body(evolinkDeepseekReasoner, { messages: [question], tools })).toThrow(/`tools` is refused by deepseek-reasoner.*allowTools/)
  const allowed = body(evolinkDeepseekReasoner, { messages: [question], tools, toolChoice: 'auto' }, { allowTools: true })
  expect(allowed).toMatchObject({ tool_choice: 'auto', tools: [{ type: 'function', function: { name: 'add', description: 'Adds.' } }] })
})

test('neither tools nor a choice is sent without tools', () => {
  const sent = body(evolinkDeepseekChat, { messages: [question], tools: [], toolChoice: 'auto' })
  expect(sent).not.toHaveProperty('tools')
  expect(sent).not.toHaveProperty('tool_choice')
  expect(() => body(evolinkDeepseekChat, { messages: [question], toolChoice: 'required' })).toThrow(/needs at least one tool/)
})

test('more than 128 tools are refused', () => {
  const many = Array.from({ length: 129 }, (_, index) => ({ name: `tool_${index}`, description: 'd', inputSchema: { type: 'object' } }))
  expect(() => body(evolinkKimi, { messages: [question], tools: many })).toThrow(/129 tools; at most 128/)
  expect(body(evolinkKimi, { messages: [question], tools: many.slice(1) })['tools']).toHaveLength(128)
})

test('a request without any message is refused', () => {
  expect(() => body(evolinkKimi, { messages: [] })).toThrow(expect.objectContaining({ code: 'invalid-messages' }))
})
