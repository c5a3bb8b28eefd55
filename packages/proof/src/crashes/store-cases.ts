import { deepStrictEqual, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { approve, deny } from '@capstan/core'
import { killOverflow, overflowCases } from './overflow-case.ts'
import { brokenConnections, databaseCrash } from './postgres-cases.ts'
import {
  type ChildEnd,
  type ChildSetting,
  childArguments,
  type RunSetting,
  runChild,
  runToEnd,
  startChild,
  type Termination,
  watchChild,
  withRun,
} from './processes.ts'
import { killedInSession } from './session-cases.ts'
import type { StoreName } from './stores.ts'
import { killTainted, taintedRun } from './tainted-case.ts'
import { killTeam, teamCases } from './team-case.ts'
import { searchThenVanish, vanishedTool } from './vanished-case.ts'
import { countOf, happenedOnce, waitFor } from './witnessed.ts'

/** Tests that are not about one crash point: races, owners that come back, full disks, decisions from other processes. */
export interface StoreCase {
  readonly name: string
  readonly stores: readonly StoreName[]
  /** True for races: they are run many times. */
  readonly isRace?: boolean
  /** Throws when something is wrong; resolves to a line about what happened. */
  readonly run: (store: StoreName, quick: boolean) => Promise<string>
}

const all = ['file', 'sqlite', 'postgres'] as const

export const storeCases: readonly StoreCase[] = [
  { name: 'three processes for one run', stores: all, isRace: true, run: race },
  { name: 'three processes after a crash', stores: all, run: raceAfterCrash },
  { name: 'decisions from other processes', stores: all, run: decisions },
  { name: 'two decisions at once', stores: all, run: twoDecisions },
  { name: 'an owner stopped past its lease', stores: all, run: stoppedOwner },
  { name: 'SIGTERM: the run is stopped, its work ends, another process continues it', stores: all, run: stoppedRun },
  { name: 'SIGTERM: work that outlasts the grace period is aborted', stores: all, run: outlastedGrace },
  { name: 'SIGTERM: the run is aborted at once', stores: all, run: abortedRun },
  { name: 'the database crashes while a tool runs', stores: ['postgres'], run: () => databaseCrash({ at: 'tool work', ms: 2_000 }) },
  { name: 'the database crashes, and the tool ends meanwhile', stores: ['postgres'], run: () => databaseCrash({ at: 'after work', ms: 50 }) },
  { name: 'every connection is broken, again and again', stores: ['postgres'], run: brokenConnections },
  ...teamCases.map(
    ({ name, which, part }): StoreCase => ({
      name,
      // On PostgreSQL a process takes longer to begin, so some of the records have to do.
      stores: part === 0 ? all : ['file', 'sqlite'],
      run: async (store, quick) => {
        if (quick && part > 0) return 'not in the quick suite'
        return await killTeam((crash) => runToEnd(store, crash), { which, part, pauses: true, isQuick: quick || store === 'postgres' })
      },
    }),
  ),
  { name: taintedRun, stores: all, run: (store, isQuick) => killTainted((crash) => runToEnd(store, crash), { pauses: true, isQuick }) },
  { name: vanishedTool, stores: all, run: (store) => searchThenVanish((crash) => runToEnd(store, crash)) },
  ...overflowCases.map(
    ({ name, which }): StoreCase => ({
      name,
      stores: all,
      run: (store, quick) => killOverflow((crash) => runToEnd(store, crash), { which, stride: quick || store === 'postgres' ? 7 : 1 }),
    }),
  ),
  { name: 'killed while its run enters a session, or adds to it', stores: all, run: killedInSession },
  { name: 'other options of the call in each process', stores: all, run: otherOptions },
  { name: 'a full disk', stores: process.platform === 'win32' ? [] : ['file'], run: fullDisk },
]

/** Three processes open one run at once: one gets it, two are refused, and no effect happens twice. */
async function race(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const ends = await startTogether(setting)
    const last = await runChild(setting)
    const refused = ends.filter(({ error }) => error === 'run-locked').length
    deepStrictEqual(
      ends.filter(({ error }) => error !== undefined && error !== 'run-locked'),
      [],
    )
    deepStrictEqual(last.stopReason, 'paused')
    happenedOnce(outside)
    return `${refused} refused, effects 1, requests 2`
  })
}

