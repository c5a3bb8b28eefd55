import { expect, test } from 'vitest'
import { networkError } from './network-error.ts'

const place = { origin: 'https://api.example', phase: 'connect', secrets: ['topsecretkey'] } as const

function failed(code: string, name = 'Error'): Error {
  return Object.assign(new Error(`it failed with topsecretkey`), { code, name })
}

test.each([
  ['ENOTFOUND', 'network-dns', false],
  ['EAI_AGAIN', 'network-dns', true],
  ['ECONNREFUSED', 'network-refused', true],
  ['EHOSTUNREACH', 'network-refused', true],
  ['ECONNRESET', 'network-reset', true],
  ['EPIPE', 'network-reset', true],
  ['UND_ERR_SOCKET', 'network-reset', true],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout', true],
  ['ETIMEDOUT', 'connect-timeout', true],
  ['CERT_HAS_EXPIRED', 'network-tls', false],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'network-tls', false],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network-tls', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'network-tls', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'network-tls', false],
  ['EPROTO', 'network-tls', false],
  ['HPE_INVALID_CONSTANT', 'network-protocol', true],
  ['UND_ERR_HEADERS_OVERFLOW', 'network-protocol', false],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'network-protocol', true],
  ['UND_ERR_ABORTED', 'network-refused', false],
  ['UND_ERR_INVALID_ARG', 'invalid-options', false],
  ['constructor', 'network-reset', true],
])('%s is %s (retryable: %s)', (code, expected, retryable) => {
  expect(networkError(failed(code), place)).toMatchObject({ code: expected, retryable, phase: 'connect' })
})

test('a connection that dies later with ETIMEDOUT was reset', () => {
  expect(networkError(failed('ETIMEDOUT'), { ...place, phase: 'stream' })).toMatchObject({ code: 'network-reset', phase: 'stream' })
})

test('a parser error without a code is a protocol error', () => {
  expect(networkError(Object.assign(new Error('x'), { name: 'HTTPParserError' }), place).code).toBe('network-protocol')
})

test('the errors of several addresses are one', () => {
  expect(networkError(new AggregateError([failed('ECONNREFUSED'), failed('ETIMEDOUT')]), place).code).toBe('network-refused')
})

test('the cause keeps name and code, and no secret', () => {
  const { cause } = networkError(Object.assign(failed('ECONNRESET', 'SocketError'), { data: 'bytes that came' }), place)
  expect(cause).toMatchObject({ name: 'SocketError', code: 'ECONNRESET', message: 'it failed with [redacted]' })
  expect(cause).not.toHaveProperty('data')
})
