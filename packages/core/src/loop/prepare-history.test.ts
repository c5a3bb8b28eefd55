import { expect, test } from 'vitest'
import type { StepPlan } from '../contract/hooks.ts'
import { readerAgent, readerModel } from '../testing/reader.ts'
import { failureOf } from '../testing/runs.ts'

test('`prepareStep` clears and pins results by id, and sees what is sent', async () => {
  const model = readerModel(40)
  const seen: number[] = []
  const { edits, messages } = await readerAgent({
    model,
    history: { summariseAt: false },
    prepareStep: ({ messages: sent, steps }) => {
      seen.push(JSON.stringify(sent).length)
      if (steps.length === 3) return { history: { pin: ['r1.0', 'r99.0'], clear: ['r2.0', 'r98.7'] } }
      return undefined
    },
  }).generate('go')
  expect(edits[0]).toMatchObject({ kind: 'clear', step: 4, reason: 'asked', results: ['r2.0'] })
  expect(edits[1]).toMatchObject({ kind: 'clear', reason: 'rule' })
  expect(edits.slice(1).flatMap((edit) => (edit.kind === 'clear' ? edit.results : []))).not.toContain('r1.0')
  expect(messages.find((message) => message.role === 'tool' && message.content[0].id === 'r1.0')).toMatchObject({
    content: [{ text: expect.stringContaining('lorem') }],
  })
  expect(seen[4]).toBeLessThan((seen[3] ?? 0) + 1_000)
})

test('with `history: false` nothing is cleared, whatever `prepareStep` asks for', async () => {
  const { edits } = await readerAgent({ model: readerModel(4), history: false, prepareStep: () => ({ history: { clear: ['r1.0'] } }) }).generate('go')
  expect(edits).toEqual([])
})

test.each([
  [{ history: ['r1.0'] }, /a `history` that is an object/],
  [{ history: { keep: ['r1.0'] } }, /history\.keep.*history\.pin/],
  [{ history: { clear: 'r1.0' } }, /`history\.clear` that is a list of ids/],
])('a step plan with %j is refused', async (plan, message) => {
  const error = await failureOf(readerAgent({ model: readerModel(1), prepareStep: () => plan as StepPlan }).generate('go'))
  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringMatching(message) })
})
