import type { Case } from './case.ts'
import { refused, retried } from './expected.ts'
import { pays, text, wire } from './wire.ts'

/** How streams end: reset, cut, without a finish reason, or with a finish reason of another kind. T15 to T33. */
export const endings: readonly Case[] = [
  wire({
    id: 'T15 reset in the middle of the text',
    reply: { text },
    fault: { kind: 'reset', at: 'mid-stream' },
    expected: retried('network-reset', 'stream', true),
  }),
  wire({
    id: 'T16 reset in the middle of tool arguments',
    reply: pays,
    fault: { kind: 'reset', at: 'before-finish' },
    expected: retried('network-reset', 'stream'),
  }),
  wire({
    id: 'T17 end of the body after text, no finish reason',
    fault: { kind: 'no-finish', done: false },
    expected: retried('stream-truncated', 'stream', true),
  }),
  wire({
    id: 'T18 end of the body after complete arguments, no finish reason',
    reply: pays,
    fault: { kind: 'no-finish', done: false },
    expected: retried('stream-truncated', 'stream'),
  }),
  wire({ id: 'T19 finish reason, [DONE] missing', fault: { kind: 'no-done' }, expected: { is: 'ok', text } }),
  wire({ id: 'T20 [DONE] without a finish reason', fault: { kind: 'no-finish' }, expected: retried('stream-truncated', 'stream', true) }),
  wire({
    id: 'T21 socket left open after [DONE]',
    fault: { kind: 'stall', at: 'after-done' },
    expected: { is: 'ok', text },
    also: ({ ms }) => [{ what: 'is not waited for', expected: 'under 2 s', seen: ms < 2_000 ? 'under 2 s' : `${Math.round(ms)} ms`, ok: ms < 2_000 }],
  }),
  wire({ id: 'T22 data after [DONE]', fault: { kind: 'after-done' }, expected: { is: 'ok', text } }),
  wire({
    id: 'T23 finish reason length, with text',
    fault: { kind: 'length', keepCharacters: 20 },
    expected: { is: 'stop', stopReason: 'truncated', text: 'One two three four f' },
  }),
  wire({
    id: 'T24 finish reason length, with complete arguments',
    reply: pays,
    fault: { kind: 'length', keepCharacters: 1_000 },
    expected: { is: 'told', says: 'Not run: output limit' },
  }),
  wire({
    id: 'T24 finish reason length, with half of the arguments',
    reply: pays,
    fault: { kind: 'length' },
    expected: { is: 'told', says: 'Not run: output limit' },
  }),
  wire({ id: 'T26 finish reason content_filter', fault: { kind: 'finish-reason', value: 'content_filter' }, expected: { is: 'stop', stopReason: 'filtered' } }),
  wire({
    id: 'T27 finish reason insufficient_system_resource',
    fault: { kind: 'finish-reason', value: 'insufficient_system_resource' },
    expected: retried('provider-overloaded', 'finish', true),
  }),
  wire({
    id: 'T28 finish reason that is not known, with text',
    fault: { kind: 'finish-reason', value: 'moonlight' },
    expected: { is: 'stop', stopReason: 'unknown-ending' },
  }),
  wire({
    id: 'T28 finish reason that is not known, with calls',
    reply: pays,
    fault: { kind: 'finish-reason', value: 'moonlight' },
    expected: { is: 'told', says: 'ended for an unknown reason' },
  }),
  wire({ id: 'T29 finish reason stop, no content', reply: { text: 'Nothing of this.' }, fault: { kind: 'empty' }, expected: { is: 'empty' } }),
  wire({
    id: 'T30 finish reason stop, only reasoning',
    fault: { kind: 'empty', reasoning: true },
    expected: { is: 'empty' },
    also: ({ events }) => [
      {
        what: 'the reasoning was shown',
        expected: 'some',
        seen: events.some(({ type }) => type === 'reasoning-delta') ? 'some' : 'none',
        ok: events.some(({ type }) => type === 'reasoning-delta'),
      },
    ],
  }),
  wire({
    id: 'T31 an error object as the first event, without a known code',
    fault: { kind: 'error-event', at: 'first' },
    expected: retried('provider-failed', 'first'),
  }),
  wire({
    id: 'T31 an error object as the first event, with the code 503',
    fault: { kind: 'error-event', at: 'first', code: '503' },
    expected: retried('provider-overloaded', 'first'),
  }),
  wire({
    id: 'T31 an error object as the first event, with the code 401',
    fault: { kind: 'error-event', at: 'first', code: '401' },
    expected: refused('auth-failed', 'first'),
  }),
  wire({
    id: 'T32 an error object after text',
    reply: { text },
    fault: { kind: 'error-event', at: 'mid-stream', code: '500' },
    expected: retried('provider-failed', 'stream', true),
  }),
  wire({
    id: 'T33 an event named error',
    fault: { kind: 'error-event', at: 'first', as: 'named', code: '500' },
    expected: retried('provider-failed', 'first'),
  }),
]
