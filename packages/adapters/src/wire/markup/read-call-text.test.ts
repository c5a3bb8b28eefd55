import { type ModelEvent, type ModelReply, type ToolDefinition, textOf, toolCallsOf } from '@capstan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../profiles/plain.ts'
import { profiles } from '../../profiles/self-hosted.ts'
import type { DecodeContext } from '../decode-context.ts'
import { StreamDecoder } from '../decode-stream.ts'

const tools: readonly ToolDefinition[] = ['add', 'look'].map((name) => ({ name, description: 'D.', inputSchema: { type: 'object' } }))

const context: DecodeContext = {
  model: 'test/m',
  origin: 'http://localhost',
  keySource: undefined,
  secrets: [],
  profile: profiles.plain,
  limits: defaultLimits,
  headers: {},
  requestId: undefined,
  maxOutputTokens: undefined,
  hasTextForm: true,
  tools,
}

interface Decoded {
  readonly events: readonly ModelEvent[]
  readonly reply: ModelReply
  readonly shown: string
  readonly calls: readonly (readonly [name: string, inputText: string])[]
}

function decode(
  text: string | readonly string[],
  { finish = 'stop', reasoning, ...changes }: Partial<DecodeContext> & { finish?: string; reasoning?: string } = {},
): Decoded {
  const decoder = new StreamDecoder({ ...context, ...changes })
  const events: ModelEvent[] = []
  const push = (delta: object, rest: object = {}): void => {
    decoder.push(JSON.stringify({ choices: [{ index: 0, delta, ...rest }] }), undefined, events)
  }
  if (reasoning !== undefined) push({ reasoning_content: reasoning })
  for (const piece of [text].flat()) push({ content: piece })
  push({}, { finish_reason: finish })
  events.push(...decoder.finish([]))
  const reply = events.find((event) => event.type === 'reply')?.reply
  if (reply === undefined) throw new Error('no reply')
  const shown = events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')
  return { events, reply, shown, calls: toolCallsOf(reply.message).map(({ toolName, inputText }) => [toolName, inputText]) }
}

const block = (name: string, input = '{}'): string => `<tool_call>\n{"name": "${name}", "arguments": ${input}}\n</tool_call>`

describe('a model that follows the form', () => {
  test('calls, with arguments byte for byte, and its text without them', () => {
    const { calls, shown, reply, events } = decode(`I look.\n\n${block('look', '{"id":  2512292042121000001, "a":"é\\n"}')}\n\n${block('add')}`)
    expect(calls).toEqual([
      ['look', '{"id":  2512292042121000001, "a":"é\\n"}'],
      ['add', '{}'],
    ])
    expect([shown, textOf(reply.message), reply.finishReason]).toEqual(['I look.\n\n', 'I look.\n\n', 'tool-calls'])
    expect(toolCallsOf(reply.message).map(({ toolCallId }) => toolCallId)).toEqual(['call_0', 'call_1'])
    expect(events.filter(({ type }) => type === 'repaired')).toEqual([])
    expect(events).toContainEqual({ type: 'tool-call-delta', index: 1, toolName: 'add', delta: '{}' })
  })

  test('gets the same calls however its text is cut, and shows no part of a tag', () => {
    const text = `A < b <tool and\n${block('look', '{"tag": "</tool_call>\\n<tool_call>"}')}\n${block('add')}\nText after.`
    const whole = decode(text)
    expect(whole.calls).toEqual([
      ['look', '{"tag": "</tool_call>\\n<tool_call>"}'],
      ['add', '{}'],
    ])
    for (let at = 0; at <= text.length; at++) {
      const decoded = decode([text.slice(0, at), text.slice(at)])
      expect([decoded.reply, decoded.shown]).toEqual([whole.reply, whole.shown])
    }
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (places) => {
        const cuts = [0, ...places.toSorted((left, right) => left - right), text.length]
        const decoded = decode(cuts.slice(1).map((end, index) => text.slice(cuts[index], end)))
        expect([decoded.reply, decoded.shown]).toEqual([whole.reply, whole.shown])
      }),
      { numRuns: 60 },
    )
  })

  test('any JSON arguments come through, whatever tags and fences are in their strings', () => {
    const hostile = fc.oneof(fc.string(), fc.constantFrom('</tool_call>', '<tool_call>', '```\n', '"}', '\\', '<tool_result name="x">'))
    fc.assert(
      fc.property(fc.array(fc.dictionary(hostile, fc.oneof(hostile, fc.jsonValue())), { minLength: 1, maxLength: 3 }), (inputs) => {
        const written = inputs.map((input) => JSON.stringify(input))
        expect(decode(written.map((input) => block('look', input)).join('\n')).calls).toEqual(written.map((input) => ['look', input]))
      }),
    )
  })
})

