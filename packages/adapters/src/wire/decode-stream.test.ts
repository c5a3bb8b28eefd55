import type { ModelEvent, ModelReply, ToolCallPart } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evolinkDeepseekChat, evolinkKimi } from '../profiles/evolink.ts'
import { defaultLimits } from '../profiles/plain.ts'
import type { DecodeContext } from './decode-context.ts'
import { StreamDecoder } from './decode-stream.ts'

const context: DecodeContext = {
  model: 'test/m',
  origin: 'http://localhost',
  keySource: undefined,
  secrets: [],
  profile: evolinkDeepseekChat,
  limits: defaultLimits,
  headers: {},
  requestId: undefined,
  maxOutputTokens: undefined,
  hasTextForm: false,
  tools: [],
}

function chunk(delta: object, rest: object = {}): string {
  return JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...rest }] })
}

function decode(chunks: readonly string[], changes: Partial<DecodeContext> = {}): { events: readonly ModelEvent[]; reply: ModelReply } {
  const decoder = new StreamDecoder({ ...context, ...changes })
  const events: ModelEvent[] = []
  for (const data of chunks) decoder.push(data, undefined, events)
  const end = decoder.finish([])
  const reply = end.find((event) => event.type === 'reply')?.reply
  if (reply === undefined) throw new Error('no reply')
  return { events: [...events, ...end], reply }
}

const stop = chunk({}, { finish_reason: 'stop' })

/** Decodes the `tool_calls` of several deltas. */
function calls(...deltas: readonly (readonly object[])[]): readonly string[] {
  const { reply } = decode([...deltas.map((entries) => chunk({ tool_calls: entries })), stop])
  const content = reply.message.content as readonly ToolCallPart[]
  return content.map(({ toolCallId, toolName, inputText }) => `${toolCallId} ${toolName} ${inputText}`)
}

