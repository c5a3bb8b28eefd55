import { defaultClocks } from '@capstan/adapters'
import { shortClocks } from '../lab/observe.ts'
import { type Case, check } from './case.ts'
import { retried } from './expected.ts'
import { text, wire } from './wire.ts'

const settings = { timeouts: shortClocks }

/** Servers that fall silent, or send something that is no progress. T8 to T14. */
export const silences: readonly Case[] = [
  {
    id: 'T8 the clocks that are on by default',
    run: async () => [
      check('connect, headers, first content, queued, gap, bytes', '10000, 60000, 120000, 600000, 300000, 60000', Object.values(defaultClocks).join(', ')),
    ],
  },
  wire({ id: 'T8 no byte of a response', settings, fault: { kind: 'stall', at: 'before-headers' }, expected: retried('headers-timeout', 'headers') }),
  wire({ id: 'T9 headers, then silence', settings, fault: { kind: 'stall', at: 'first-event' }, expected: retried('first-content-timeout', 'first') }),
  wire({
    id: 'T10 headers, then comments without an end',
    settings,
    fault: { kind: 'stall', at: 'first-event', keepAliveMs: 20 },
    expected: retried('first-content-timeout', 'first'),
  }),
  wire({
    id: 'T11 comments for longer than the first-content clock, then a reply',
    settings: { timeouts: { ...shortClocks, firstContentMs: 100, queuedMs: 10_000 } },
    fault: { kind: 'keep-alive', count: 30, everyMs: 10 },
    expected: { is: 'ok', text },
  }),
  wire({
    id: 'T12 text, then silence',
    settings,
    reply: { text },
    fault: { kind: 'stall', at: 'mid-stream' },
    expected: retried('stream-timeout', 'stream', true),
  }),
  wire({
    id: 'T13 text, then only comments',
    settings,
    reply: { text },
    fault: { kind: 'stall', at: 'mid-stream', keepAliveMs: 20 },
    expected: retried('stream-timeout', 'stream', true),
  }),
  wire({
    id: 'T14 a few bytes at a time: silence is measured by events',
    settings: { timeouts: { headersMs: 5_000, firstContentMs: 5_000, queuedMs: 5_000, gapMs: 2_000, bytesMs: 100 } },
    reply: { text: 'Slow.' },
    fault: { kind: 'chunking', sizes: [40], everyMs: 5 },
    expected: { is: 'ok', text: 'Slow.' },
  }),
]
