import { expect, test } from 'vitest'
import { decodeError, type ErrorContext } from './decode-error.ts'
import { parseRetryAfter, retryAfterMs } from './retry-after.ts'

const context: ErrorContext = {
  model: 'evolink/m',
  origin: 'https://api.example',
  keySource: 'the environment variable EVOLINK_API_KEY',
  maxOutputTokens: undefined,
  secrets: ['topsecretkey'],
}

function errorOf(status: number, body: unknown, headers: Record<string, string> = {}) {
  return decodeError({ status, phase: 'headers', headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, context)
}

/** The shape of DeepSeek and Moonshot. */
function said(message: string, type = 'invalid_request_error') {
  return { error: { message, type, param: null, code: 'invalid_request_error' } }
}

test.each([
  [400, said('Invalid temperature'), 'invalid-request', false],
  [422, { detail: [{ loc: ['body', 'n'], msg: 'too big' }] }, 'invalid-request', false],
  [
    400,
    said("This model's maximum context length is 1048576 tokens. However, you requested 1048877 tokens (1016877 in the messages, 32000 in the completion)."),
    'context-overflow',
    false,
  ],
  [400, said('Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)'), 'context-overflow', false],
  [400, said('Input token length too long'), 'context-overflow', false],
  [
    400,
    { error: { code: 400, message: 'request (2009 tokens) exceeds the available context size (512 tokens)', n_ctx: 512, type: 'exceed_context_size_error' } },
    'context-overflow',
    false,
  ],
  [400, said('Content Exists Risk'), 'content-refused', false],
  [400, said('The request was rejected because it was considered high risk', 'content_filter'), 'content-refused', false],
  [400, said('The supported API model names are deepseek-flash or deepseek-v4-pro, but you passed X.'), 'model-not-found', false],
  [404, said('Not found the model X or Permission denied', 'resource_not_found_error'), 'model-not-found', false],
  [404, 'nothing here', 'model-not-found', false],
  [401, said('Authentication Fails, Your api key: ****-key is invalid', 'authentication_error'), 'auth-failed', false],
  [401, said('Invalid Authentication', 'invalid_authentication_error'), 'auth-failed', false],
  [403, said('Permission denied', 'permission_denied_error'), 'auth-failed', false],
  [402, said('Insufficient Balance', 'unknown_error'), 'quota-exhausted', false],
  [403, said('Your account is suspended due to insufficient balance, please recharge'), 'quota-exhausted', false],
  [429, said('You exceeded your current token quota: 100', 'exceeded_current_quota_error'), 'quota-exhausted', false],
  [429, { error: { message: 'no money', code: 'insufficient_quota' } }, 'quota-exhausted', false],
  [
    429,
    said('Your account org-1<ak-1> request reached organization TPD rate limit, current: 1, limit: 1', 'rate_limit_reached_error'),
    'quota-exhausted',
    false,
  ],
  [
    429,
    said('Your account request reached organization max concurrency: 3, please try again after 2 seconds', 'rate_limit_reached_error'),
    'rate-limited',
    true,
  ],
  [429, said('The engine is currently overloaded, please try again later', 'engine_overloaded_error'), 'provider-overloaded', true],
  [429, '', 'rate-limited', true],
  [408, '', 'provider-failed', true],
  [409, '', 'provider-failed', true],
  [425, '', 'provider-failed', true],
  [413, '<html>too large</html>', 'request-too-large', false],
  [500, said('oops', 'server_error'), 'provider-failed', true],
  [501, '', 'provider-failed', false],
  [502, '<html>Bad gateway</html>', 'provider-overloaded', true],
  [503, said('busy'), 'provider-overloaded', true],
  [504, '<html>timeout</html>', 'provider-overloaded', true],
  [520, '', 'provider-overloaded', true],
  [529, '', 'provider-overloaded', true],
  [407, '', 'network-refused', false],
  [308, '', 'network-redirect', false],
  [418, { object: 'error', message: 'teapot', code: 418 }, 'invalid-request', false],
] as const)('%i with %o is %s', (status, body, code, retryable) => {
  const error = errorOf(status, body)
  expect([error.code, error.retryable, error.status]).toEqual([code, retryable, status])
})

test('the message of the provider is kept unchanged, up to a maximum length', () => {
  const error = errorOf(400, said('x'.repeat(5_000)))
  expect(error.providerMessage).toBe(`${'x'.repeat(1_000)}… (4000 more characters)`)
  expect(errorOf(402, said('Insufficient Balance')).message).toBe('evolink/m at https://api.example answered with 402: Insufficient Balance.')
})

test('a text that no row matches is kept, and the message names the assumed class and why', () => {
  expect(errorOf(400, said('Bad `stop`')).message).toBe(
    'evolink/m at https://api.example answered with 400: Bad `stop`. No known rule fits these words, so it counts as invalid-request, by its status.',
  )
  expect(errorOf(403, said('Something odd')).message).toMatch(
    /answered with 403: Something odd\. No known rule fits these words, so it counts as auth-failed, by its status\. The key came/,
  )
})

test('the error of a refused key says where the key came from, and does not show it', () => {
  const error = errorOf(401, said('Incorrect API key: topsecretkey, sk-abcdef1234, Bearer abcdef1234'), { 'x-request-id': 'req topsecretkey' })
  expect(error.message).toContain('The key came from the environment variable EVOLINK_API_KEY.')
  expect(JSON.stringify([error, error.message, error.requestId])).not.toMatch(/topsecretkey|sk-abc|abcdef1234/)
  expect(decodeError({ status: 401, phase: 'headers', headers: {}, body: '' }, { ...context, keySource: undefined }).message).toContain('No API key was sent')
})

test('a key at the end of the shown excerpt of a page is not shown in part', () => {
  for (let length = 170; length < 205; length++) {
    expect(errorOf(500, `<p>${'x'.repeat(length)} topsecretkey and more</p>`).message).not.toMatch(/top/)
  }
})

test.each([
  ['seconds', { 'retry-after': '2' }, '', 2_000],
  ['an HTTP date against the Date header', { 'retry-after': 'Fri, 21 Nov 2026 10:00:05 GMT', date: 'Fri, 21 Nov 2026 10:00:00 GMT' }, '', 5_000],
  ['a date that has passed', { 'retry-after': 'Fri, 21 Nov 2026 10:00:00 GMT', date: 'Fri, 21 Nov 2026 11:00:00 GMT' }, '', 0],
  ['milliseconds over seconds', { 'retry-after-ms': '150', 'retry-after': '9' }, '', 150],
  ['an hour', { 'retry-after': '3600' }, '', 3_600_000],
  ['a number of any length', { 'retry-after': '9'.repeat(20) }, '', Number.MAX_SAFE_INTEGER],
  ['milliseconds of any length', { 'retry-after-ms': '9'.repeat(400) }, '', Number.MAX_SAFE_INTEGER],
  ['a fraction of any length', { 'retry-after': '0.12345678901234567890' }, '', 124],
  ['a header that was sent twice', { 'retry-after': '3, 5' }, '', 5_000],
  ['a list with something else', { 'retry-after': '3, soon' }, '', undefined],
  ['a negative number', { 'retry-after': '-5' }, '', undefined],
  ['not a number', { 'retry-after': 'abc' }, '', undefined],
  ['a float form', { 'retry-after': '1e9' }, '', undefined],
  ['nothing', { 'retry-after': '' }, '', undefined],
  ['the words of Moonshot', {}, 'reached organization max RPM: 3, please try again after 3 seconds', 3_000],
  ['the words, when the header says 0', { 'retry-after': '0' }, 'please try again after 1 seconds', 1_000],
  ['other words', {}, 'Please try again in 1.5s.', 1_500],
  ['minutes in words', {}, 'try again in 2 minutes', 120_000],
  ['a fraction of a second', { 'retry-after': '1.5' }, '', 1_500],
  ['seconds with their unit', { 'retry-after': '2s' }, '', 2_000],
  ['no wait at all', { 'retry-after': '0' }, '', 0],
  ['the words of Azure', {}, 'Please retry after 1 seconds.', 1_000],
  ['the words of OpenAI', {}, 'Please try again in 6m0s. Contact us.', 360_000],
  ['milliseconds in words', {}, 'Please try again in 20ms.', 20],
  ['hours, minutes and seconds', {}, 'try again in 1h2m3s', 3_723_000],
  ['the words of Gemini', {}, 'Please retry in 34.07s.', 34_070],
  ['a wait', {}, 'Too many requests; please wait 10 seconds', 10_000],
  ['words without a delay', {}, 'Please retry later, after the model in 3 regions is back', undefined],
])('the wait is read from %s', (_name, headers, message, expected) => {
  expect(retryAfterMs({ headers, message, now: 0 })).toBe(expected)
})

test('a date without a Date header is measured against our clock', () => {
  expect(parseRetryAfter('Fri, 21 Nov 2026 10:00:05 GMT', Date.parse('2026-11-21T10:00:00Z'))).toBe(5_000)
})

test('the delay in the details of an error is read', () => {
  const body = { error: { code: 429, message: 'slow', details: [{ retryDelay: '34s' }] } }
  expect(errorOf(429, body).retryAfterMs).toBe(34_000)
})

test('only a retryable error has a delay', () => {
  expect(errorOf(429, '', { 'retry-after': '7' }).retryAfterMs).toBe(7_000)
  expect(errorOf(402, '', { 'retry-after': '7' }).retryAfterMs).toBeUndefined()
})

test('x-should-retry is obeyed', () => {
  expect(errorOf(503, '', { 'x-should-retry': 'false' }).retryable).toBe(false)
  expect(errorOf(400, '', { 'x-should-retry': 'true' }).retryable).toBe(true)
})

test('the request id is kept', () => {
  expect(errorOf(500, '', { 'x-request-id': 'r1' }).requestId).toBe('r1')
  expect(errorOf(500, '', { 'x-trace-id': 't1' }).requestId).toBe('t1')
})
