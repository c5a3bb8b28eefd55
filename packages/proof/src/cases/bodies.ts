import { AgentError } from '@capstan/core'
import { type Case, check, holds } from './case.ts'
import { refused, retried } from './expected.ts'
import { intact, text, wire } from './wire.ts'

/** Responses of the wrong kind: pages, JSON instead of a stream, redirects, compression, lengths. T49 to T58. */
export const bodies: readonly Case[] = [
  wire(
    'T49 200 with a page of HTML',
    { kind: 'html' },
    {
      expected: refused('unexpected-content', 'first'),
      also: ({ error }) => [
        holds(
          'the page is quoted, in 200 characters',
          AgentError.is(error) && /Sign in/.test(error.message) && (error.providerMessage ?? '').length <= 201,
          String(error),
        ),
      ],
    },
  ),
  wire(
    'T50 200 with a JSON error although a stream was requested',
    { kind: 'json-body', of: 'error' },
    { models: ['kimi-k2-thinking'], expected: retried('provider-failed', 'first') },
  ),
  wire('T51 200 with a complete JSON document although a stream was requested', { kind: 'json-body', of: 'completion' }, { expected: intact }),
  wire('T52 200 with the completion in an envelope', { kind: 'json-body', of: 'envelope' }, { expected: refused('unexpected-content', 'first') }),
  wire(
    'T53 502 with a page of 2 MB',
    { kind: 'html', status: 502, bytes: 2_000_000 },
    { expected: retried('provider-overloaded', 'headers'), also: ({ error, ms }) => [check('fails or ends at once', true, error !== undefined || ms < 3_000)] },
  ),
  wire('T54 text/plain over a stream', { kind: 'content-type', value: 'text/plain' }, { expected: { is: 'ok', text, warning: 'content-type' } }),
  ...([301, 302] as const).map((status) =>
    wire(
      `T55 ${status} to another path of the same origin: it would turn the request into a GET`,
      { kind: 'redirect', status, location: '/v1/chat/completions?moved' },
      { expected: refused('network-redirect', 'headers') },
    ),
  ),
  ...([307, 308] as const).map((status) =>
    wire(
      `T55 ${status} to another path of the same origin, followed at most three times`,
      { kind: 'redirect', status, location: '/v1/chat/completions?moved' },
      { expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: true, retryable: false, always: 4 } },
    ),
  ),
  wire(
    'T55 307 to another origin: nothing is sent there',
    { kind: 'redirect', location: 'https://elsewhere.example/v1/chat/completions' },
    { expected: refused('network-redirect', 'headers') },
  ),
  wire(
    'T56 307 to itself, without an end',
    { kind: 'redirect' },
    { expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: true, retryable: false, always: 4 } },
  ),
  wire(
    'T56 307 to a private address',
    { kind: 'redirect', location: 'http://169.254.169.254/latest/meta-data' },
    { expected: refused('network-redirect', 'headers') },
  ),
  ...(['gzip', 'br', 'deflate'] as const).map((encoding) =>
    wire(`T57 ${encoding} over the stream, though identity was requested`, { kind: 'gzip', encoding }, { expected: intact }),
  ),
  wire('T57 gzip that is corrupt', { kind: 'gzip', corrupt: true }, { expected: retried('network-protocol', undefined, 'maybe') }),
  wire(
    'T57 gzip of 256 MB of comments: unpacked only to the limit of a response',
    { kind: 'gzip', bombBytes: 256_000_000 },
    { slow: true, models: ['kimi-k2-thinking'], expected: refused('response-too-large') },
  ),
  wire(
    'T58 Content-Length that is too long, then a close',
    { kind: 'content-length', by: 10 },
    { expected: intact, differs: 'the stream ended with [DONE], so it is complete, and the length does not count' },
  ),
  wire(
    'T58 Content-Length that is too short',
    { kind: 'content-length', by: -400 },
    {
      reply: { text: 'One two three four five six seven eight nine ten.' },
      expected: retried('stream-truncated', undefined, true),
      differs: 'HTTP ends the body at its length: what is missing is the finish reason, so that is what the error says',
    },
  ),
  wire('T58 junk instead of a chunk', { kind: 'bad-chunk' }, { reply: { text }, expected: retried('network-protocol', 'stream', true) }),
]
