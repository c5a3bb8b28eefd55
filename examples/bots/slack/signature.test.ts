import { expect, test } from 'vitest'
import { isFromSlack, sign } from './signature.ts'

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
const secret = '8f742231b10e8888abcd99yyyzzz85a5'
const body = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner' +
    '&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
    '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
)
const timestamp = '1531420618'
const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
const now = Number(timestamp) * 1_000
const good = { timestamp, signature, body }

test("the example of Slack's page is accepted", () => {
  expect(sign(secret, timestamp, body)).toBe(signature)
  expect(isFromSlack(good, secret, now)).toBe(true)
})

test.each([
  ['five minutes ago', 300_000, true],
  ['more than five minutes ago', 300_001, false],
  ['five minutes in the future', -300_000, true],
  ['more than five minutes in the future', -300_001, false],
])('signed %s', (_, agoMs, expected) => {
  expect(isFromSlack(good, secret, now + agoMs)).toBe(expected)
})

const changed = Buffer.from(body)
changed[0] = 0x54

test.each<[name: string, request: Partial<typeof good>]>([
  ['one byte of the body is another', { body: changed }],
  ['the body is longer', { body: Buffer.concat([body, Buffer.from(' ')]) }],
  ['the body is empty', { body: Buffer.alloc(0) }],
  ['there is no signature', { signature: '' }],
  ['the version is another', { signature: signature.replace('v0', 'v1') }],
  ['there is no version', { signature: signature.slice(3) }],
  ['it is in upper case', { signature: signature.toUpperCase() }],
  ['it is cut', { signature: signature.slice(0, -1) }],
  ['it is followed by something', { signature: `${signature}0` }],
  ['it is there twice', { signature: `${signature}, ${signature}` }],
  ['there is no time', { timestamp: '' }],
  ['the time is another', { timestamp: '1531420619' }],
  ['the time has a fraction', { timestamp: '1531420618.0' }],
  ['the time has a sign', { timestamp: '+1531420618' }],
  ['the time is not a number', { timestamp: 'NaN' }],
  ['the time is in milliseconds', { timestamp: '1531420618000' }],
])('refused: %s', (_, request) => {
  expect(isFromSlack({ ...good, ...request }, secret, now)).toBe(false)
})

test('another secret is refused', () => {
  expect(isFromSlack({ ...good, signature: sign('another', timestamp, body) }, secret, now)).toBe(false)
})
