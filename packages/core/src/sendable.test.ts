import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AssistantMessage, assistant, type Message, system, type ToolMessage, user } from './messages.ts'
import { repairMessages } from './repair-messages.ts'
import { checkMessages, findProblem } from './sendable.ts'

const calls = (...ids: string[]): AssistantMessage => assistant(ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'echo', inputText: '{}' })))
const result = (toolCallId: string): ToolMessage => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId, toolName: 'echo', status: 'ok', text: toolCallId }],
})

test.each<[string, Message[], string]>([
  ['no message', [], 'there is none'],
  ['an orphan result', [user('a'), result('1')], 'messages[1] is the result'],
  ['a missing result', [user('a'), calls('1', '2'), result('1')], '1 tool calls without results'],
  ['a user message between call and result', [user('a'), calls('1'), user('b'), result('1')], 'messages[2] must be the result'],
  ['results out of order', [user('a'), calls('1', '2'), result('2'), result('1')], "'1' comes first"],
  ['an empty assistant message', [user('a'), assistant('')], 'messages[1] is an empty assistant message'],
  ['reasoning alone', [user('a'), assistant([{ type: 'reasoning', text: 'hm' }])], 'neither text nor tool calls'],
  ['an unknown role', [{ role: 'developer', content: 'x' } as unknown as Message], 'has the role "developer"'],
])('%s is refused, naming the place', (_, messages, problem) => {
  expect(() => checkMessages(messages)).toThrow(expect.objectContaining({ code: 'invalid-messages', message: expect.stringContaining(problem) }))
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