/** Three processes that begin in the same moment, once each has loaded its modules. */
async function startTogether(setting: RunSetting): Promise<readonly ChildEnd[]> {
  const startAt = Date.now() + 600
  return await Promise.all([1, 2, 3].map(() => runChild({ ...setting, slow: true, startAt })))
}

/** Three processes find out at the same time that the owner is dead. */
async function raceAfterCrash(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'idempotent' }, async (setting, outside) => {
    await runChild({ ...setting, point: 'P4 model recorded' })
    const ends = await startTogether(setting)
    const isExpected = ({ error }: ChildEnd): boolean => error === undefined || error === 'run-locked'
    ok(ends.every(isExpected) && ends.some(({ stopReason }) => stopReason === 'paused'), JSON.stringify(ends))
    happenedOnce(outside)
    return 'effects 1, requests 2'
  })
}

/** An owner is stopped until its lease has ended, and then continued: its writes are refused. */
async function stoppedOwner(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'idempotent' }, async (setting, outside) => {
    const leased = { ...setting, leaseMs: 300 }
    const stopped = startChild({ ...leased, stopAt: 'after work' })
    await waitFor(() => countOf(outside, 'stopped') === 1)
    await waitFor(async () => (await runChild(leased)).stopReason === 'paused')
    stopped.process.kill('SIGCONT')
    const { error, records = [] } = await stopped.ended
    deepStrictEqual(error, 'run-locked')
    deepStrictEqual(records.length, new Set(records).size, 'a record is there twice')
    return 'append refused: run-locked'
  })
}

/** A process that gets SIGTERM stops its run, at any position of the run: nothing is lost, repeated or unknown. */
async function stoppedRun(store: StoreName): Promise<string> {
  const positions = ['model 1', 'tool work', 'after work', 'tool second', 'model 2']
  const reasons = await Promise.all(
    positions.map((at) =>
      withRun({ store, effect: 'once' }, async (setting, outside) => {
        const { stopReason, pending } = await runChild({ ...setting, term: { at, by: 'stop', graceMs: 10_000, workMs: 100 } })
        deepStrictEqual([stopReason, pending], ['stopped', []], at)
        const before = outside.read()
        deepStrictEqual((await runChild(setting)).stopReason, 'paused', at)
        happenedOnce(outside)
        return `${at}: ${before.length} of ${outside.read().length}`
      }),
    ),
  )
  return `stopped at each of ${reasons.length} positions, effects 1, requests 2, nothing unknown`
}

/** A call that must happen once outlasts the grace period: a person is asked about its outcome. */
async function outlastedGrace(store: StoreName): Promise<string> {
  return await endedInCall(store, { by: 'stop', graceMs: 50 })
}

/** Aborting ends the work at once; for the next process it is the same as a crash. */
async function abortedRun(store: StoreName): Promise<string> {
  return await endedInCall(store, { by: 'abort' })
}

async function endedInCall(store: StoreName, how: Pick<Termination, 'by' | 'graceMs'>): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const { error } = await runChild({ ...setting, term: { at: 'after work', workMs: 3_000, ...how } })
    deepStrictEqual(error, 'aborted')
    deepStrictEqual((await runChild(setting)).stopReason, 'outcome-unknown')
    deepStrictEqual([countOf(outside, 'effect work'), countOf(outside, 'model')], [1, 1], outside.read().join(', '))
    return 'aborted; the next process asks for the outcome of the call'
  })
}

