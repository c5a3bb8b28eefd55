import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { Journal, OpenRun, RunHead } from '../durability/journal.ts'
import type { RunRecord } from '../durability/records.ts'
import { failureOf, resultIn, soon, tick } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool } from '../testing/test-tool.ts'

type Call = 'open' | 'append' | 'readDecisions' | 'close'

/** A journal in memory, one call of which never settles once it is stuck. */
function journalStuckIn(stuck: Call | undefined) {
  let head: RunHead | undefined
  const records: RunRecord[] = []
  let closed = 0
  let release = (): void => {}
  const journal = {
    stuck,
    closed: () => closed,
    release: () => release(),
    async open(_: string, given?: RunHead): Promise<OpenRun> {
      head ??= given
      if (journal.stuck === 'open') await new Promise<void>((resolve) => (release = resolve))
      if (head === undefined) throw new Error('There is no run.')
      return { head, records: [...records], decisions: [], append, readDecisions, close }
    },
    read: () => never(),
    decide: () => never(),
    list: async () => ({ runs: [] }),
    delete: async () => {},
  } satisfies Journal & Record<string, unknown>
  const append = async (added: readonly RunRecord[]): Promise<void> => {
    if (journal.stuck === 'append') await never()
    records.push(...added)
  }
  const readDecisions = (): Promise<never[]> => (journal.stuck === 'readDecisions' ? never() : Promise.resolve([]))
  const close = async (): Promise<void> => {
    closed++
    if (journal.stuck === 'close') await never()
  }
  return journal
}

const calls: readonly Call[] = ['open', 'append', 'close']

function agent(limits = {}) {
  return new Agent({ model: scriptedModel([{ text: 'Done.' }]), limits })
}

test.each(calls)('an abort ends a run whose journal never answers to `%s`', async (stuck) => {
  const journal = journalStuckIn(stuck)
  const run = agent().stream('go', { journal })
  const failure = failureOf(run.result)
  for (let turn = 0; turn < 5; turn++) await tick()
  run.abort()
  expect(await failure).toMatchObject({ code: 'aborted' })
})

test.each(calls)('the time limit ends a run whose journal never answers to `%s`', async (stuck) => {
  const failure = await failureOf(agent({ durationMs: 50 }).generate('go', { journal: journalStuckIn(stuck) }))
  expect(failure).toMatchObject({ code: 'journal-failed', message: expect.stringContaining(stuck === 'append' ? 'write a record' : `${stuck} the run`) })
  expect(resultIn(failure).messages.length).toBeGreaterThanOrEqual(1)
})

test('a journal that opens a run too late closes it again: the run is not locked', async () => {
  const journal = journalStuckIn('open')
  const run = agent().stream('go', { journal })
  const failure = failureOf(run.result)
  await tick()
  run.abort()
  await failure
  journal.release()
  await tick()
  expect(journal.closed()).toBe(1)
})

test('a journal that never returns decisions does not block a run', async () => {
  const journal = journalStuckIn(undefined)
  const model = scriptedModel([{ calls: [call('pay')] }, { text: 'Paid.' }])
  const payer = new Agent({ model, tools: [payTool()], limits: { durationMs: 50 } })
  const paused = await soon(payer.generate('go', { journal, runId: 'r' }))
  expect(paused.status).toBe('paused')
  journal.stuck = 'readDecisions'
  const resumed = payer.resume('r', { journal })
  expect(await failureOf(resumed.result)).toMatchObject({ code: 'journal-failed' })
})

test('a journal that takes longer than the run has left still records its end', async () => {
  const journal = journalStuckIn(undefined)
  const slow: Journal = {
    ...journal,
    open: async (runId, head) => {
      const run = await journal.open(runId, head)
      return {
        ...run,
        append: async (records) => {
          await new Promise((resolve) => setTimeout(resolve, 100))
          await run.append(records, true)
        },
      }
    },
  }
  const hanging = new Agent({ model: scriptedModel([{ text: 'So', hangs: true }]), limits: { durationMs: 20 } })
  expect(await soon(hanging.generate('go', { journal: slow }))).toMatchObject({ stopReason: 'max-duration' })
})

test('a journal that responds leaves no timer, so the process can end', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
  const before = timers()
  await agent().generate('go', { journal: journalStuckIn(undefined) })
  expect(timers()).toBe(before)
})