test.each<readonly [string, readonly (readonly object[])[], readonly string[]]>([
  [
    'DeepSeek: id and name first, then fragments by index, one call after another',
    [
      [{ index: 0, id: 'call_00_a', type: 'function', function: { name: 'f', arguments: '' } }],
      [{ index: 0, function: { arguments: '{"a"' } }],
      [{ index: 0, function: { arguments: ':1}' } }],
      [{ index: 1, id: 'call_01_b', type: 'function', function: { name: 'g', arguments: '' } }],
      [{ index: 1, function: { arguments: '{}' } }],
    ],
    ['call_00_a f {"a":1}', 'call_01_b g {}'],
  ],
  ['no arguments at all', [[{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }]], ['a f {}']],
  [
    'arguments null and missing',
    [[{ index: 0, id: 'a', function: { name: 'f', arguments: null } }], [{ index: 1, id: 'b', function: { name: 'g' } }]],
    ['a f {}', 'b g {}'],
  ],
  [
    'fragments interleaved by index',
    [
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: '[1' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '{' } },
      ],
      [
        { index: 1, function: { arguments: '}' } },
        { index: 0, function: { arguments: ']' } },
      ],
    ],
    ['a f [1]', 'b g {}'],
  ],
  [
    'two parallel calls with one id',
    [[{ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }], [{ index: 1, id: 'a', function: { name: 'f', arguments: '2' } }]],
    ['a f 1', 'a f 2'],
  ],
  [
    'Qwen: an empty id and the type on every fragment',
    [
      [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }],
      [{ index: 0, id: '', type: 'function', function: { arguments: '}' } }],
      [{ index: 0, id: '', function: { arguments: '' } }],
    ],
    ['a f {}'],
  ],
  [
    'the id repeated on every fragment',
    [[{ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }], [{ index: 0, id: 'a', function: { name: 'f', arguments: '}' } }]],
    ['a f {}'],
  ],
  ['a whole call in one chunk', [[{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }]], ['a f {"x":1}']],
  ['the first index is 1', [[{ index: 1, id: 'a', function: { name: 'f', arguments: '' } }], [{ index: 1, function: { arguments: '{}' } }]], ['a f {}']],
  [
    'gaps and a huge index',
    [[{ index: 7, id: 'a', function: { name: 'f', arguments: '1' } }], [{ index: 1e9, id: 'b', function: { name: 'g', arguments: '2' } }]],
    ['a f 1', 'b g 2'],
  ],
  [
    'the index always 0, with a new id for each call',
    [
      [{ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }],
      [{ index: 0, id: 'b', function: { name: 'g', arguments: '2' } }],
      [{ index: 0, function: { arguments: '3' } }],
    ],
    ['a f 1', 'b g 23'],
  ],
  [
    'no index: a new id is a new call, the rest is appended',
    [[{ id: 'a', function: { name: 'f', arguments: '1' } }], [{ function: { arguments: '2' } }], [{ id: 'b', function: { name: 'f', arguments: '3' } }]],
    ['a f 12', 'b f 3'],
  ],
  [
    'no index and no id: a new name is a new call',
    [[{ function: { name: 'f', arguments: '1' } }], [{ function: { name: 'g', arguments: '2' } }]],
    ['call_0 f 1', 'call_1 g 2'],
  ],
  [
    'no index: two entries of one delta are two calls',
    [[{ function: { name: 'f', arguments: '1' } }, { function: { name: 'f', arguments: '2' } }]],
    ['call_0 f 1', 'call_1 f 2'],
  ],
  [
    'an index that is no index',
    [
      [{ index: -1, id: 'a', function: { name: 'f', arguments: '1' } }],
      [{ index: '__proto__', function: { arguments: '2' } }],
      [{ index: 1.5, function: { arguments: '3' } }],
    ],
    ['a f 123'],
  ],
  ['arguments as an object', [[{ index: 0, id: 'a', function: { name: 'f', arguments: { x: [1] } } }]], ['a f {"x":[1]}']],
  [
    'arguments before the name',
    [[{ index: 0, id: 'a', function: { arguments: '{"x"' } }], [{ index: 0, function: { name: 'f', arguments: ':1}' } }]],
    ['a f {"x":1}'],
  ],
  [
    'an id that comes later',
    [[{ index: 0, function: { name: 'f', arguments: '1' } }], [{ index: 0, id: 'late', function: { arguments: '2' } }]],
    ['late f 12'],
  ],
  [
    'a name that is repeated is not joined',
    [[{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }], [{ index: 0, function: { name: 'f', arguments: '{}' } }]],
    ['a f {}'],
  ],
  ['neither name nor arguments: no call', [[{ index: 0, id: 'a' }]], []],
  ['arguments without a name stay a call', [[{ index: 0, id: 'a', function: { arguments: '{"x":1}' } }]], ['a  {"x":1}']],
  [
    'a second id on a fragment without a name',
    [
      [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }],
      [{ index: 0, id: 'b', function: { arguments: '{"x":' } }],
      [{ index: 0, id: 'b', function: { arguments: '1}' } }],
    ],
    ['a f {"x":1}'],
  ],
  ['the same without an index', [[{ id: 'a', function: { name: 'f', arguments: '' } }], [{ id: 'b', function: { arguments: '{}' } }]], ['a f {}']],
  [
    'an id that comes before the name of the next call',
    [
      [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }],
      [{ index: 0, id: 'b' }],
      [{ index: 0, function: { name: 'g', arguments: '{"y":2}' } }],
    ],
    ['a f {"x":1}', 'b g {"y":2}'],
  ],
  [
    'an empty call before the real one',
    [[{ index: 0, id: '', function: { name: '', arguments: '' } }], [{ index: 1, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }]],
    ['a f {"x":1}'],
  ],
  [
    'an empty call behind the real one',
    [[{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }], [{ index: 1, id: 'b', function: { name: '', arguments: '' } }]],
    ['a f {"x":1}'],
  ],
  ...['{}', '{ }', '[]', 'null', '""'].map(
    (empty) =>
      [
        `${empty} before the real arguments`,
        [
          [{ index: 0, id: 'a', function: { name: 'f', arguments: empty } }],
          [{ index: 0, function: { arguments: '{"x":' } }],
          [{ index: 0, function: { arguments: '1}' } }],
        ],
        ['a f {"x":1}'],
      ] as const,
  ),
  ...['[]', 'null', '""', ' ', '[ ]'].map(
    (empty) => [`${empty} for no arguments`, [[{ index: 0, id: 'a', function: { name: 'f', arguments: empty } }]], ['a f {}']] as const,
  ),
  ['an object with a blank is kept as it came', [[{ index: 0, id: 'a', function: { name: 'f', arguments: '{ }' } }]], ['a f { }']],
  ['a list with something in it is kept as it came', [[{ index: 0, id: 'a', function: { name: 'f', arguments: '[null]' } }]], ['a f [null]']],
  [
    'the arguments in fragments and then once more, complete',
    [
      [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } }],
      [{ index: 0, function: { arguments: '1}' } }],
      [{ index: 0, function: { arguments: '{"x":1}' } }],
    ],
    ['a f {"x":1}'],
  ],
])('tool calls: %s', (_name, deltas, expected) => {
  expect(calls(...deltas)).toEqual(expected)
})