describe('a model that quotes the form calls nothing', () => {
  test.each([
    ['in a code fence', `You write:\n\`\`\`\n${block('look')}\n\`\`\`\nlike this.`],
    ['in a fence of another length', `~~~~xml\n${block('look')}\n~~~~`],
    ['within a line', `To call it, write <tool_call>{"name": "look", "arguments": {}}</tool_call> there.`],
    ['in backticks', '`<tool_call>` begins a call.'],
    ['in a list', `- ${block('look')}`],
    ['in a quotation', `> ${block('look').replaceAll('\n', '\n> ')}`],
    ['as another tag', '<tool_calls>\n<tool_called>'],
  ])('%s', (_, text) => {
    const { calls, shown, reply } = decode(text)
    expect([calls, shown, reply.finishReason]).toEqual([[], text, 'stop'])
  })

  test('in its reasoning', () => {
    const { calls, reply } = decode('Done.', { reasoning: `I could write ${block('look')}` })
    expect([calls, reply.finishReason]).toEqual([[], 'stop'])
    const own = '<|tool_call_begin|>functions.look:0<|tool_call_argument_begin|>{}<|tool_call_end|>'
    for (const thought of [`\n${block('look')}`, own]) expect(decode('', { reasoning: thought, profile: profiles.sglangKimi }).calls).toEqual([])
    expect(decode('', { reasoning: own, profile: profiles.sglangKimi, hasTextForm: false }).calls).toEqual([['look', '{}']])
  })

  test('where it was offered no tools', () => {
    expect(decode(block('look'), { tools: [] })).toMatchObject({ calls: [], shown: block('look') })
  })

  test('where its tools are not text', () => {
    expect(decode(block('look'), { hasTextForm: false })).toMatchObject({ calls: [], shown: block('look') })
  })
})

