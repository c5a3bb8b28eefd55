// What no crash of one worker shows: workers of other names, a database that dies, a run that kills whoever runs it.
import { once } from 'node:events'
import { observe } from '../matrix.mjs'
import { startWorker } from './dbos-crew.mjs'

export function casesOn({ client, runToEnd, server }) {
  return [
    ['two workers, the one at work killed, idempotent', () => twoWorkers('idempotent', { effects: 2, unknown: 0 })],
    ['two workers, the one at work killed, once', () => twoWorkers('once', { effects: 1, unknown: 1 })],
    ['database killed, a tool under way', () => databaseKilled({ holdAt: 'tool work', holdMs: 2_000 }, { effects: 1, unknown: 0 })],
    ['database killed, the tool ends meanwhile', () => databaseKilled({ holdAt: 'after work', holdMs: 100 }, { effects: 1, unknown: 0 })],
    ['a run that kills whoever runs it', givenUp],
  ]

  /** The second worker is there all the time, and has another name. It does nothing by itself: somebody tells DBOS to resume the run. */
  async function twoWorkers(effect, expected) {
    let status
    const during = async (crew) => {
      await crew.held
      const second = startWorker({ ...crew.setting, executorID: 'second', isIdle: true })
      try {
        // Ready, then launched.
        await once(second, 'message')
        await once(second, 'message')
        // The third one only asks what became of the run.
        await crew.kill()
        status = await client.getWorkflow(crew.setting.runId)
        await client.resumeWorkflow(crew.setting.runId)
        await crew.ended
      } finally {
        second.kill('SIGKILL')
      }
    }
    const words = await judge({ effect, plan: [{ holdAt: 'after work' }, { executorID: 'third' }], during }, expected)
    if (status.status !== 'PENDING' || status.executorId !== 'worker') throw new Error(`After the kill the run was ${status.status}, of '${status.executorId}'`)
    return `PENDING until resumed; ${words}`
  }

  async function databaseKilled(hold, expected) {
    const during = async (crew) => {
      await crew.held
      await server.crash()
    }
    return await judge({ effect: 'once', ...hold, during }, expected)
  }

  async function givenUp() {
    const plan = Array.from({ length: 8 }, () => ({ point: 'P5 tool started, no effect yet' }))
    const seen = { kills: 0 }
    const during = (crew) => {
      const { afterKill } = crew
      crew.afterKill = async () => {
        seen.kills++
        await afterKill()
      }
    }
    const error = await runToEnd({ effect: 'read', plan, maxRecoveryAttempts: 2, during }).catch((reason) => reason)
    if (!String(error.message).startsWith('engine-failed') || seen.kills !== 3) throw new Error(`ended after ${seen.kills} kills with ${error.message}`)
    return 'given up after 3 kills: engine-failed'
  }

  async function judge(crash, expected) {
    const { result: undisturbed } = await runToEnd({ effect: crash.effect })
    const seen = observe(await runToEnd(crash), undisturbed)
    const all = { ...expected, keys: 1, payments: 1, models: 3, repeatedRecords: 0, isSame: true }
    const wrong = Object.entries(all).filter(([name, value]) => seen[name] !== value)
    if (wrong.length > 0) throw new Error(`expected ${JSON.stringify(Object.fromEntries(wrong))}, saw ${JSON.stringify(seen)}`)
    return `effects ${seen.effects}, payments 1, unknown ${seen.unknown}, same result`
  }
}
