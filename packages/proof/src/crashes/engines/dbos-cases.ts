import { deepStrictEqual, match } from 'node:assert/strict'
import { once } from 'node:events'
import type { ToolEffect } from '@capstan/core'
import type { Seen } from '../matrix.ts'
import { killOverflow, overflowCases } from '../overflow-case.ts'
import { killTainted, taintedRun } from '../tainted-case.ts'
import { killTeam, teamCases } from '../team-case.ts'
import { searchThenVanish, vanishedTool } from '../vanished-case.ts'
import { type Crew, type DbosCrash, type RunningDbos, startWorker, type WorkerPlan } from './dbos-crew.ts'
import { type EngineCase, judge } from './engine.ts'

type Expected = Pick<Seen, 'effects' | 'unknown'>

/** Workers of other names, a database that dies, a run that kills every worker. */
export const dbosCases: readonly EngineCase<RunningDbos>[] = [
  { name: 'two workers, the one at work killed, idempotent', run: (engine) => twoWorkers(engine, 'idempotent', { effects: 2, unknown: 0 }) },
  { name: 'two workers, the one at work killed, once', run: (engine) => twoWorkers(engine, 'once', { effects: 1, unknown: 1 }) },
  { name: 'database killed, a tool under way', run: (engine) => databaseKilled(engine, { holdAt: 'tool work', holdMs: 2_000 }) },
  { name: 'database killed, the tool ends meanwhile', run: (engine) => databaseKilled(engine, { holdAt: 'after work', holdMs: 100 }) },
  ...teamCases.map(({ name, ...kills }): EngineCase<RunningDbos> => ({ name, run: ({ runToEnd }) => killTeam(runToEnd, { ...kills, pauses: false }) })),
  ...overflowCases.map(({ name, which }): EngineCase<RunningDbos> => ({ name, run: ({ runToEnd }) => killOverflow(runToEnd, { which, stride: 3 }) })),
  { name: taintedRun, run: ({ runToEnd }) => killTainted(runToEnd, { pauses: false }) },
  { name: vanishedTool, run: ({ runToEnd }) => searchThenVanish(runToEnd) },
  { name: 'a run that kills whoever runs it', run: givenUp },
]

/** The second worker runs all the time and has another name. It does nothing until DBOS is told to resume the run. */
async function twoWorkers({ client, runToEnd }: RunningDbos, effect: ToolEffect, expected: Expected): Promise<string> {
  let status: Awaited<ReturnType<typeof client.getWorkflow>>
  const during = async (crew: Crew): Promise<void> => {
    await crew.held
    const second = startWorker({ ...crew.setting, executorID: 'second', isIdle: true })
    try {
      // Ready, then launched.
      await once(second, 'message')
      await once(second, 'message')
      // The third one only reads the outcome of the run.
      await crew.kill()
      status = await client.getWorkflow(crew.setting.runId)
      await client.resumeWorkflow(crew.setting.runId)
      await crew.ended
    } finally {
      second.kill('SIGKILL')
    }
  }
  const plan: readonly WorkerPlan[] = [{ holdAt: 'after work' }, { executorID: 'third' }]
  const seen = await judge(runToEnd, { effect, plan, during }, expected)
  deepStrictEqual([status?.status, status?.executorId], ['PENDING', 'worker'])
  return `PENDING until resumed; ${seen}`
}

async function databaseKilled({ runToEnd, server }: RunningDbos, hold: Pick<DbosCrash, 'holdAt' | 'holdMs'>): Promise<string> {
  const during = async (crew: Crew): Promise<void> => {
    await crew.held
    await server.crash()
  }
  return await judge(runToEnd, { effect: 'once', ...hold, during }, { effects: 1, unknown: 0 })
}

async function givenUp({ runToEnd }: RunningDbos): Promise<string> {
  const plan = Array.from({ length: 8 }, () => ({ point: 'P5 tool started, no effect yet' }))
  let kills = 0
  const during = async (crew: Crew): Promise<void> => {
    const { afterKill } = crew
    crew.afterKill = async () => {
      kills++
      await afterKill()
    }
  }
  const outcome = await runToEnd({ effect: 'read', plan, maxRecoveryAttempts: 2, during }).catch((reason: unknown) => reason)
  match(String(outcome), /^Error: engine-failed/)
  deepStrictEqual(kills, 3)
  return 'given up after 3 kills: engine-failed'
}
