import { AgentError, type ModelEvent, type ModelReply, type ToolDefinition, textOf, toolCallsOf } from '@capstan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../profiles/plain.ts'
import { profiles } from '../../profiles/self-hosted.ts'
import type { DecodeContext } from '../decode-context.ts'
import { StreamDecoder } from '../decode-stream.ts'

const tools: readonly ToolDefinition[] = [
  { name: 'get-weather', description: 'W.', inputSchema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } } },
  { name: 'add', description: 'A.', inputSchema: { type: 'object', properties: { a: { type: 'number' } } } },
]

const context: DecodeContext = {
  model: 'test/m',
  origin: 'http://localhost',
  keySource: undefined,
  secrets: [],
  profile: profiles.sglangKimi,
  limits: defaultLimits,
  headers: {},
  requestId: undefined,
  maxOutputTokens: undefined,
  hasTextForm: false,
  tools,
}

interface Decoded {
  readonly events: readonly ModelEvent[]
  readonly reply: ModelReply
  readonly shown: string
}

interface Said {
  readonly text?: readonly string[]
  readonly reasoning?: readonly string[]
  readonly finish?: string
  readonly calls?: unknown
}

function decode({ text = [], reasoning = [], finish = 'stop', calls }: Said, changes: Partial<DecodeContext> = {}): Decoded {
  const decoder = new StreamDecoder({ ...context, ...changes })
  const events: ModelEvent[] = []
  const push = (delta: object, rest: object = {}): void => {
    decoder.push(JSON.stringify({ choices: [{ index: 0, delta, ...rest }] }), undefined, events)
  }
  for (const piece of reasoning) push({ reasoning_content: piece })
  for (const piece of text) push({ content: piece })
  if (calls !== undefined) push({ tool_calls: calls })
  push({}, { finish_reason: finish })
  events.push(...decoder.finish([]))
  const reply = events.find((event) => event.type === 'reply')?.reply
  if (reply === undefined) throw new Error('no reply')
  return { events, reply, shown: events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('') }
}

function callsOf({ reply }: Decoded): readonly (readonly [string, unknown])[] {
  return toolCallsOf(reply.message).map(({ toolName, inputText }) => [toolName, JSON.parse(inputText)] as const)
}

const dsml = (wrapper: string, space: string, bar = '｜'): string =>
  [
    `<${bar}DSML${bar}${space}${wrapper}>\n`,
    `<${bar}DSML${bar}${space}invoke name="get-weather">\n`,
    `<${bar}DSML${bar}${space}parameter name="city" string="true"> São Paulo </${bar}DSML${bar}${space}parameter>\n`,
    `<${bar}DSML${bar}${space}parameter name="days" string="false">3</${bar}DSML${bar}${space}parameter>\n`,
    `</${bar}DSML${bar}${space}invoke>\n</${bar}DSML${bar}${space}${wrapper}>`,
  ].join('')

const json = '{"city":" São Paulo ","days":3}'
const expected = [['get-weather', { city: ' São Paulo ', days: 3 }]]

const grammars: readonly (readonly [string, string])[] = [
  [
    'Kimi',
    `<|tool_calls_section_begin|><|tool_call_begin|>functions.get-weather:0<|tool_call_argument_begin|>${json}<|tool_call_end|><|tool_calls_section_end|>`,
  ],
  [
    'Kimi, section in the singular, no prefix',
    `<|tool_call_section_begin|><|tool_call_begin|> get-weather:7 <|tool_call_argument_begin|> ${json} <|tool_call_end|><|tool_call_section_end|>`,
  ],
  [
    'DeepSeek V3',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get-weather\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>\n<｜tool▁calls▁end｜>`,
  ],
  [
    'DeepSeek V3 without the end of the list',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get-weather\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>`,
  ],
  ['DeepSeek V3.1', `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get-weather<｜tool▁sep｜>${json}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`],
  ['DeepSeek V3.1 without its wrapper, in ASCII', `<|tool_call_begin|>get-weather<|tool_sep|>${json}<|tool_call_end|>`],
  ['DeepSeek V3.2', dsml('function_calls', '')],
  ['DeepSeek V4', dsml('tool_calls', '')],
  ['DeepSeek V4 with doubled bars', dsml('tool_calls', '', '｜｜')],
  ['DeepSeek V4.1', dsml('calls', ' ')],
  ['DeepSeek V4.1 with a name in a namespace', dsml('calls', ' ').replace('"get-weather"', '"tools::get-weather"')],
  ['DeepSeek with parameters without a type', dsml('tool_calls', '').replaceAll(/ string="\w+"/g, '')],
  ['DeepSeek with JSON inside', `<｜DSML｜function_calls>\n<｜DSML｜invoke name="get-weather">\n${json}\n</｜DSML｜invoke>\n</｜DSML｜function_calls>`],
]

