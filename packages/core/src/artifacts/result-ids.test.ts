import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message, ToolResultPart } from '../contract/messages.ts'
import { lastResultStep, makeResultId, parseResultId, resultsIn } from './result-ids.ts'

const number = fc.integer({ min: 0, max: 999_999_999_999_999 })
const call = fc.record({ step: number.map((step) => Math.max(1, step)), index: number })

function result(part: Partial<ToolResultPart>): Message {
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: 't', status: 'ok', text: '', ...part }] }
}

test('an id is read as the position that it was made of, and no two positions have the same id', () => {
  fc.assert(
    fc.property(call, fc.array(call, { maxLength: 8 }), (own, path) => {
      expect(parseResultId(makeResultId({ ...own, path }))).toEqual({ ...own, ...(path.length > 0 && { path }) })
    }),
  )
})

test.each(['', 'r', 'r1', 'r0.1', 'r01.1', 'r1.01', 'r1.1.2', 'r-1.0', 'R1.0', ' r1.0', 'r1.0 ', 'r1.0\n', 'r1.0.0.1', `r${'9'.repeat(16)}.0`, 'x1.0'])(
  '%j is not an id',
  (text) => {
    expect(parseResultId(text)).toBeUndefined()
  },
)

test('the last step is that of the results of the same conversation: those of its children and parents do not count', () => {
  const messages = [
    result({ id: 'r3.1' }),
    result({ id: 'r2.0' }),
    result({ id: 'r3.1.7.0' }),
    result({ id: 'r3.1.7.0.9.2' }),
    result({ id: 'other' }),
    result({}),
  ]
  expect(lastResultStep(messages, [])).toBe(3)
  expect(lastResultStep(messages, [{ step: 3, index: 1 }])).toBe(7)
  expect(lastResultStep(messages, [{ step: 3, index: 0 }])).toBe(0)
  expect(lastResultStep([{ role: 'user', content: 'r9.9' }], [])).toBe(0)
})

test('results that a summary takes the place of keep their numbers', () => {
  const listed = { toolName: 'read', input: '{}', status: 'ok' } as const
  const summary = { steps: 4, calls: [{ ...listed, id: 'r4.0' }, listed], older: [], kept: [] }
  expect(lastResultStep([{ role: 'user', content: 'A summary.', summary }, result({ id: 'r2.0' })], [])).toBe(4)
})

test('the results that can be found again are listed with the keys that their values are kept under', () => {
  const key = { runId: 'run', operation: 'steps/1/tools/0' }
  const complete = { characters: 9, bytes: 9, hash: 'h', isKept: true }
  const messages: Message[] = [result({ id: 'r1.0', key }), { role: 'user', content: 'x' }, result({}), result({ id: 'r2.0', key, complete })]
  expect(resultsIn(messages)).toEqual([
    { id: 'r1.0', key },
    { id: 'r2.0', key, complete },
  ])
})
