import { defaultLimits } from '@capstan/adapters'
import { type Case, check, holds } from './case.ts'
import { refused, retried } from './expected.ts'
import { pays, text, wire } from './wire.ts'

const odd = '“Zoë” 😀 你好'

/** How bytes, lines and frames are written. T59 to T66. */
export const bytes: readonly Case[] = [
  wire({ id: 'T59 every character split, in text', reply: { text: odd }, fault: { kind: 'chunking' }, expected: { is: 'ok', text: odd } }),
  wire({
    id: 'T59 every character split, in arguments',
    reply: { reasoning: odd, toolCalls: [{ name: 'look_up', input: { word: odd } }] },
    fault: { kind: 'chunking' },
    expected: { is: 'ok', tools: 1 },
    also: ({ result }) => [check('the argument text', JSON.stringify({ word: odd }), JSON.stringify(callOf(result)))],
  }),
  wire({
    id: 'T60 a byte that is not UTF-8',
    reply: { text },
    fault: { kind: 'invalid-utf8', of: 'lone' },
    expected: { is: 'ok' },
    also: ({ result }) => [holds('U+FFFD stands for it', result?.text.includes('odd \ufffd text') === true, result?.text)],
  }),
  wire({ id: 'T60 an overlong form', reply: { text }, fault: { kind: 'invalid-utf8', of: 'overlong' }, expected: { is: 'ok' } }),
  wire({
    id: 'T60 the end of the body inside a character',
    reply: { text },
    fault: { kind: 'invalid-utf8', of: 'truncated' },
    expected: retried('stream-truncated', undefined, true),
  }),
  wire({ id: 'T60 a lone surrogate, escaped', reply: { text }, fault: { kind: 'invalid-utf8', of: 'surrogate' }, expected: { is: 'ok' } }),
  wire({ id: 'T61 a byte order mark', fault: { kind: 'byte-order-mark' }, expected: { is: 'ok', text } }),
  ...(['crlf', 'cr'] as const).map((value) =>
    wire({ id: `T61 lines that end with ${value.toUpperCase()}`, fault: { kind: 'line-ending', value }, expected: { is: 'ok', text } }),
  ),
  ...(['no-space', 'multi-line', 'mixed-endings', 'fields', 'no-last-break'] as const).map((as) =>
    wire({ id: `T61 events in the form ${as}`, fault: { kind: 'framing', as }, expected: { is: 'ok', text } }),
  ),
  wire({
    id: 'T62 raw control characters in a text',
    reply: { text },
    fault: { kind: 'control-characters', as: 'raw' },
    expected: retried('stream-malformed', 'stream', true),
  }),
  wire({
    id: 'T62 escaped control characters',
    reply: { text },
    fault: { kind: 'control-characters', as: 'escaped' },
    expected: { is: 'ok' },
    also: ({ result }) => [holds('they are kept', result?.text.includes(' a\u0000\u0007\u001bb') === true, result?.text)],
  }),
  wire({ id: 'T63 an event of 1 MB', fault: { kind: 'huge-event', bytes: 1_000_000 }, expected: { is: 'ok', text } }),
  wire({
    id: 'T63 an event of 8 MB',
    slow: true,
    models: ['kimi-k2-thinking'],
    fault: { kind: 'huge-event', bytes: 8 * 1024 * 1024 - 1_000 },
    expected: { is: 'ok', text },
  }),
  wire({
    id: 'T63 an event of 64 MB',
    slow: true,
    models: ['kimi-k2-thinking'],
    fault: { kind: 'huge-event', bytes: 64_000_000 },
    expected: refused('response-too-large'),
  }),
  {
    id: 'T63 the limits that are on by default',
    run: async () => [check('event, response, arguments, calls', '8388608, 67108864, 4194304, 128', Object.values(defaultLimits).join(', '))],
  },
  ...(['blank-lines', 'comments'] as const).map((of) =>
    wire({ id: `T64 a million ${of}`, slow: true, models: ['kimi-k2-thinking'], fault: { kind: 'flood', of, count: 1_000_000 }, expected: { is: 'ok', text } }),
  ),
  wire({
    id: 'T65 an event that is not JSON, in the text',
    reply: { text },
    fault: { kind: 'malformed', event: 4 },
    expected: retried('stream-malformed', 'stream', true),
  }),
  wire({
    id: 'T65 an event that is not JSON, in the arguments',
    reply: pays,
    fault: { kind: 'malformed', event: 9 },
    expected: retried('stream-malformed', 'stream'),
  }),
  wire({
    id: 'T66 an event that comes twice, in the text: the text is doubled',
    reply: { text: 'One two three.' },
    models: ['deepseek-chat'],
    fault: { kind: 'duplicate', event: 3 },
    expected: { is: 'ok', text: 'One two two three.' },
  }),
  wire({
    id: 'T66 an event that comes twice, in the arguments: they are not JSON',
    reply: { toolCalls: [{ name: 'pay_bill', input: { amount: 5 } }] },
    models: ['deepseek-chat'],
    fault: { kind: 'duplicate', event: 3 },
    expected: { is: 'told', says: 'not valid JSON' },
  }),
]

function callOf(result: { readonly steps: readonly { readonly message: { readonly content: unknown } }[] } | undefined): unknown {
  const content = result?.steps[0]?.message.content
  const call = Array.isArray(content) ? content.find((part: { type: string }) => part.type === 'tool-call') : undefined
  return call === undefined ? undefined : JSON.parse(String((call as { inputText: string }).inputText))
}
