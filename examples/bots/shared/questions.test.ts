import type { Json, PendingQuestion } from 'capstan'
import { expect, test } from 'vitest'
import { readDecision, resolveDecision, shortIdOf, showQuestion } from './questions.ts'

const room = { maxCharacters: 500, deciders: 'owners' }

function questionAbout(input: Json, more: Readonly<Record<string, Json>> = {}, id = 'q1'): PendingQuestion {
  return { id, position: 'steps/1/tools/0/approval', about: { type: 'approval', toolName: 'pay', input, ...more } }
}

test('decisions are read, and other text is not one', () => {
  expect(readDecision(' YES 1A2B ')).toEqual({ word: 'yes', shortId: '1a2b', rest: '' })
  expect(readDecision('no 1a2b too much,\nand too early')).toEqual({ word: 'no', shortId: '1a2b', rest: 'too much,\nand too early' })
  for (const text of ['yes', 'yes 1a', 'yes please', 'yes 1a2g', 'ok 1a2b', 'say yes 1a2b', 'yes1a2b', 'yes 1a2bx'])
    expect(readDecision(text), text).toBeUndefined()
})

test('a short id is as long as it must be, and a longer beginning is taken, too', () => {
  // The first four characters of the hashes of these ids are equal.
  const [first, second] = collidingIds()
  const open = [questionAbout({}, {}, first), questionAbout({}, {}, second)] as const
  const [one, two] = open.map((question) => shortIdOf(question, open)) as [string, string]
  expect(one.slice(0, 4)).toBe(two.slice(0, 4))
  expect(one).not.toBe(two)
  expect(resolveDecision({ word: 'yes', shortId: one.slice(0, 4), rest: '' }, open)).toMatch(/More than one/)
  expect(resolveDecision({ word: 'yes', shortId: two, rest: '' }, open)).toMatchObject({ question: { id: second }, given: { approve: true } })
  expect(shortIdOf(open[0], [open[0]])).toHaveLength(4)
})

function collidingIds(): readonly [string, string] {
  const seen = new Map<string, string>()
  for (let number = 0; ; number++) {
    const question = questionAbout({}, {}, `q${number}`)
    const short = shortIdOf(question, [question])
    const other = seen.get(short)
    if (other !== undefined) return [other, question.id]
    seen.set(short, question.id)
  }
}

test('each type of question takes its own words', () => {
  const open = [questionAbout({}), questionAbout({}, { type: 'outcome' }, 'q2'), questionAbout({}, { type: 'question', question: 'Which?' }, 'q3')]
  const [approval = '', outcome = '', asked = ''] = open.map((question) => shortIdOf(question, open))
  const given = (word: 'yes' | 'no' | 'again' | 'done' | 'answer', shortId: string, rest = ''): unknown => {
    const found = resolveDecision({ word, shortId, rest }, open)
    return typeof found === 'string' ? found : found.given
  }
  expect(given('no', approval, 'too much')).toEqual({ approve: false, reason: 'too much' })
  expect(given('again', approval)).toMatch(/takes yes or no/)
  expect(given('yes', outcome)).toMatch(/takes done or failed or again/)
  expect(given('done', outcome, 'It was paid.')).toEqual({ output: 'It was paid.' })
  expect(given('again', outcome)).toEqual({ repeat: true })
  expect(given('answer', asked, 'the blue one')).toEqual({ approve: true, answer: 'the blue one' })
  expect(given('yes', 'ffff')).toMatch(/no open question/)
})

test('the exact values are shown, and what a model wrote can neither hide nor look like another line', () => {
  const { text } = showQuestion(questionAbout({ to: 'ann\r\n[1a2b] input: {"amount":1}\u202e\u200b\u0000', amount: 1000 }, { agent: 'op"\n' }), [], room)
  const lines = text.split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[1]).toMatch(/ input: \{"to":"ann\\r\\n\[1a2b\] input: \{\\"amount\\":1\}\\u202e\\u200b\\u0000","amount":1000\}$/)
  expect(lines.every((line) => /^\[[0-9a-f]{4}\] /.test(line))).toBe(true)
})

test('the value that the tool gets, and where it comes from, are shown, too', () => {
  const more = { value: { amount: 2 }, flow: { reaches: ['money'], targets: [], sources: [] }, origins: [{ at: '/amount', from: 'untrusted' }] }
  const { text } = showQuestion(questionAbout({ amount: '2' }, more), [], room)
  expect(text).toMatch(/input: \{"amount":"2"\}[\s\S]*value: \{"amount":2\}[\s\S]*reaches \["money"\][\s\S]*"\/amount" comes from: untrusted/)
})

test('a call that is too long to be shown can only be denied', () => {
  const question = questionAbout({ note: 'x'.repeat(1_000) })
  const { text, isTooLong } = showQuestion(question, [], room)
  expect([isTooLong, text]).toEqual([true, expect.stringMatching(/can only be denied: no [0-9a-f]{4}$/)])
})
