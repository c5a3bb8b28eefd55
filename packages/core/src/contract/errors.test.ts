import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { failureOf, resultIn } from '../testing/runs.ts'
import { modelOf } from '../testing/scripted-model.ts'
import { AgentError, copyError, FatalToolError, fatal, ToolError } from './errors.ts'

const cause = new Error('socket hang up')
const known = {
  code: 'network-reset',
  phase: 'stream',
  retryable: true,
  status: 200,
  retryAfterMs: 5,
  providerMessage: 'bye',
  requestId: 'req_1',
  usage: { totalTokens: 9 },
  attempts: 2,
  cause,
} as const

test('a copy of an error keeps each of its fields', () => {
  expect(copyError(new AgentError('reset', known), {})).toMatchObject({ message: 'reset', ...known })
})

test('a copy of an error has the stack of the original', () => {
  const error = new AgentError('reset', known)
  expect(copyError(error, { message: 'other' }).stack).toBe(error.stack)
})

test('a frozen error can be copied', () => {
  expect(copyError(Object.freeze(new AgentError('reset', known)), { attempts: 3 })).toMatchObject({ ...known, attempts: 3 })
})

test('one error object that two runs throw does not mix their results', async () => {
  const shared = new AgentError('no key', { code: 'missing-key' })
  const agent = new Agent({
    model: modelOf(() => {
      throw shared
    }),
  })
  const one = await failureOf(agent.generate('tenant one'))
  const two = await failureOf(agent.generate('tenant two'))

  expect([resultIn(one).messages, resultIn(two).messages]).toMatchObject([[{ content: 'tenant one' }], [{ content: 'tenant two' }]])
  expect(shared.result).toBeUndefined()
})

test('the result that a failed run carries says so', async () => {
  const agent = new Agent({
    model: modelOf(() => {
      throw new AgentError('no key', { code: 'missing-key' })
    }),
  })
  expect(resultIn(await failureOf(agent.generate('go')))).toMatchObject({ status: 'unusable', stopReason: 'failed' })
})

test('the JSON of an error has neither cause nor stack nor usage', () => {
  expect(Object.keys(new AgentError('reset', known).toJSON()).sort()).toEqual([
    'attempts',
    'code',
    'message',
    'phase',
    'providerMessage',
    'requestId',
    'retryAfterMs',
    'retryable',
    'status',
  ])
})

test('what an error does not know is not in its JSON', () => {
  expect(new AgentError('x', { code: 'internal' }).toJSON()).toEqual({ code: 'internal', message: 'x', phase: 'setup', retryable: false })
})

test('an error of another copy of the package is one too', () => {
  const foreign = Object.assign(new Error('x'), { isAgentError: true, isToolError: true, isFatalToolError: true })
  expect([AgentError.is(foreign), ToolError.is(foreign), FatalToolError.is(foreign)]).toEqual([true, true, true])
})

test('fatal() keeps what it was given', () => {
  expect(fatal(cause).cause).toBe(cause)
})
