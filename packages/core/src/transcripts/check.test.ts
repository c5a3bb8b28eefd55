import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AssistantMessage, assistant, type Message, system, type ToolMessage, user } from '../contract/messages.ts'
import { checkMessages, findProblem } from './check.ts'
import { repairMessages } from './repair.ts'

const calls = (...ids: string[]): AssistantMessage => assistant(ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'echo', inputText: '{}' })))
const result = (toolCallId: string): ToolMessage => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId, toolName: 'echo', status: 'ok', text: toolCallId }],
})

test.each<[string, Message[], string]>([
  ['no message', [], 'the list is empty'],
  ['an orphan result', [user('a'), result('1')], 'messages[1] is the result'],
  ['a missing result', [user('a'), calls('1', '2'), result('1')], '1 tool calls without results'],
  ['a user message between call and result', [user('a'), calls('1'), user('b'), result('1')], 'messages[2] must be the result'],
  ['results out of order', [user('a'), calls('1', '2'), result('2'), result('1')], "'1' comes first"],
  ['an empty assistant message', [user('a'), assistant('')], 'messages[1] is an empty assistant message'],
  ['reasoning alone', [user('a'), assistant([{ type: 'reasoning', text: 'hm' }])], 'neither text nor tool calls'],
  ['an unknown role', [{ role: 'developer', content: 'x' } as unknown as Message], 'has the role "developer"'],
])('%s is refused with its position', (_, messages, problem) => {
  expect(() => checkMessages(messages)).toThrow(expect.objectContaining({ code: 'invalid-messages', message: expect.stringContaining(problem) }))
})

const answered = { type: 'tool-call', toolCallId: 'a', toolName: 'echo', inputText: '{}' }

test.each<[string, unknown]>([
  ['null', null],
  ['a message without content', { role: 'user' }],
  ['a user message without parts', { role: 'user', content: [] }],
  ['a part that is null', { role: 'assistant', content: [null] }],
  ['an unknown part', { role: 'user', content: [{ type: 'bogus' }] }],
  ['a text part without text', { role: 'user', content: [{ type: 'text' }] }],
  ['a system message of parts', { role: 'system', content: [{ type: 'text', text: 'x' }] }],
  ['an image of an assistant', { role: 'assistant', content: [{ type: 'image', url: 'data:,x' }] }],
  ['a tool message that is a text', { role: 'tool', content: 'x' }],
])('%s from a store is refused as a message, not as a defect', (_, message) => {
  expect(() => checkMessages([user('a'), message as Message])).toThrow(expect.objectContaining({ code: 'invalid-messages' }))
})

test.each<[string, unknown]>([
  ['an unknown role', [{ role: 'developer', content: 'x' }, user('b')]],
  ['null', [null, user('b')]],
  ['a message without content', [{ role: 'user' }, user('b')]],
  ['an assistant message that is null inside', [{ role: 'assistant', content: null }, user('b')]],
  ['a result without content', [{ role: 'assistant', content: [answered] }, { role: 'tool' }]],
  [
    'a result that is a text part',
    [
      { role: 'assistant', content: [answered] },
      { role: 'tool', content: [{ type: 'text', toolCallId: 'a' }] },
    ],
  ],
])('a transcript with %s can be repaired', (_, messages) => {
  expect(findProblem(repairMessages(messages as Message[]).messages)).toBeUndefined()
})

test('a transcript without a valid message becomes empty', () => {
  expect(repairMessages([null, { role: 'bogus' }] as unknown as Message[]).messages).toEqual([])
})

test('two calls with one id are fine when both are answered', () => {
  expect(findProblem([user('a'), calls('x', 'x'), result('x'), result('x'), user('b')])).toBeUndefined()
})

const id = fc.constantFrom('a', 'b', 'c')
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.string().map(user),
  fc.string().map(system),
  fc.string().map(assistant),
  fc.array(id, { maxLength: 3 }).map((ids) => calls(...ids)),
  id.map(result),
)

test('repaired transcripts are sendable, and repairing again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 12 }), (messages) => {
      const once = repairMessages([user('start'), ...messages])
      expect(findProblem(once.messages)).toBeUndefined()
      expect(repairMessages(once.messages)).toEqual({ messages: once.messages, repairs: [] })
    }),
  )
})

test('a sendable transcript is returned as it is', () => {
  const messages = [user('a'), calls('1'), result('1'), assistant('b')]
  expect(repairMessages(messages).messages).toBe(messages)
})

test('results are put into call order and a missing one says that it may have run', () => {
  const { messages, repairs } = repairMessages([user('a'), calls('1', '2', '3'), result('3'), result('1')])
  expect(messages.slice(2).map((message) => message.role === 'tool' && [message.content[0].toolCallId, message.content[0].status])).toEqual([
    ['1', 'ok'],
    ['2', 'abandoned'],
    ['3', 'ok'],
  ])
  expect(repairs.map(({ what }) => what).sort()).toEqual(['missing-result-added', 'results-reordered'])
})