/** A disk without room: the run stops with an error, and continues when there is room. */
async function fullDisk(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const full = await withSmallFiles({ ...setting, bulk: 3_000 }, 2)
    deepStrictEqual(full.error, 'journal-failed')
    const before = countOf(outside, 'effect work')
    const { stopReason = 'none' } = await runChild({ ...setting, bulk: 3_000 })
    match(stopReason, /^(?:paused|outcome-unknown)$/)
    deepStrictEqual(countOf(outside, 'effect work'), Math.max(1, before), 'a once tool ran twice')
    return `stopped: journal-failed; continued: ${stopReason}`
  })
}

/** A process whose files may not grow beyond some blocks of 512 or 1024 bytes. */
async function withSmallFiles(setting: ChildSetting, blocks: number): Promise<ChildEnd> {
  const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1" "$2"`
  return await watchChild(spawn('bash', ['-c', command, process.execPath, ...childArguments(setting)], { stdio: ['ignore', 'pipe', 'pipe'] })).ended
}

/** Each process starts the run with other options and prices: the first ones hold to its end. */
async function otherOptions(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const first = { limits: { steps: 9, cost: 1_000_000 }, settings: { temperature: 0 } } as const
    const later = { limits: { steps: 1, cost: 1 }, settings: { temperature: 2 }, toolChoice: 'none' } as const
    deepStrictEqual((await runChild({ ...setting, options: first, point: 'P4 model recorded' })).killed, true)
    const changed = { ...setting, options: later, changes: true }
    deepStrictEqual((await runChild(changed)).stopReason, 'paused')
    await runChild({ ...changed, decides: 'all' })
    deepStrictEqual((await runChild(changed)).stopReason, 'finished')
    const requests = outside.read().filter((line) => line.startsWith('model'))
    deepStrictEqual(
      requests,
      [1, 2, 3].map((step) => `model ${step} {"temperature":0}`),
    )
    return 'requests 3, each with the settings of the first process'
  })
}

/** Pauses the run, and gives the id of its question. */
async function pausedQuestion(setting: RunSetting): Promise<string> {
  const { stopReason, pending } = await runChild(setting)
  deepStrictEqual(stopReason, 'paused')
  return pending?.[0]?.id ?? ''
}

/** Three restarts while it waits; then somebody approves, somebody approves again, and somebody else denies. */
async function decisions(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    let id = ''
    for (let restart = 0; restart < 3; restart++) id = await pausedQuestion(setting)
    const approval = { ...setting, decides: { [id]: approve() } }
    deepStrictEqual((await runChild(approval)).decided, [id])
    deepStrictEqual((await runChild(approval)).decided, [id], 'the same approval was refused')
    deepStrictEqual((await runChild({ ...setting, decides: { [id]: deny() } })).error, 'invalid-use', 'a denial after the approval was accepted')
    deepStrictEqual((await runChild(setting)).stopReason, 'finished')
    deepStrictEqual((await runChild(approval)).error, undefined, 'the same approval was refused after the end')
    deepStrictEqual((await runChild(setting)).stopReason, 'finished', 'the result is gone')
    deepStrictEqual([countOf(outside, 'effect pay'), countOf(outside, 'model')], [1, 3], outside.read().join(', '))
    return 'one payment, first answer stays'
  })
}

/** Two people decide differently in the same moment: one answer is kept, and the other person gets an error. */
async function twoDecisions(store: StoreName): Promise<string> {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const id = await pausedQuestion(setting)
    const ends = await Promise.all([approve(), deny()].map((answer) => runChild({ ...setting, decides: { [id]: answer } })))
    deepStrictEqual(ends.filter(({ error }) => error === 'invalid-use').length, 1, JSON.stringify(ends))
    const isApproved = ends[0]?.error === undefined
    deepStrictEqual((await runChild(setting)).stopReason, 'finished')
    deepStrictEqual(countOf(outside, 'effect pay'), isApproved ? 1 : 0, 'the run followed the other answer')
    return `${isApproved ? 'approved' : 'denied'}, the other one was refused`
  })
}
