import { AgentError } from '@capstan/core'
import { type Case, check, holds } from './case.ts'
import { said, wire } from './wire.ts'

const text = said.text ?? ''

/** Answers of the wrong kind: pages, JSON instead of a stream, redirects, compression, lengths. T49 to T58. */
export const bodies: readonly Case[] = [
  wire({
    id: 'T49',
    title: '200 with a page of HTML',
    fault: { kind: 'html' },
    expected: { is: 'error', code: 'unexpected-content', phase: 'first', retry: false },
    also: ({ error }) => [
      holds(
        'the page is quoted, in 200 characters',
        AgentError.is(error) && /Sign in/.test(error.message) && (error.providerMessage ?? '').length <= 201,
        String(error),
      ),
    ],
  }),
  wire({
    id: 'T50',
    title: '200 with a JSON error although a stream was asked for',
    models: ['kimi-k2-thinking'],
    fault: { kind: 'json-body', of: 'error' },
    expected: { is: 'error', code: 'provider-failed', phase: 'first', retry: true },
  }),
  wire({
    id: 'T51',
    title: '200 with a whole completion although a stream was asked for',
    fault: { kind: 'json-body', of: 'completion' },
    expected: { is: 'ok', text },
  }),
  wire({
    id: 'T52',
    title: '200 with the completion in an envelope',
    fault: { kind: 'json-body', of: 'envelope' },
    expected: { is: 'error', code: 'unexpected-content', phase: 'first', retry: false },
  }),
  wire({
    id: 'T53',
    title: '502 with a page of 2 MB',
    fault: { kind: 'html', status: 502, bytes: 2_000_000 },
    expected: { is: 'error', code: 'provider-overloaded', phase: 'headers', retry: true },
    also: ({ error, ms }) => [check('fails or ends at once', true, error !== undefined || ms < 3_000)],
  }),
  wire({
    id: 'T54',
    title: 'text/plain over a stream',
    fault: { kind: 'content-type', value: 'text/plain' },
    expected: { is: 'ok', text, warning: 'content-type' },
  }),
  ...([301, 302] as const).map((status) =>
    wire({
      id: 'T55',
      title: `${status} to another path of the same origin: it would turn the request into a GET`,
      fault: { kind: 'redirect', status, location: '/v1/chat/completions?moved' },
      expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: false },
    }),
  ),
  ...([307, 308] as const).map((status) =>
    wire({
      id: 'T55',
      title: `${status} to another path of the same origin, followed at most three times`,
      fault: { kind: 'redirect', status, location: '/v1/chat/completions?moved' },
      expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: true, retryable: false, always: 4 },
    }),
  ),
  wire({
    id: 'T55',
    title: '307 to another origin: nothing is sent there',
    fault: { kind: 'redirect', location: 'https://elsewhere.example/v1/chat/completions' },
    expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: false },
  }),
  wire({
    id: 'T56',
    title: '307 to itself, for ever',
    fault: { kind: 'redirect' },
    expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: true, retryable: false, always: 4 },
  }),
  wire({
    id: 'T56',
    title: '307 to a private address',
    fault: { kind: 'redirect', location: 'http://169.254.169.254/latest/meta-data' },
    expected: { is: 'error', code: 'network-redirect', phase: 'headers', retry: false },
  }),
  ...(['gzip', 'br', 'deflate'] as const).map((encoding) =>
    wire({ id: 'T57', title: `${encoding} over the stream, though identity was asked for`, fault: { kind: 'gzip', encoding }, expected: { is: 'ok', text } }),
  ),
  wire({
    id: 'T57',
    title: 'gzip that is corrupt',
    fault: { kind: 'gzip', corrupt: true },
    expected: { is: 'error', code: 'network-protocol', retry: true, shown: 'maybe' },
  }),
  wire({
    id: 'T57',
    title: 'gzip of 256 MB of comments: unpacked to the limit of an answer, and no further',
    slow: true,
    models: ['kimi-k2-thinking'],
    fault: { kind: 'gzip', bombBytes: 256_000_000 },
    expected: { is: 'error', code: 'response-too-large', retry: false },
  }),
  wire({
    id: 'T58',
    title: 'Content-Length that is too long, then a close',
    fault: { kind: 'content-length', by: 10 },
    expected: { is: 'ok', text },
    differs: 'the stream said [DONE]: it is whole, whatever the length says',
  }),
  wire({
    id: 'T58',
    title: 'Content-Length that is too short',
    fault: { kind: 'content-length', by: -400 },
    reply: { text: 'One two three four five six seven eight nine ten.' },
    expected: { is: 'error', code: 'stream-truncated', retry: true, shown: true },
    differs: 'HTTP ends the body at its length: what is missing is the finish reason, so that is what the error says',
  }),
  wire({
    id: 'T58',
    title: 'junk instead of a chunk',
    fault: { kind: 'bad-chunk' },
    reply: { text },
    expected: { is: 'error', code: 'network-protocol', phase: 'stream', retry: true, shown: true },
  }),
]
