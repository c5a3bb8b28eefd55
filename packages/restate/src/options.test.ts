import type { Agent } from '@capstan/core'
import { expect, test } from 'vitest'
import { agentWorkflow } from './agent-workflow.ts'

test('an unknown option of a workflow is refused with the right one', () => {
  expect(() => agentWorkflow({} as Agent, { name: 'a', retryPolicy: {} } as { name: string })).toThrow(
    '`retryPolicy` is not an option of agentWorkflow(). Use `workflow: { retryPolicy }`.',
  )
  expect(() => agentWorkflow({} as Agent, { name: 'a', session: 's' } as { name: string })).toThrow('Use `sessions` here, and `session` in the request.')
})
