import { defaultLimits } from '@capstan/adapters'
import { type Case, check, holds } from './case.ts'
import { ran, refused, retried, told } from './expected.ts'
import { intact, pays, text, wire } from './wire.ts'

const odd = '“Zoë” 😀 你好'

/** How bytes, lines and frames are written. T59 to T66. */
export const bytes: readonly Case[] = [
  wire('T59 every character split, in text', { kind: 'chunking' }, { reply: { text: odd }, expected: { is: 'ok', text: odd } }),
  wire(
    'T59 every character split, in arguments',
    { kind: 'chunking' },
    {
      reply: { reasoning: odd, toolCalls: [{ name: 'look_up', input: { word: odd } }] },
      expected: ran(1),
      also: ({ result }) => [check('the argument text', JSON.stringify({ word: odd }), JSON.stringify(callOf(result)))],
    },
  ),
  wire(
    'T60 a byte that is not UTF-8',
    { kind: 'invalid-utf8', of: 'lone' },
    {
      reply: { text },
      expected: { is: 'ok' },
      also: ({ result }) => [holds('U+FFFD stands for it', result?.text.includes('odd \ufffd text') === true, result?.text)],
    },
  ),
  wire('T60 an overlong form', { kind: 'invalid-utf8', of: 'overlong' }, { reply: { text }, expected: { is: 'ok' } }),
  wire(
    'T60 the end of the body inside a character',
    { kind: 'invalid-utf8', of: 'truncated' },
    { reply: { text }, expected: retried('stream-truncated', undefined, true) },
  ),
  wire('T60 a lone surrogate, escaped', { kind: 'invalid-utf8', of: 'surrogate' }, { reply: { text }, expected: { is: 'ok' } }),
  wire('T61 a byte order mark', { kind: 'byte-order-mark' }, { expected: intact }),
  ...(['crlf', 'cr'] as const).map((value) => wire(`T61 lines that end with ${value.toUpperCase()}`, { kind: 'line-ending', value }, { expected: intact })),
  ...(['no-space', 'multi-line', 'mixed-endings', 'fields', 'no-last-break'] as const).map((as) =>
    wire(`T61 events in the form ${as}`, { kind: 'framing', as }, { expected: intact }),
  ),
  wire(
    'T62 raw control characters in a text',
    { kind: 'control-characters', as: 'raw' },
    { reply: { text }, expected: retried('stream-malformed', 'stream', true) },
  ),
  wire(
    'T62 escaped control characters',
    { kind: 'control-characters', as: 'escaped' },
    {
      reply: { text },
      expected: { is: 'ok' },
      also: ({ result }) => [holds('they are kept', result?.text.includes(' a\u0000\u0007\u001bb') === true, result?.text)],
    },
  ),
  wire('T63 an event of 1 MB', { kind: 'huge-event', bytes: 1_000_000 }, { expected: intact }),
  wire('T63 an event of 8 MB', { kind: 'huge-event', bytes: 8 * 1024 * 1024 - 1_000 }, { slow: true, models: ['kimi-k2-thinking'], expected: intact }),
  wire(
    'T63 an event of 64 MB',
    { kind: 'huge-event', bytes: 64_000_000 },
    { slow: true, models: ['kimi-k2-thinking'], expected: refused('response-too-large') },
  ),
  {
    id: 'T63 the limits that are on by default',
    run: async () => [check('event, response, arguments, calls', '8388608, 67108864, 4194304, 128', Object.values(defaultLimits).join(', '))],
  },
  ...(['blank-lines', 'comments'] as const).map((of) =>
    wire(`T64 a million ${of}`, { kind: 'flood', of, count: 1_000_000 }, { slow: true, models: ['kimi-k2-thinking'], expected: intact }),
  ),
  wire(
    'T65 an event that is not JSON, in the text',
    { kind: 'malformed', event: 4 },
    { reply: { text }, expected: retried('stream-malformed', 'stream', true) },
  ),
  wire('T65 an event that is not JSON, in the arguments', { kind: 'malformed', event: 9 }, { reply: pays, expected: retried('stream-malformed', 'stream') }),
  wire(
    'T66 an event that comes twice, in the text: the text is doubled',
    { kind: 'duplicate', event: 3 },
    { reply: { text: 'One two three.' }, models: ['deepseek-chat'], expected: { is: 'ok', text: 'One two two three.' } },
  ),
  wire(
    'T66 an event that comes twice, in the arguments: they are not JSON',
    { kind: 'duplicate', event: 3 },
    { reply: { toolCalls: [{ name: 'pay_bill', input: { amount: 5 } }] }, models: ['deepseek-chat'], expected: told('not valid JSON') },
  ),
]

function callOf(result: { readonly steps: readonly { readonly message: { readonly content: unknown } }[] } | undefined): unknown {
  const content = result?.steps[0]?.message.content
  const call = Array.isArray(content) ? content.find((part: { type: string }) => part.type === 'tool-call') : undefined
  return call === undefined ? undefined : JSON.parse(String((call as { inputText: string }).inputText))
}
