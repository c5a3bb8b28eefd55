import { AssertionError } from 'node:assert'
import { Agent, tool } from 'capstan'
import { call, type ScriptedModelReply, scriptedModel } from 'capstan/testing'
import 'capstan/testing/vitest'
import { expect, test } from 'vitest'
import { asTool } from '../as-tool.ts'
import { assertCalled, assertCalledInOrder, assertCalledTimes, assertFinished, assertNotCalled } from './assertions.ts'

const order = tool({ name: 'find_order', description: 'Finds.', inputSchema: { type: 'object' }, execute: () => 'A1, 12 euros' })
const refund = tool({
  name: 'refund',
  description: 'Refunds.',
  inputSchema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
  needsApproval: (input) => Number((input as { amount: number }).amount) > 100,
  execute: () => 'refunded',
})

function agentOf(replies: readonly ScriptedModelReply[]) {
  return new Agent({ model: scriptedModel(replies), tools: [order, refund], attempts: { max: 1 } })
}

const refunded = await agentOf([
  [call('find_order', { id: 'A1', tags: ['new', { hot: true }] }), call('refund', { amount: 'all' })],
  call('refund', { amount: 5, note: 'sorry' }),
  'Done.',
]).generate('go')

/** What an expectation that fails says. */
function messageOf(fails: () => void): string {
  try {
    fails()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('It did not fail.')
}

test('toHaveCalled takes a name, a part of the input, and matchers in it', () => {
  expect(refunded).toHaveCalled('refund')
  expect(refunded).toHaveCalled('refund', { amount: 5 })
  expect(refunded).toHaveCalled('refund', { amount: expect.any(Number), note: /^sor/ })
  expect(refunded).toHaveCalled('find_order', { tags: ['new', { hot: true }] })
  expect(refunded).not.toHaveCalled('refund', { amount: 6 })
  expect(refunded).not.toHaveCalled('refund', { amount: 5, reason: 'x' })
  expect(refunded).not.toHaveCalled('find_order', { tags: ['new'] })
  expect(refunded).not.toHaveCalled('pay')
})

test('a call whose tool was not started is not called', () => {
  // The input of the first refund does not fit the schema.
  expect(refunded).not.toHaveCalled('refund', { amount: 'all' })
  expect(refunded).toHaveCalledTimes('refund', 1)
})

test('a failure lists the calls that were made, and says what is wrong with those of the tool', () => {
  expect(messageOf(() => expect(refunded).toHaveCalled('refund', { amount: 6 }))).toBe(
    [
      'The run must call refund with {"amount":6}, and it did not.',
      'It made 3 calls:',
      '  1. find_order {"id":"A1","tags":["new",{"hot":true}]}: ok',
      '  2. refund {"amount":"all"}: invalid-input (the tool was not started)',
      '  3. refund {"amount":5,"note":"sorry"}: ok (amount is 5 instead of 6)',
    ].join('\n'),
  )
})

test('a negated failure points at the call', () => {
  expect(messageOf(() => expect(refunded).not.toHaveCalled('refund', { amount: 5 }))).toContain(
    'The run must not call refund with {"amount":5}, and it did.\nIt made 3 calls:\n  1. find_order',
  )
  expect(messageOf(() => expect(refunded).not.toHaveCalled('refund'))).toContain('> 3. refund {"amount":5,"note":"sorry"}: ok')
})

test('calls are counted and ordered', () => {
  expect(refunded).toHaveCalledInOrder(['find_order', ['refund', { amount: 5 }]])
  expect(refunded).not.toHaveCalledInOrder(['refund', 'find_order'])
  expect(messageOf(() => expect(refunded).toHaveCalledInOrder(['refund', 'find_order']))).toContain(
    'The run must call, in this order: refund, find_order; and find_order did not come after refund.',
  )
  expect(messageOf(() => expect(refunded).toHaveCalledTimes('refund', 2))).toContain('The run must call refund 2 times, and it called it once.')
})

test('toHaveFinished looks at the status and at the text', async () => {
  expect(refunded).toHaveFinished()
  expect(refunded).toHaveFinished('Done')
  expect(refunded).toHaveFinished(/^Done\.$/)
  expect(refunded).not.toHaveFinished('Sorry')
  expect(messageOf(() => expect(refunded).toHaveFinished('Sorry'))).toContain('The run must finish with "Sorry" in its text, and its text is "Done.".')
  const limited = await agentOf([call('find_order'), 'So far.']).generate('go', { limits: { steps: 1 } })
  expect(messageOf(() => expect(limited).toHaveFinished())).toContain('it ended with status limit, stop reason max-steps')
})

test('a call that waits for a person is listed, and is not called', async () => {
  const paused = await agentOf([call('refund', { amount: 500 })]).generate('go')
  expect(paused).not.toHaveCalled('refund')
  expect(messageOf(() => expect(paused).toHaveCalled('refund'))).toContain('  1. refund {"amount":500}: waiting (the tool was not started)')
})

test('calls of agents inside the run count, with their path', async () => {
  const clerk = agentOf([call('refund', { amount: 7 }), 'Refunded.'])
  const desk = asTool(clerk, { name: 'desk', description: 'Asks the clerk.', input: { type: 'object' }, prompt: () => 'go' })
  const result = await new Agent({ model: scriptedModel([call('desk'), 'Done.']), tools: [desk] }).generate('go')
  expect(result).toHaveCalled('refund', { amount: 7 })
  expect(messageOf(() => expect(result).toHaveCalled('pay'))).toContain('  2. desk#1 > refund {"amount":7}: ok')
})

test('the error of a run that failed has the calls so far', async () => {
  const failed: unknown = await agentOf([call('find_order')])
    .generate('go')
    .catch((error: unknown) => error)
  expect(failed).toHaveCalled('find_order')
  expect(messageOf(() => expect(failed).toHaveFinished())).toContain('Its error: The script of test/scripted has 1 reply')
})

test.each([
  [Promise.resolve(refunded), 'not an object. Await it first.'],
  [new Error('boom'), 'the error "boom", which has no result'],
  [undefined, 'not undefined'],
])('what is no result is refused', (value, message) => {
  expect(messageOf(() => expect(value).toHaveCalled('refund'))).toContain(message)
  expect(messageOf(() => expect(value).not.toHaveCalled('refund'))).toContain(message)
})

test('the assertions for node:test hold and fail as the matchers do, with an AssertionError', () => {
  assertCalled(refunded, 'refund', { amount: 5 })
  assertNotCalled(refunded, 'refund', { amount: 6 })
  assertCalledTimes(refunded, 'find_order', 1)
  assertCalledInOrder(refunded, ['find_order', 'refund'])
  assertFinished(refunded, 'Done.')
  for (const fails of [
    () => assertCalled(refunded, 'pay'),
    () => assertNotCalled(refunded, 'refund'),
    () => assertCalledTimes(refunded, 'refund', 3),
    () => assertCalledInOrder(refunded, ['refund', 'find_order']),
    () => assertFinished(refunded, 'Sorry'),
  ]) {
    expect(fails).toThrow(AssertionError)
    expect(messageOf(fails)).toContain('It made 3 calls:')
  }
})
