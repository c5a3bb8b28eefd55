import { defaultClocks } from '@capstan/adapters'
import { shortClocks } from '../lab/observe.ts'
import { type Case, check } from './case.ts'
import { said, wire } from './wire.ts'

const settings = { timeouts: shortClocks }

/** Servers that fall silent, or send something that is no progress. T8 to T14. */
export const silences: readonly Case[] = [
  {
    id: 'T8',
    title: 'the clocks that are on by default',
    run: async () => [
      check('connect, headers, first content, queued, gap, bytes', '10000, 60000, 120000, 600000, 300000, 60000', Object.values(defaultClocks).join(', ')),
    ],
  },
  wire({
    id: 'T8',
    title: 'no byte of an answer',
    settings,
    fault: { kind: 'stall', at: 'before-headers' },
    expected: { is: 'error', code: 'headers-timeout', phase: 'headers', retry: true },
  }),
  wire({
    id: 'T9',
    title: 'headers, then silence',
    settings,
    fault: { kind: 'stall', at: 'first-event' },
    expected: { is: 'error', code: 'first-content-timeout', phase: 'first', retry: true },
  }),
  wire({
    id: 'T10',
    title: 'headers, then comments for ever',
    settings,
    fault: { kind: 'stall', at: 'first-event', keepAliveMs: 20 },
    expected: { is: 'error', code: 'first-content-timeout', phase: 'first', retry: true },
  }),
  wire({
    id: 'T11',
    title: 'comments for longer than the first-content clock, then an answer',
    settings: { timeouts: { ...shortClocks, firstContentMs: 100, queuedMs: 10_000 } },
    fault: { kind: 'keep-alive', count: 30, everyMs: 10 },
    expected: { is: 'ok', text: said.text ?? '' },
  }),
  wire({
    id: 'T12',
    title: 'text, then silence',
    settings,
    reply: { text: said.text ?? '' },
    fault: { kind: 'stall', at: 'mid-stream' },
    expected: { is: 'error', code: 'stream-timeout', phase: 'stream', retry: true, shown: true },
  }),
  wire({
    id: 'T13',
    title: 'text, then comments alone',
    settings,
    reply: { text: said.text ?? '' },
    fault: { kind: 'stall', at: 'mid-stream', keepAliveMs: 20 },
    expected: { is: 'error', code: 'stream-timeout', phase: 'stream', retry: true, shown: true },
  }),
  wire({
    id: 'T14',
    title: 'a few bytes at a time: silence is measured by events',
    settings: { timeouts: { headersMs: 5_000, firstContentMs: 5_000, queuedMs: 5_000, gapMs: 2_000, bytesMs: 100 } },
    reply: { text: 'Slow.' },
    fault: { kind: 'chunking', sizes: [40], everyMs: 5 },
    expected: { is: 'ok', text: 'Slow.' },
  }),
]
