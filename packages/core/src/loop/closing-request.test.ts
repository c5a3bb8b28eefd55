import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { user } from '../contract/messages.ts'
import { type Answer, call, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { recordingTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'

/** A run that reaches its limit of one step and closes with these answers. */
async function close(...closing: readonly Answer[]) {
  const look = recordingTool('look')
  const model = scriptedModel([{ calls: [call('look')] }, ...closing])
  return { look, model, result: await new Agent({ model, tools: [look], limits: { steps: 1 } }).generate('go') }
}

test.each<[string, Answer]>([
  ['was cut before any text', { reasoning: 'hm', finishReason: 'length' }],
  ['was cut in its text', { text: 'So f', finishReason: 'length' }],
  ['was filtered', { text: 'So', finishReason: 'content-filter' }],
  ['calls a tool', { calls: [call('look', { again: true })] }],
])('messages stay sendable when the closing answer %s', async (_, closing) => {
  const { result } = await close(closing)
  expect(findProblem([...result.messages, user('And?')])).toBeUndefined()
})

test('a closing request that was interrupted before any text leaves no message', async () => {
  const { result } = await close({ reasoning: 'hm', finishReason: 'length' })
  expect(result.messages.at(-1)?.role).toBe('tool')
})

test('a closing answer that was cut in its text is kept', async () => {
  const { result } = await close({ text: 'So f', finishReason: 'length' })
  expect(result).toMatchObject({ stopReason: 'max-steps', text: 'So f' })
})

test('a broken closing request is tried again like any other', async () => {
  const { result, model } = await close({ error: overloaded() }, { text: 'closing' })
  expect([result.text, model.requests.length]).toEqual(['closing', 3])
})

test('a closing request that failed is not in the messages', async () => {
  const { result } = await close()
  expect(result.messages.at(-1)?.role).toBe('tool')
})

test('a closing request is sent only once, whatever the reply calls', async () => {
  const { look, model } = await close({ calls: [call('look')] }, { text: 'more' })
  expect([look.inputs.length, model.requests.length]).toEqual([1, 2])
})
