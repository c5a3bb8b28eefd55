import type { Agent } from '@capstan/core'
import { expect, test } from 'vitest'
import { dbosAgent } from './dbos-agent.ts'

const agent = {} as Agent

test('an unknown option of an agent on DBOS is refused with the right one', () => {
  expect(() => dbosAgent(agent, { name: 'a', maxAttempts: 5 } as { name: string })).toThrow(
    '`maxAttempts` is not an option of dbosAgent(). Use `maxRecoveryAttempts`.',
  )
  expect(() => dbosAgent(agent, { name: 'a', session: 's' } as { name: string })).toThrow('Use `sessions` here, and `session` with `start()`.')
})

test('unknown options of a run on DBOS are refused before anything is started', async () => {
  const runs = dbosAgent(agent, { name: 'options' })
  await expect(runs.start('Go.', { queue: 'a' } as object)).rejects.toThrow('`queue` is not an option of start(). Use `queueName`.')
  await expect(runs.start('Go.', { sessionId: 'a' } as object)).rejects.toThrow('`sessionId` is not an option of start(). Use `session`.')
  await expect(runs.result('a', { pollingInterval: 5 } as object)).rejects.toThrow('`pollingInterval` is not an option of result(). Use `pollingIntervalMs`.')
})