test('arguments that come before the name are shown together with it', () => {
  const { events } = decode([
    chunk({ tool_calls: [{ index: 0, id: 'a', function: { arguments: '{"x"' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: ':1}' } }] }),
    stop,
  ])
  expect(events.filter(({ type }) => type === 'tool-call-delta')).toEqual([{ type: 'tool-call-delta', index: 0, toolName: 'f', delta: '{"x":1}' }])
})

test('calls in the form before tool_calls are read', () => {
  const { reply } = decode([
    chunk({ function_call: { name: 'f', arguments: '{' } }),
    chunk({ function_call: { arguments: '}' } }),
    chunk({}, { finish_reason: 'function_call' }),
  ])
  expect(reply).toMatchObject({ finishReason: 'tool-calls', message: { content: [{ toolName: 'f', inputText: '{}' }] } })
})

test('whatever order fragments of several calls come in, each call gets its own bytes', () => {
  const argumentTexts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(argumentTexts, fc.infiniteStream(fc.nat()), (texts, choices) => {
      const queues = texts.map((text, index) => {
        const units = Array.from(text)
        const fragments = units.map((unit) => ({ index, function: { arguments: unit } }))
        return [{ index, id: `id${index}`, function: { name: `f${index}`, arguments: '' } }, ...fragments]
      })
      const chunks: string[] = []
      while (queues.some((queue) => queue.length > 0)) {
        const open = queues.filter((queue) => queue.length > 0)
        const next = open[(choices.next().value ?? 0) % open.length]?.shift()
        chunks.push(chunk({ tool_calls: [next] }))
      }
      const { reply, events } = decode([...chunks, stop])
      const content = reply.message.content as readonly ToolCallPart[]
      const byId = new Map(content.map((part) => [part.toolCallId, part.inputText]))
      for (const [index, text] of texts.entries()) expect(byId.get(`id${index}`)).toBe(text.trim() === '' ? '{}' : text)
      // The events by themselves say the same.
      content.forEach(({ inputText }, position) => {
        const shown = events.map((event) => (event.type === 'tool-call-delta' && event.index === position ? event.delta : '')).join('')
        expect(shown.trim() === '' ? '{}' : shown).toBe(inputText)
      })
    }),
    { numRuns: 200 },
  )
})

test('null-filled deltas and choices of other candidates are ignored', () => {
  const { events, reply } = decode([
    JSON.stringify({ choices: [], prompt_filter_results: [] }),
    chunk({ role: null, content: null, reasoning_content: null, tool_calls: null }),
    JSON.stringify({ choices: [{ index: 1, delta: { content: 'other' } }] }),
    JSON.stringify({ choices: [{ index: 0, delta: null }] }),
    JSON.stringify({ choices: [{ index: 0 }] }),
    chunk({ content: 'a' }),
    stop,
  ])
  expect(events).toHaveLength(2)
  expect(reply.message.content).toEqual([{ type: 'text', text: 'a' }])
})

test('content as text parts is text', () => {
  expect(decode([chunk({ content: [{ type: 'text', text: 'a' }] }), stop]).reply.message.content).toEqual([{ type: 'text', text: 'a' }])
})

test('reasoning is read under each known name, once when two names say the same, and remembers its name', () => {
  const { reply } = decode([chunk({ reasoning: 'Hm', reasoning_text: 'Hm' }), chunk({ reasoning: '.' }), chunk({ content: 'a' }), stop])
  expect(reply.message.content).toEqual([
    { type: 'reasoning', text: 'Hm.', field: 'reasoning' },
    { type: 'text', text: 'a' },
  ])
})

test('reasoning that is there but empty is kept apart from none', () => {
  expect(decode([chunk({ reasoning_content: '' }), chunk({ content: 'a' }), stop], { profile: evolinkKimi }).reply.message.content).toEqual([
    { type: 'reasoning', text: '' },
    { type: 'text', text: 'a' },
  ])
})

