import { expect, test } from 'vitest'
import { answer, approve, deny } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { Tool } from '../contract/tool.ts'
import { moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { Agent } from './agent.ts'

/** An agent with one tool that asks which account to use. */
function asker(options: Partial<Tool> = {}) {
  const answers: (Json | undefined)[] = []
  const tool = testTool(
    'book',
    (_, { answer: given }) => {
      answers.push(given)
      return 'booked'
    },
    { effect: 'once', ask: (input) => `Which account for ${JSON.stringify(input)}?`, ...options },
  )
  return { agent: new Agent({ model: scriptedModel([{ calls: [call('book', { amount: 5 })] }, { text: 'Booked.' }]), tools: [tool] }), answers }
}

test('a tool that asks pauses the run with its question, and runs with the answer', async () => {
  const { agent, answers } = asker()
  const paused = await agent.generate('go')
  expect(paused).toMatchObject({ stopReason: 'paused', pending: [{ about: { type: 'question', question: 'Which account for {"amount":5}?' } }] })

  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: answer({ account: 7 }) } }).result
  expect(result.text).toBe('Booked.')
  expect(answers).toEqual([{ account: 7 }])
})

test.each([
  ['deny', deny('not today'), 'not today'],
  ['approve without an answer', approve(), 'not answered'],
])('a call is not run when people %s', async (_, given, words) => {
  const { agent, answers } = asker()
  const paused = await agent.generate('go')
  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: given } }).result
  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'denied', text: expect.stringContaining(words) })
  expect(answers).toEqual([])
})

test('a tool that has nothing to ask runs at once', async () => {
  const { agent, answers } = asker({ ask: () => undefined })
  await expect(agent.generate('go')).resolves.toMatchObject({ status: 'finished' })
  expect(answers).toEqual([undefined])
})

test('if ask throws, a person is asked for approval', async () => {
  const { agent } = asker({ ask: () => Promise.reject(new Error('no idea')) })
  await expect(agent.generate('go')).resolves.toMatchObject({ pending: [{ about: { type: 'approval' } }] })
})

test('an answer does not fit when the version of the tool is another one now', async () => {
  const paused = await asker().agent.generate('go')
  const { agent, answers } = asker({ version: '2' })
  const resumed = agent.resume(moved(paused), { answers: { [openQuestion(paused)]: answer(7) } })
  await expect(resumed.result).rejects.toMatchObject({ code: 'state-mismatch' })
  expect(answers).toEqual([])
})
