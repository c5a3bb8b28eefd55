import type { Case } from './case.ts'
import { refused, retried, told } from './expected.ts'
import { intact, pays, text, wire } from './wire.ts'

/** How streams end: reset, cut, without a finish reason, or with a finish reason of another kind. T15 to T33. */
export const endings: readonly Case[] = [
  wire('T15 reset in the middle of the text', { kind: 'reset', at: 'mid-stream' }, { reply: { text }, expected: retried('network-reset', 'stream', true) }),
  wire('T16 reset in the middle of tool arguments', { kind: 'reset', at: 'before-finish' }, { reply: pays, expected: retried('network-reset', 'stream') }),
  wire('T17 end of the body after text, no finish reason', { kind: 'no-finish', done: false }, { expected: retried('stream-truncated', 'stream', true) }),
  wire(
    'T18 end of the body after complete arguments, no finish reason',
    { kind: 'no-finish', done: false },
    { reply: pays, expected: retried('stream-truncated', 'stream') },
  ),
  wire('T19 finish reason, [DONE] missing', { kind: 'no-done' }, { expected: intact }),
  wire('T20 [DONE] without a finish reason', { kind: 'no-finish' }, { expected: retried('stream-truncated', 'stream', true) }),
  wire(
    'T21 socket left open after [DONE]',
    { kind: 'stall', at: 'after-done' },
    {
      expected: intact,
      also: ({ ms }) => [{ what: 'is not waited for', expected: 'under 2 s', seen: ms < 2_000 ? 'under 2 s' : `${Math.round(ms)} ms`, ok: ms < 2_000 }],
    },
  ),
  wire('T22 data after [DONE]', { kind: 'after-done' }, { expected: intact }),
  wire(
    'T23 finish reason length, with text',
    { kind: 'length', keepCharacters: 20 },
    { expected: { is: 'stop', stopReason: 'truncated', text: 'One two three four f' } },
  ),
  wire(
    'T24 finish reason length, with complete arguments',
    { kind: 'length', keepCharacters: 1_000 },
    { reply: pays, expected: told('Not run: output limit') },
  ),
  wire('T24 finish reason length, with half of the arguments', { kind: 'length' }, { reply: pays, expected: told('Not run: output limit') }),
  wire('T26 finish reason content_filter', { kind: 'finish-reason', value: 'content_filter' }, { expected: { is: 'stop', stopReason: 'filtered' } }),
  wire(
    'T27 finish reason insufficient_system_resource',
    { kind: 'finish-reason', value: 'insufficient_system_resource' },
    { expected: retried('provider-overloaded', 'finish', true) },
  ),
  wire(
    'T28 finish reason that is not known, with text',
    { kind: 'finish-reason', value: 'moonlight' },
    { expected: { is: 'stop', stopReason: 'unknown-ending' } },
  ),
  wire(
    'T28 finish reason that is not known, with calls',
    { kind: 'finish-reason', value: 'moonlight' },
    { reply: pays, expected: told('ended for an unknown reason') },
  ),
  wire('T29 finish reason stop, no content', { kind: 'empty' }, { reply: { text: 'Nothing of this.' }, expected: { is: 'empty' } }),
  wire(
    'T30 finish reason stop, only reasoning',
    { kind: 'empty', reasoning: true },
    {
      expected: { is: 'empty' },
      also: ({ events }) => [
        {
          what: 'the reasoning was shown',
          expected: 'some',
          seen: events.some(({ type }) => type === 'reasoning-delta') ? 'some' : 'none',
          ok: events.some(({ type }) => type === 'reasoning-delta'),
        },
      ],
    },
  ),
  wire('T31 an error object as the first event, without a known code', { kind: 'error-event', at: 'first' }, { expected: retried('provider-failed', 'first') }),
  wire(
    'T31 an error object as the first event, with the code 503',
    { kind: 'error-event', at: 'first', code: '503' },
    { expected: retried('provider-overloaded', 'first') },
  ),
  wire(
    'T31 an error object as the first event, with the code 401',
    { kind: 'error-event', at: 'first', code: '401' },
    { expected: refused('auth-failed', 'first') },
  ),
  wire(
    'T32 an error object after text',
    { kind: 'error-event', at: 'mid-stream', code: '500' },
    { reply: { text }, expected: retried('provider-failed', 'stream', true) },
  ),
  wire('T33 an event named error', { kind: 'error-event', at: 'first', as: 'named', code: '500' }, { expected: retried('provider-failed', 'first') }),
]
