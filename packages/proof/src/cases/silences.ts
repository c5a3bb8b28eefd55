import { defaultClocks } from '@capstan/adapters'
import { shortClocks } from '../lab/observe.ts'
import { type Case, check } from './case.ts'
import { retried } from './expected.ts'
import { intact, text, wire } from './wire.ts'

const settings = { timeouts: shortClocks }

/** Servers that fall silent, or send something that does not count as progress. T8 to T14. */
export const silences: readonly Case[] = [
  {
    id: 'T8 the clocks that are on by default',
    run: async () => [
      check('connect, headers, first content, queued, gap, bytes', '10000, 60000, 120000, 600000, 300000, 60000', Object.values(defaultClocks).join(', ')),
    ],
  },
  wire('T8 no byte of a response', { kind: 'stall', at: 'before-headers' }, { settings, expected: retried('headers-timeout', 'headers') }),
  wire('T9 headers, then silence', { kind: 'stall', at: 'first-event' }, { settings, expected: retried('first-content-timeout', 'first') }),
  wire(
    'T10 headers, then comments without an end',
    { kind: 'stall', at: 'first-event', keepAliveMs: 20 },
    { settings, expected: retried('first-content-timeout', 'first') },
  ),
  wire(
    'T11 comments for longer than the first-content clock, then a reply',
    { kind: 'keep-alive', count: 30, everyMs: 10 },
    { settings: { timeouts: { ...shortClocks, firstContentMs: 100, queuedMs: 10_000 } }, expected: intact },
  ),
  wire('T12 text, then silence', { kind: 'stall', at: 'mid-stream' }, { settings, reply: { text }, expected: retried('stream-timeout', 'stream', true) }),
  wire(
    'T13 text, then only comments',
    { kind: 'stall', at: 'mid-stream', keepAliveMs: 20 },
    { settings, reply: { text }, expected: retried('stream-timeout', 'stream', true) },
  ),
  wire(
    'T14 a few bytes at a time: silence is measured by events',
    { kind: 'chunking', sizes: [40], everyMs: 50 },
    {
      settings: { timeouts: { headersMs: 5_000, firstContentMs: 5_000, queuedMs: 5_000, gapMs: 5_000, bytesMs: 1_000 } },
      reply: { text: 'Slow.' },
      expected: { is: 'ok', text: 'Slow.' },
    },
  ),
]
