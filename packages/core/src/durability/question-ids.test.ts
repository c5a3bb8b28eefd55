import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import { moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool } from '../testing/test-tool.ts'
import { makeQuestionId } from './question-ids.ts'

test('the id of a question names its run, its position and what is shown, and fits a URL', () => {
  const origin = { random: 'one', position: 'steps/1/tools/0/approval', about: { amount: 5 } }
  const others = [{ random: 'two' }, { position: 'steps/1/tools/1/approval' }, { about: { amount: 50 } }]
  const ids = [origin, ...others.map((other) => ({ ...origin, ...other }))].map(makeQuestionId)
  expect(new Set(ids).size).toBe(4)
  for (const id of ids) expect(id).toMatch(/^q[\w-]{22}$/)
})

test('an answer to the same question of another run is refused', async () => {
  const pay = payTool()
  const model = scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { calls: [call('pay', { amount: 5 })] }])
  const agent = new Agent({ model, tools: [pay] })
  const [seen, other] = [await agent.generate('go'), await agent.generate('go')]
  expect(() => agent.resume(moved(other), { answers: { [openQuestion(seen)]: approve() } })).toThrow(expect.objectContaining({ code: 'invalid-use' }))
  expect(pay.inputs).toEqual([])
})
