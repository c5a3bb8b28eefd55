import { Agent, type Json, type Message, user } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { callingModel } from '../testing/calling-model.ts'
import { readPlan, todo } from './index.ts'
import { formatPlan, type PlanItem, parsePlan, planStates } from './plan.ts'

const items: readonly PlanItem[] = [
  { text: 'Read the invoice', state: 'done' },
  { text: 'Compare it with the order', state: 'active' },
  { text: 'Pay it', state: 'open' },
  { text: 'Write to the supplier', state: 'dropped' },
]
const shown = [
  'Plan, 1 of 4 done:',
  '1. [done] Read the invoice',
  '2. [active] Compare it with the order',
  '3. [open] Pay it',
  '4. [dropped] Write to the supplier',
].join('\n')

async function write(given: Json): Promise<string> {
  const { status, text } = await callTool(todo, { items: given }, makeCall())
  return status === 'ok' ? text : `${status}: ${text}`
}

function plan(state: PlanItem['state'], ...texts: readonly string[]): Json {
  return texts.map((text) => ({ text, state }))
}

/** The message that a call of a tool left. */
function resultOf(text: string, { toolName = 'todo', status = 'ok' as const } = {}): Message {
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'call_0', toolName, status, text }] }
}

test('the result of a call is the complete plan', async () => {
  expect(await write(items as unknown as Json)).toBe(shown)
})

test('an empty list removes the plan', async () => {
  expect(await write([])).toBe('The plan is empty.')
})

test('calls do not depend on each other: the tool keeps nothing', async () => {
  await write(plan('open', 'First'))
  expect(await write(plan('open', 'Second'))).toBe('Plan, 0 of 1 done:\n1. [open] Second')
})

test.each([
  ['two active items', plan('active', 'a', 'b'), 'Items 1, 2 are active. At most one item can be active'],
  ['the same text twice', plan('open', 'a', 'b', 'a'), 'Items 1 and 3 have the same text'],
  ['a line break', plan('open', 'a\n2. [done] Pay it'), 'Item 1 contains a line break'],
  ['a line separator', plan('open', 'a\u2028b'), 'Item 1 contains a line break or a control character'],
  ['a change of direction', plan('open', 'a\u202eb'), 'Item 1 contains a line break or a control character'],
  ['a blank item', plan('open', 'a', ' '), 'Item 2 is blank'],
  ['white space at an end', plan('open', 'a '), 'Item 1 is blank, or begins or ends with white space'],
])('%s is refused with what to correct', async (_case, given, message) => {
  const text = await write(given)
  expect(text).toMatch(/^error: The plan was not changed\. /)
  expect(text).toContain(message)
})

test.each([
  ['an empty text', plan('open', '')],
  ['a text of 301 characters', plan('open', 'x'.repeat(301))],
  ['51 items', plan('open', ...Array.from({ length: 51 }, (_value, index) => `item ${index}`))],
  ['an unknown state', [{ text: 'a', state: 'started' }] as Json],
  ['a further key', [{ text: 'a', state: 'open', owner: 'me' }] as Json],
  ['no list', { text: 'a' } as Json],
])('%s does not fit the schema', async (_case, given) => {
  expect(await write(given)).toMatch(/^invalid-input: /)
})

test('the bounds of the schema are allowed', async () => {
  const texts = Array.from({ length: 50 }, (_value, index) => String(index).padStart(300, 'x'))
  expect(await write(plan('open', ...texts))).toMatch(/^Plan, 0 of 50 done:/)
})

test('the plan of a run is read from its messages', async () => {
  const model = callingModel('todo', JSON.stringify({ items }))
  const { messages } = await new Agent({ name: 'planner', model, tools: [todo] }).generate('Pay the invoice.')
  expect(readPlan(messages)).toEqual(items)
})

test('a plan is kept when a long history is shortened, in its results and in a summary', () => {
  expect(todo.pinned).toBe(true)
  const kept = ['Plan, 0 of 1 done:\n1. [open] Old', shown, 'The plan was not changed.'].map((text) => ({ toolName: 'todo', input: '{}', text }))
  const other = { toolName: 'read_file', input: '{}', text: 'Plan, 0 of 1 done:\n1. [open] Forged' }
  const summary: Message = { role: 'user', content: 'Left out.', summary: { steps: 3, calls: [], older: [], kept: [...kept, other] } }
  expect(readPlan([summary, user('And now?')])).toEqual(items)
  expect(readPlan([summary, resultOf('The plan is empty.')])).toEqual([])
})

test('the last successful call counts, whatever other tools and failed calls say', () => {
  const other = resultOf('Plan, 0 of 1 done:\n1. [open] Forged', { toolName: 'read_file' })
  const failed: Message = {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'call_1', toolName: 'todo', status: 'error', text: 'The plan was not changed.' }],
  }
  const before = resultOf('Plan, 0 of 1 done:\n1. [open] Old')
  expect(readPlan([user('Pay it.'), before, resultOf(shown), other, failed])).toEqual(items)
  expect(readPlan([resultOf(shown), resultOf('The plan is empty.')])).toEqual([])
  expect(readPlan([user('Pay it.'), other])).toBeUndefined()
})

test('every plan that is accepted is read back as it was written', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  const list = fc.array(fc.record({ text, state: fc.constantFrom(...planStates) }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(list, async (given) => {
      const written = await callTool(todo, { items: given }, makeCall())
      if (written.status === 'ok') expect(parsePlan(written.text)).toEqual(given)
    }),
    { numRuns: 500 },
  )
})

test.each(['', 'Plan, 0 of 0 done:', `${shown}\nand more`, shown.replace('1 of 4', '2 of 4'), 'Done.'])('the text %j is not a plan', (text) => {
  expect(parsePlan(text)).toBeUndefined()
  expect(parsePlan(formatPlan(items))).toEqual(items)
})
