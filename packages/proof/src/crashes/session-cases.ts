import { deepStrictEqual } from 'node:assert/strict'
import type { SessionDeath } from './points.ts'
import { type ChildEnd, type RunSetting, runChild, withRun } from './processes.ts'
import type { StoreName } from './stores.ts'
import { countOf } from './witnessed.ts'

const deaths: readonly SessionDeath[] = (['open', 'messages'] as const).flatMap((entry) => (['before', 'after'] as const).map((when) => ({ entry, when })))
const maxProcesses = 8

/** A process dies before or after its run takes its place in a session, and between the end of the run and its messages in the session. */
export async function killedInSession(store: StoreName): Promise<string> {
  for (const death of deaths) {
    const where = `killed ${death.when} '${death.entry}'`
    await withRun({ store, effect: 'once' }, async (setting, outside) => {
      const ended = await runInSession(setting, death)
      deepStrictEqual(ended.session?.messages, ended.result?.messages, `${where}: the session has other messages than the run`)
      deepStrictEqual(ended.session?.openRun, undefined, `${where}: the run has not given its place back`)
      // A redelivered event gives the recorded result, and adds nothing.
      const again = await runChild({ ...setting, session: {} })
      deepStrictEqual([again.result, again.session], [ended.result, ended.session], `${where}: called again`)
      deepStrictEqual([countOf(outside, 'model'), countOf(outside, 'effect pay'), countOf(outside, 'effect work')], [3, 1, 1], where)
    })
  }
  return `killed at ${deaths.length} positions; messages in the session once, requests 3, payments 1`
}

async function runInSession(setting: RunSetting, death: SessionDeath): Promise<ChildEnd> {
  let isKilled = false
  for (let count = 0; count < maxProcesses; count++) {
    const end = await runChild({ ...setting, session: isKilled ? {} : { death } })
    isKilled ||= end.killed
    if (end.error !== undefined) throw new Error(`${end.error}: ${end.message}`)
    if (end.stopReason === 'finished') {
      deepStrictEqual(isKilled, true, 'no process was killed')
      return end
    }
    if (end.stopReason === 'paused') await runChild({ ...setting, decides: 'all' })
  }
  throw new Error(`The run did not end within ${maxProcesses} processes.`)
}
