import { deepStrictEqual, ok } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres, type Witness } from '@capstan/test-kit'
import pg from 'pg'
import { type ChildEnd, type ChildSetting, type RunSetting, runChild, startChild, withRun } from './processes.ts'
import { countOf, happenedOnce, waitFor } from './witnessed.ts'

/** A run on a server of its own, which may be killed. */
async function withServer(work: (server: PostgresServer, setting: RunSetting, outside: Witness) => Promise<string>): Promise<string> {
  const server = await startPostgres()
  try {
    const path = server.urlOf('postgres')
    return await withRun({ store: 'postgres', effect: 'once' }, async (setting, outside) => await work(server, { ...setting, path }, outside))
  } finally {
    await server.stop()
  }
}

/** The server is killed without a shutdown while the process holds the run; it starts again on its data. */
export async function databaseCrash(hold: NonNullable<ChildSetting['hold']>): Promise<string> {
  return await withServer(async (server, setting, outside) => {
    const child = startChild({ ...setting, hold })
    await waitFor(() => countOf(outside, 'held') === 1)
    await server.crash()
    return await finish(setting, outside, await child.ended)
  })
}

/** Every connection of the process is closed by the server at short intervals, whatever it is doing. */
export async function brokenConnections(): Promise<string> {
  return await withServer(async (server, setting, outside) => {
    const admin = new pg.Client({ connectionString: server.urlOf('postgres') })
    await admin.connect()
    const child = startChild({ ...setting, slow: true, hold: { at: 'tool work', ms: 500 } })
    await waitFor(() => countOf(outside, 'model') === 1)
    let isOver = false
    const ended = child.ended.finally(() => {
      isOver = true
    })
    let broken = 0
    while (!isOver) {
      const { rows } = await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'capstan'")
      broken += rows.length
      // How long a connection takes depends on the machine. The intervals become longer, so that each machine does its work at last.
      await sleep(10 + 2 * broken)
    }
    await admin.end()
    const end = await ended
    ok(broken > 1, `only ${broken} connections were broken`)
    return `${broken} connections broken, ${await finish(setting, outside, end)}`
  })
}

/** The run has paused. A person approves, and another process brings it to its end. */
async function finish(setting: RunSetting, outside: Witness, end: ChildEnd): Promise<string> {
  deepStrictEqual(end.stopReason, 'paused', JSON.stringify(end))
  happenedOnce(outside)
  await runChild({ ...setting, decides: 'all' })
  const { stopReason: last, records = [] } = await runChild(setting)
  deepStrictEqual([last, records.length], ['finished', new Set(records).size])
  deepStrictEqual([countOf(outside, 'effect pay'), countOf(outside, 'model')], [1, 3], outside.read().join(', '))
  return 'effects 1, requests 3, nothing unknown'
}