describe.each(grammars)('%s', (_name, markup) => {
  test('is recovered from the text, and never shown', () => {
    const decoded = decode({ text: [`Let me look.\n${markup}`] })
    expect(callsOf(decoded)).toEqual(expected)
    expect(decoded.reply.finishReason).toBe('tool-calls')
    expect(decoded.reply.rawFinishReason).toBe('stop')
    expect([decoded.shown.trim(), textOf(decoded.reply.message).trim()]).toEqual(['Let me look.', 'Let me look.'])
    expect(decoded.events).toContainEqual({ type: 'repaired', what: 'calls-recovered', message: expect.stringContaining('get-weather') })
  })

  test('is recovered from reasoning where there is no text', () => {
    const decoded = decode({ reasoning: [`I need the weather. ${markup}`] })
    expect(callsOf(decoded)).toEqual(expected)
    expect(decoded.reply.message.content).toContainEqual({ type: 'reasoning', text: 'I need the weather. ' })
  })

  test('gives the same result however it is cut', () => {
    const whole = decode({ text: [`a < b\n${markup} end`] })
    const text = `a < b\n${markup} end`
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 12 }), (places) => {
        const cuts = [0, ...places.toSorted((left, right) => left - right), text.length]
        const pieces = cuts.slice(1).map((end, index) => text.slice(cuts[index], end))
        const decoded = decode({ text: pieces })
        expect(decoded.reply).toEqual(whole.reply)
        expect(decoded.shown).toBe(whole.shown)
      }),
      { numRuns: 60 },
    )
    for (let at = 1; at < text.length; at++) expect(decode({ text: [text.slice(0, at), text.slice(at)] }).reply).toEqual(whole.reply)
  })

  test('is text in a fence, in backticks, in quotation marks, and where no tools were offered', () => {
    for (const quoted of [`Look:\n\`\`\`\n${markup}\n\`\`\`\n`, `It is \`${markup.split('\n')[0]}\` so.`, `It says "${markup}".`]) {
      const decoded = decode({ text: [quoted] })
      expect([decoded.shown, callsOf(decoded), decoded.reply.finishReason]).toEqual([quoted, [], 'stop'])
    }
    const plain = decode({ text: [`Here: ${markup}`] }, { tools: [] })
    expect([plain.shown, callsOf(plain)]).toEqual([`Here: ${markup}`, []])
  })

  test('is an error where the profile does not recover it, and never shown', () => {
    const events: ModelEvent[] = []
    const decoder = new StreamDecoder({ ...context, profile: profiles.plain })
    decoder.push(
      JSON.stringify({ usage: { prompt_tokens: 3 }, choices: [{ index: 0, delta: { content: `Hm. ${markup}` }, finish_reason: 'stop' }] }),
      undefined,
      events,
    )
    expect(() => decoder.finish([])).toThrow(expect.objectContaining({ code: 'leaked-markup', retryable: true, usage: { inputTokens: 3 } }))
    expect(events).toEqual([{ type: 'text-delta', delta: 'Hm. ' }])
  })
})