test.each([
  ['stop', 'stop'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['model_context_window_exceeded', 'length'],
  ['STOP', 'stop'],
  ['end_turn', 'stop'],
  ['endTurn', 'stop'],
  ['COMPLETE', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['FinishReason.STOP', 'stop'],
  ['TOOL_CALLS', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['toolUse', 'tool-calls'],
  ['tool-calls', 'tool-calls'],
  ['MAX_TOKENS', 'length'],
  ['max_tokens', 'length'],
  ['maxTokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  ['FINISH_REASON_MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['refusal', 'content-filter'],
  ['guardrail_intervened', 'content-filter'],
  ['ContentFilter', 'content-filter'],
  ['constructor', 'other'],
  ['__proto__', 'other'],
  ['moonlight', 'other'],
] as const)('finish reason %s means %s', (word, expected) => {
  expect(decode([chunk({ content: 'a' }, { finish_reason: word })]).reply).toMatchObject({ finishReason: expected, rawFinishReason: word })
})

test.each([
  ['insufficient_system_resource', 'provider-overloaded'],
  ['network_error', 'provider-failed'],
  ['repetition_truncation', 'provider-failed'],
  ['NETWORK_ERROR', 'provider-failed'],
  ['abort', 'provider-failed'],
  ['MALFORMED_FUNCTION_CALL', 'provider-failed'],
  ['ERROR', 'provider-failed'],
])('finish reason %s means that the answer broke', (word, code) => {
  expect(() => decode([chunk({ content: 'a' }, { finish_reason: word })])).toThrow(expect.objectContaining({ code, retryable: true }))
})

test('reaching the output limit shows, whatever the finish reason says', () => {
  const counted = JSON.stringify({ choices: [], usage: { completion_tokens: 10 } })
  const end = chunk({}, { finish_reason: 'tool_calls' })
  expect(decode([end, counted], { maxOutputTokens: 10 }).reply.atOutputLimit).toBe(true)
  expect(decode([end, counted], { maxOutputTokens: 11 }).reply.atOutputLimit).toBe(false)
  expect(decode([chunk({}, { finish_reason: 'length' })]).reply.atOutputLimit).toBe(true)
})

test('a profile that demands [DONE] gets no reply without it', () => {
  const profile = { ...evolinkKimi, needsDone: true }
  expect(() => decode([chunk({ content: 'a' }), stop], { profile })).toThrow(expect.objectContaining({ code: 'stream-truncated', phase: 'finish' }))
  expect(decode([chunk({ content: 'a' }), stop, '[DONE]'], { profile }).reply.finishReason).toBe('stop')
})

test.each([
  ['negative', { prompt_tokens: -1, completion_tokens: 2 }, { outputTokens: 2 }],
  ['not a number', { prompt_tokens: '8', completion_tokens: null, total_tokens: 3 }, { totalTokens: 3 }],
  ['only hits and misses', { prompt_cache_hit_tokens: 5, prompt_cache_miss_tokens: 11 }, { inputTokens: 16, cachedInputTokens: 5 }],
  [
    'flat cached tokens over the details',
    { prompt_tokens: 9, cached_tokens: 4, prompt_tokens_details: { cached_tokens: 2 } },
    { inputTokens: 9, cachedInputTokens: 4 },
  ],
  [
    'cached and written tokens',
    { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 } },
    { inputTokens: 9, cachedInputTokens: 4, cacheWriteTokens: 5 },
  ],
  ['no written tokens', { prompt_tokens: 9, prompt_tokens_details: { cache_creation_input_tokens: 0 } }, { inputTokens: 9, cacheWriteTokens: 0 }],
  ['reasoning in the details', { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 7 } }, { outputTokens: 9, reasoningTokens: 7 }],
  ['reasoning flat', { completion_tokens: 9, reasoning_tokens: 0 }, { outputTokens: 9, reasoningTokens: 0 }],
])('usage that is %s is read for what it is worth', (_name, usage, expected) => {
  expect(decode([chunk({ content: 'a' }), stop, JSON.stringify({ choices: [], usage })]).reply.usage).toEqual(expected)
})

test('the last usage counts, and null does not undo it', () => {
  const chunks = [1, 2].map((count) => JSON.stringify({ choices: [], usage: { completion_tokens: count } }))
  expect(decode([...chunks, chunk({ content: 'a' }, { finish_reason: 'stop' }), JSON.stringify({ choices: [], usage: null })]).reply.usage).toEqual({
    outputTokens: 2,
  })
})

test('120 000 one-character fragments are decoded in linear time', () => {
  const run = (count: number): number => {
    const chunks = Array.from({ length: count }, () => chunk({ tool_calls: [{ index: 0, function: { arguments: 'x' } }] }))
    const decoder = new StreamDecoder(context)
    decoder.push(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] }), undefined, [])
    for (const data of chunks) decoder.push(data, undefined, [])
    decoder.push(stop, undefined, [])
    const [end] = decoder.finish([])
    return end?.type === 'reply' ? ((end.reply.message.content[0] as ToolCallPart).inputText.length ?? 0) : 0
  }
  expect(run(120_000)).toBe(120_000)
})
