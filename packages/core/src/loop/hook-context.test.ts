import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { PrepareStep, StopWhen } from '../contract/hooks.ts'
import { moved, openQuestion } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

interface User {
  readonly name: string
  readonly maxSteps: number
}

const prepareStep: PrepareStep<User> = ({ context }) => ({ instructions: `Serve ${context.name}.` })
const stopWhen: StopWhen<User> = ({ context, steps }) => steps.length >= context.maxSteps
const look = () => ({ calls: [call('look')] })

test('prepareStep and stopWhen see the context of their run', async () => {
  const model = scriptedModel([look(), look(), look()])
  const agent = new Agent<User>({ model, tools: [testTool('look')], prepareStep, stopWhen })
  const one = await agent.generate('go', { context: { name: 'Ada', maxSteps: 1 } })
  const two = await agent.generate('go', { context: { name: 'Bob', maxSteps: 2 } })
  expect(model.requests.map(({ instructions }) => instructions)).toEqual(['Serve Ada.', 'Serve Bob.', 'Serve Bob.'])
  expect([one, two].map(({ stopReason, steps }) => [stopReason, steps.length])).toEqual([
    ['stop-condition', 1],
    ['stop-condition', 2],
  ])
})

test('what the hooks said of an earlier context is recorded, and later steps see the context of the process that continues', async () => {
  const model = scriptedModel([{ calls: [call('pay')] }, { text: 'done' }])
  const agent = new Agent<User>({ model, tools: [payTool()], prepareStep })
  const paused = await agent.generate('go', { context: { name: 'Ada', maxSteps: 9 } })
  expect(JSON.stringify(moved(paused))).not.toContain('maxSteps')
  await agent.resume(moved(paused), { context: { name: 'Bob', maxSteps: 9 }, answers: { [openQuestion(paused)]: approve() } }).result
  expect(model.requests.map(({ instructions }) => instructions)).toEqual(['Serve Ada.', 'Serve Bob.'])
})

test('a hook that needs a context makes the context of each run required', () => {
  const agent = new Agent({ model: scriptedModel([]), prepareStep })
  // @ts-expect-error The hook reads `context.name`.
  const run = () => agent.generate('go')
  // @ts-expect-error The context has no `maxSteps`.
  const short = () => agent.generate('go', { context: { name: 'Ada' } })
  expect([run, short]).toHaveLength(2)
})

test('without a context a hook sees none', async () => {
  const seen: unknown[] = []
  await new Agent({ model: scriptedModel([{ text: 'ok' }]), prepareStep: ({ context }) => void seen.push(context) }).generate('go')
  expect(seen).toEqual([undefined])
})