const kimi = (name: string, input = '{}', index = 0): string =>
  `<|tool_call_begin|>functions.${name}:${index}<|tool_call_argument_begin|>${input}<|tool_call_end|>`

test('several calls keep their order and the ids of their markup, and what follows is text', () => {
  const decoded = decode({ text: [`<|tool_calls_section_begin|>${kimi('add', '{"a":1}', 4)}${kimi('add', '{"a":2}', 5)}<|tool_calls_section_end|>Done.`] })
  expect(toolCallsOf(decoded.reply.message).map(({ toolCallId, inputText }) => [toolCallId, inputText])).toEqual([
    ['functions.add:4', '{"a":1}'],
    ['functions.add:5', '{"a":2}'],
  ])
  expect(decoded.shown).toBe('Done.')
})

test('arguments may contain the end marker in a string', () => {
  expect(callsOf(decode({ text: [kimi('add', '{"a":"<|tool_call_end|>"}')] }))).toEqual([['add', { a: '<|tool_call_end|>' }]])
})

test.each([
  ['a tool that was not offered', kimi('rm_rf')],
  ['an incomplete call', '<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{"a":'],
  ['incomplete parameters', '<｜DSML｜invoke name="add"><｜DSML｜parameter name="a" string="false">1'],
])('%s is an error, even where markup is recovered', (_name, markup) => {
  expect(() => decode({ text: [markup] })).toThrow(AgentError)
  expect(() => decode({ text: [markup] })).toThrow(expect.objectContaining({ code: 'leaked-markup' }))
})

test('a call that the output limit cut is kept incomplete, so that it is not run', () => {
  const decoded = decode({ text: ['<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{"a":'], finish: 'length' })
  expect(decoded.reply).toMatchObject({ finishReason: 'length', atOutputLimit: true })
  expect(toolCallsOf(decoded.reply.message).map(({ toolName, inputText }) => [toolName, inputText])).toEqual([['add', '{"a":']])
})

test('a message with structured calls keeps them, and markup beside them is removed', () => {
  const calls = [{ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }]
  const decoded = decode({ text: [`So. ${kimi('add', '{"a":2}')}`], calls, finish: 'tool_calls' })
  expect([callsOf(decoded), decoded.shown]).toEqual([[['add', { a: 1 }]], 'So. '])
  expect(decoded.events).toContainEqual(expect.objectContaining({ type: 'repaired', what: 'markup-removed' }))
})

test('single markers are removed, whatever the profile', () => {
  for (const profile of [profiles.plain, profiles.vllmKimi]) {
    const decoded = decode({ text: ['The answer is 4.<|tool_calls_section_end|> Good.'] }, { profile })
    expect([decoded.shown, decoded.reply.finishReason]).toEqual(['The answer is 4. Good.', 'stop'])
  }
})

test('markup in reasoning before a text is not changed', () => {
  const decoded = decode({ reasoning: [kimi('add')], text: ['4'] })
  expect([decoded.shown, callsOf(decoded), decoded.reply.message.content]).toEqual([
    '4',
    [],
    [
      { type: 'reasoning', text: kimi('add') },
      { type: 'text', text: '4' },
    ],
  ])
})

test('text that only looks like markup is shown at once, or as soon as it proves not to be markup', () => {
  const text = 'if a <| b || c <tool> <|endoftext|> x < y </div> <'
  expect(decode({ text: [...text] }).shown).toBe(text)
})

test('text between think tags at the beginning is reasoning, however it is cut', () => {
  const text = '\n<think>Hm < so\n</think>\n\nThe answer.'
  for (let at = 0; at <= text.length; at++) {
    const decoded = decode({ text: [text.slice(0, at), text.slice(at)] })
    expect(decoded.reply.message.content).toEqual([
      { type: 'reasoning', text: 'Hm < so\n', field: '<think>' },
      { type: 'text', text: '\n\nThe answer.' },
    ])
  }
  expect(decode({ text: ['I wrote <think> once.'] }).shown).toBe('I wrote <think> once.')
})
