import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { assistant, type Message, user } from '../contract/messages.ts'
import { asksForSummary, readerAgent, readerModel, readTool } from '../testing/reader.ts'
import { failureOf } from '../testing/runs.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { findProblem } from '../transcripts/check.ts'

async function longConversation(): Promise<readonly Message[]> {
  const { messages } = await readerAgent({ model: readerModel(20), history: false }).generate('go')
  return [...messages, user('And now?')]
}

test('compact replaces old steps of any conversation, with one request that has the prefix of the next run', async () => {
  const messages = await longConversation()
  const model = readerModel(20)
  const agent = readerAgent({ model, instructions: 'Read.', history: { keepSteps: 3 } })
  const compacted = await agent.compact(messages)

  expect(model.requests).toHaveLength(1)
  expect(model.requests[0]).toMatchObject({ instructions: 'Read.', settings: { maxOutputTokens: 16_000 } })
  expect(model.requests[0]?.messages.slice(0, -1)).toEqual(messages)
  expect(asksForSummary(model.requests[0] ?? { messages: [] })).toBe(true)
  expect(compacted.edit).toMatchObject({ kind: 'summary', source: 'model', reason: 'asked' })
  expect(compacted.edit?.tokensAfter).toBeLessThan((compacted.edit?.tokensBefore ?? 0) / 2)
  expect(compacted.messages.at(-1)).toEqual(user('And now?'))
  expect(compacted.messages.slice(-6)).toEqual(messages.slice(-6))
  expect(findProblem(compacted.messages)).toBeUndefined()
  expect(compacted.usage.totalTokens).toBeGreaterThan(0)
  expect(compacted.cost?.amountMicros).toBeGreaterThan(0)
})

test('a conversation without old steps is returned as it is, and nothing is sent', async () => {
  const model = readerModel(1)
  const messages = [user('Hello'), assistant('Hi.'), user('Who are you?')]
  const compacted = await readerAgent({ model }).compact(messages)
  expect(compacted).toMatchObject({ messages, edit: undefined, usage: { unknownAttempts: 0 } })
  expect(model.requests).toHaveLength(0)
})

test('compact ends with an abort, also of a model that never answers', async () => {
  const messages = await longConversation()
  const controller = new AbortController()
  const agent = new Agent({ model: scriptedModel([{ hangs: true }]), tools: [readTool] })
  const work = agent.compact(messages, { signal: controller.signal })
  setImmediate(() => controller.abort())
  expect(await failureOf(work)).toMatchObject({ code: 'aborted' })
  expect(await failureOf(agent.compact(messages, { signal: controller.signal }))).toMatchObject({ code: 'aborted' })
})

test('what cannot be compacted is refused', async () => {
  const agent = readerAgent({ model: readerModel(1) })
  expect(await failureOf(agent.compact([]))).toMatchObject({ code: 'invalid-messages' })
  // @ts-expect-error an option that is not there.
  expect(await failureOf(agent.compact([user('x')], { keepSteps: 3 }))).toMatchObject({ code: 'invalid-options' })
})

test('an estimate counts instructions and tools, and Chinese signs as 0.6 tokens each', () => {
  const plain = new Agent({ model: readerModel(1) })
  expect(plain.estimateTokens('a'.repeat(3_000))).toBe(1_004)
  expect(plain.estimateTokens('漢'.repeat(3_000))).toBe(1_804)
  const full = new Agent({ model: readerModel(1), tools: [readTool], instructions: 'x'.repeat(300) })
  expect(full.estimateTokens('a')).toBeGreaterThan(plain.estimateTokens('a') + 100)
})
