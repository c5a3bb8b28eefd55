import { Agent, approve, decide } from '@capstan/core'
import { call, scriptedModel } from '@capstan/core/testing'
import { fileJournal } from '@capstan/durable'
import { tool } from '@capstan/tools'
import { expect, test } from 'vitest'
import { outline, readModel } from '../../testing/model-of.ts'
import { newFolder } from '../../testing/traces.ts'
import { passingStart } from '../lines.ts'
import { JournalSource } from './journal-source.ts'

test('an answer that the run has not taken yet is shown, and is not counted among the lines, which stay as they are', async () => {
  const journal = fileJournal(newFolder())
  const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: { type: 'object' }, needsApproval: true, execute: () => 'paid' })
  const agent = new Agent({ model: scriptedModel([call('pay'), 'Done.']), tools: [pay] })
  const { pending } = await agent.generate('go', { journal, runId: 'r' })
  const source = new JournalSource(journal, 'r')
  const lines = async (): Promise<readonly string[]> => {
    const found: string[] = []
    for await (const batch of source.lines('r')) found.push(...batch)
    return found
  }
  const statusOf = async (): Promise<readonly string[]> => outline((await readModel(source, 'r')).roots).filter((row) => row.includes('person'))
  const asked = await lines()
  expect(await statusOf()).toEqual(['    person waits for a person waiting'])

  const [question] = pending
  await decide(journal, 'r', { [question?.id ?? '']: approve() })
  const decided = await lines()
  expect(decided.slice(0, -1)).toEqual(asked)
  expect(decided.at(-1)?.startsWith(passingStart)).toBe(true)
  expect(await statusOf()).toEqual(['    person waits for a person ok'])

  await agent.resume('r', { journal }).result
  const taken = await lines()
  expect(taken.slice(0, asked.length)).toEqual(asked)
  expect(taken.some((line) => line.startsWith(passingStart))).toBe(false)
  expect(await statusOf()).toEqual(['    person waits for a person ok'])
  // A journal keeps no time of a question that does not expire: it was asked after the reply that it is about.
  const { rows } = await readModel(source, 'r')
  const [request, person] = ['request', 'person'].map((kind) => rows.find((row) => row.kind === kind))
  const times = [request?.to, person?.from, person?.to].map((at) => at ?? 0)
  expect(times).toEqual([...times].sort((left, right) => left - right))
  expect(times[0]).toBeGreaterThan(0)
})
