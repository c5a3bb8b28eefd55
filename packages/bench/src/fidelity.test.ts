import { expect, test } from 'vitest'
import { compareRequests, endOfMessages } from './fidelity.ts'

const call = (text: string) => ({ role: 'assistant', reasoning_content: 'why', tool_calls: [{ function: { arguments: text } }] })
const body = (...messages: object[]) => JSON.stringify({ model: 'm', messages })
const user = { role: 'user', content: 'a "]" in text' }

test('the end of the messages is found behind brackets in texts and in calls', () => {
  expect(body(user, call('[1]')).slice(endOfMessages(body(user, call('[1]'))))).toBe(']}')
  expect(() => endOfMessages('{"messages":[')).toThrow()
})

test('messages that are sent back unchanged count as unchanged', () => {
  const written = [{ arguments: ['{ "a":1 }'], reasoning: 'why' }]
  expect(compareRequests([body(user), body(user, call('{ "a":1 }'))], written)).toEqual({ prefix: 100, arguments: 100, reasoning: 100 })
})

test('arguments that were serialised again, lost reasoning and a changed beginning are seen', () => {
  const written = [{ arguments: ['{ "a":1 }'], reasoning: 'why' }]
  const changed = { ...call('{"a":1}'), reasoning_content: undefined }
  expect(compareRequests([body(user), body({ ...user, name: 'x' }, changed)], written)).toEqual({ prefix: 0, arguments: 0, reasoning: 0 })
})
