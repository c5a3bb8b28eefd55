import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError } from '../contract/errors.ts'
import { testTool } from '../testing/test-tool.ts'
import { call, type ScriptedModelReply, scriptedModel } from './index.ts'

const look = testTool('look', () => 'seen')

function agentOf(replies: readonly ScriptedModelReply[]) {
  const model = scriptedModel(replies)
  return { model, agent: new Agent({ model: [model, scriptedModel(['never'])], tools: [look], attempts: { delayMs: 0 } }) }
}

test('replies come in order: a call, calls that come together, an error that is retried, and a text', async () => {
  const busy = new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 0 })
  const model = scriptedModel([call('look', { at: 1 }), [call('look', { at: 2 }), call('look', { at: 3 })], busy, 'Done.'])
  const result = await new Agent({ model, tools: [look], attempts: { delayMs: 0 } }).generate('go')
  expect(result.text).toBe('Done.')
  expect(result.steps.map(({ toolResults }) => toolResults.length)).toEqual([1, 2, 0])
  expect(model.requests).toHaveLength(4)
  model.assertDone()
})

test('a function makes a reply of the request', async () => {
  const { agent, model } = agentOf([({ messages }) => `${messages.length} message`])
  expect((await agent.generate('go')).text).toBe('1 message')
  model.assertDone()
})

test('a request too many fails once, without a retry or another model, and says what it was', async () => {
  const { agent, model } = agentOf([call('look')])
  await expect(agent.generate('go')).rejects.toMatchObject({
    code: 'unexpected-request',
    message: 'The script of test/scripted has 1 reply, and this is request 2, after the result of look: seen.',
    attempts: 1,
  })
  expect(model.requests).toHaveLength(2)
  expect(() => model.assertDone()).toThrow('2 requests came')
})

test('replies that were never asked for fail the check, which a test can register', async () => {
  const checks: (() => void)[] = []
  const model = scriptedModel(['one', call('look', { at: 1 }), 'three'], { after: (check) => checks.push(check) })
  await new Agent({ model }).generate('go')
  expect(checks).toHaveLength(1)
  expect(checks[0]).toThrow(/only 1 came to be asked for\. Never asked for:\n {2}2\. look \{"at":1\}\n {2}3\. "three"$/)
})

test('complete() takes its reply from the same script', async () => {
  const model = scriptedModel(['one', new AgentError('no', { code: 'auth-failed' })])
  expect((await model.complete({ messages: [] })).message.content).toEqual([{ type: 'text', text: 'one' }])
  await expect(model.complete({ messages: [] })).rejects.toMatchObject({ code: 'auth-failed' })
  await expect(model.complete({ messages: [] })).rejects.toMatchObject({ code: 'unexpected-request', message: expect.stringContaining('without a message') })
})

test.each([
  [() => scriptedModel([], { aftr: () => undefined } as never), '`aftr` is not an option of scriptedModel(). Use `after`.'],
  [() => scriptedModel('text' as never), 'takes a list of replies, not a string'],
])('what it cannot take is refused', (make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }))
})

test('a value that is not a reply fails the run as an option does', async () => {
  const { agent } = agentOf([5 as never])
  await expect(agent.generate('go')).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringContaining('not a number') })
})