describe('a model that half-follows the form', () => {
  test.each<[string, string, readonly (readonly [string, string])[]]>([
    ['without the closing tag at the end', '<tool_call>\n{"name": "look", "arguments": {"a": 1}}', [['look', '{"a": 1}']]],
    [
      'without a closing tag between two calls',
      `<tool_call>{"name": "look", "arguments": {}}\n${block('add')}`,
      [
        ['look', '{}'],
        ['add', '{}'],
      ],
    ],
    [
      'on one line',
      '<tool_call>{"name":"look","arguments":{"a":1}}</tool_call><tool_call>{"name":"add","arguments":{}}</tool_call>',
      [
        ['look', '{"a":1}'],
        ['add', '{}'],
      ],
    ],
    ['with a fence inside', '<tool_call>\n```json\n{"name": "look", "arguments": {}}\n```\n</tool_call>', [['look', '{}']]],
    ['with other names', '<tool_call>{"tool": "look", "parameters": {"a": 1}}</tool_call>', [['look', '{"a": 1}']]],
    ['with the name in the tag', '<tool_call name="look">\n{"a": 1}\n</tool_call>', [['look', '{"a": 1}']]],
    ['with arguments in a string', '<tool_call>{"name": "look", "arguments": "{\\"a\\": 1}"}</tool_call>', [['look', '{"a": 1}']]],
    ['without arguments', '<tool_call>{"name": "look"}</tool_call>', [['look', '{}']]],
    ['in capital letters', '<TOOL_CALL>{"name": "look", "arguments": {}}</TOOL_CALL>', [['look', '{}']]],
  ])('%s is understood', (_, text, expected) => {
    const { calls, shown, reply } = decode(text)
    expect([calls, shown, reply.finishReason]).toEqual([expected, '', 'tool-calls'])
  })

  test.each<[string, string, readonly [string, string]]>([
    ['arguments that are not JSON', '<tool_call>{"name": "look", "arguments": {a: 1}}</tool_call>', ['look', '{a: 1}']],
    ['arguments that stop', '<tool_call>\n{"name": "look", "arguments": {"a": 1', ['look', '{"a": 1']],
    ['text after the object', '<tool_call>{"name": "look", "arguments": {}}\nNow I wait.', ['look', '{}}\nNow I wait.']],
    ['no arguments in broken JSON', '<tool_call>{"name": "look", "arguments": }</tool_call>', ['unreadable call', '{"name": "look", "arguments": }']],
    [
      'whole arguments in broken JSON',
      '<tool_call>{"name": "look", note, "arguments": null}</tool_call>',
      ['unreadable call', '{"name": "look", note, "arguments": null}'],
    ],
    ['no JSON', '<tool_call>look at Oslo</tool_call>', ['unreadable call', 'look at Oslo']],
    ['flat arguments', '<tool_call>{"name": "look", "city": "Oslo"}</tool_call>', ['unreadable call', '{"name": "look", "city": "Oslo"}']],
    ['an unknown tool', block('rm_rf'), ['rm_rf', '{}']],
    ['nothing', '<tool_call></tool_call>', ['unreadable call', '{}']],
  ])('%s is a call that the loop answers, and never one that runs', (_, text, expected) => {
    const { calls } = decode(text)
    expect(calls).toEqual([expected])
    const [name = '', input = ''] = calls[0] ?? []
    const isRunnable = tools.some((tool) => tool.name === name) && isJson(input)
    expect(isRunnable).toBe(false)
  })

  test('results that it makes up are removed with all that follows, and what came before them runs', () => {
    const { calls, shown, events } = decode(`${block('look')}\n<tool_result name="look">\n7\n</tool_result>\n${block('add')}\nIt is 7.`)
    expect([calls, shown]).toEqual([[['look', '{}']], ''])
    expect(events).toContainEqual(expect.objectContaining({ type: 'repaired', what: 'results-removed' }))
  })

  test('a result without a call is text, and calls after it are too', () => {
    const text = `<tool_result name="look">\n7\n</tool_result>\n${block('add')}`
    expect(decode(text)).toMatchObject({ calls: [], shown: text })
  })

  test('text after its calls stays text', () => {
    expect(decode(`${block('look')}\nI wait.`)).toMatchObject({ calls: [['look', '{}']], shown: '\nI wait.' })
  })

  test('its own markup is understood, too', () => {
    const { calls, events } = decode('<｜DSML｜function_calls>\n<｜DSML｜invoke name="add">\n{"a":1}\n</｜DSML｜invoke>\n</｜DSML｜function_calls>')
    expect(calls).toEqual([['add', '{"a":1}']])
    expect(events).toContainEqual(expect.objectContaining({ type: 'repaired', what: 'calls-recovered' }))
  })
})

test('a call that the output limit cut is not complete, so the loop does not run it', () => {
  const { reply } = decode('<tool_call>\n{"name": "look", "arguments": {"a": ', { finish: 'length' })
  expect(reply).toMatchObject({ finishReason: 'length', atOutputLimit: true })
  expect(toolCallsOf(reply.message)).toHaveLength(1)
})

test('more calls or longer arguments than the limits allow are refused', () => {
  const limits = { ...defaultLimits, toolCalls: 2, toolInputBytes: 20 }
  expect(() => decode([block('add'), block('add'), block('add')].join('\n'), { limits })).toThrow(expect.objectContaining({ code: 'response-too-large' }))
  expect(() => decode(block('add', `{"a":"${'x'.repeat(30)}"}`), { limits })).toThrow(expect.objectContaining({ code: 'response-too-large' }))
  expect(decode([block('add'), block('add')].join('\n'), { limits }).calls).toHaveLength(2)
})

test('many tags without an end take linear time', () => {
  const many = { ...context.limits, toolCalls: 1_000_000, toolInputBytes: 10_000_000 }
  expect(decode(`<tool_call>{"name": "look", "arguments": {"a": "${'</tool_call>'.repeat(50_000)}`, { limits: many }).calls).toHaveLength(1)
  expect(decode(`<tool_call>\n${'{"a":'.repeat(100_000)}`, { limits: many }).calls).toHaveLength(1)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
