// What no single crash point shows: races, owners that come back, full disks, decisions from elsewhere.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { lastLine, runChild, startChild, withRun } from './harness.mjs'

const child = fileURLToPath(new URL('child.mjs', import.meta.url))
const countOf = (outside, what) => outside.read().filter((line) => line.startsWith(what)).length

/** Three processes want one run at once: one has it, two are refused, and no effect is there twice. */
export async function race(store) {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    const results = await startTogether(setting)
    const last = await runChild(setting)
    const refused = results.filter(({ error }) => error === 'run-locked').length
    const others = results.filter(({ error }) => error !== undefined && error !== 'run-locked')
    check(others.length === 0, `refused otherwise: ${JSON.stringify(others)}`)
    check(last.stopReason === 'paused', `ended as ${JSON.stringify(last)}`)
    check(countOf(outside, 'effect work') === 1 && countOf(outside, 'model') === 2, `happened: ${outside.read().join(', ')}`)
    return `${refused} refused, effects 1, requests 2`
  })
}

/** Three processes that begin in the same moment, once each has loaded its modules. */
async function startTogether(setting) {
  const startAt = Date.now() + 600
  return await Promise.all([1, 2, 3].map(() => runChild({ ...setting, slow: true, startAt })))
}

/** A dead owner is followed by three that see it dead at once. */
export async function raceAfterCrash(store) {
  return await withRun({ store, effect: 'idempotent' }, async (setting, outside) => {
    await runChild({ ...setting, point: 'P4 model recorded' })
    const results = await startTogether(setting)
    const paused = results.filter(({ stopReason }) => stopReason === 'paused').length
    check(paused >= 1 && results.every(({ error }) => error === undefined || error === 'run-locked'), JSON.stringify(results))
    check(countOf(outside, 'effect work') === 1 && countOf(outside, 'model') === 2, `happened: ${outside.read().join(', ')}`)
    return `effects 1, requests 2`
  })
}

/** An owner that is stopped past its lease and continued: what it has to say is refused. */
export async function stoppedOwner() {
  return await withRun({ store: 'sqlite', effect: 'idempotent' }, async (setting, outside) => {
    const options = { leaseMs: 300 }
    const stopped = startChild({ ...setting, options, stopAt: 'after work' })
    const ended = stopped.ended
    await waitFor(() => countOf(outside, 'stopped') === 1)
    await waitFor(async () => (await runChild({ ...setting, options })).stopReason === 'paused')
    stopped.process.kill('SIGCONT')
    const late = await ended
    check(late.error === 'run-locked', `the late owner ended as ${JSON.stringify(late)}`)
    check(late.records.length === new Set(late.records).size, 'a record is there twice')
    return 'append refused: run-locked'
  })
}

/** A disk that takes no more: the run stops with an error, and goes on when there is room. */
export async function fullDisk() {
  return await withRun({ store: 'file', effect: 'once' }, async (setting, outside) => {
    const full = await limited({ ...setting, bulk: 3_000 }, 2)
    check(full.error === 'journal-failed', `ended as ${JSON.stringify(full)}`)
    const before = countOf(outside, 'effect work')
    const after = await runChild({ ...setting, bulk: 3_000 })
    check(after.stopReason === 'paused' || after.stopReason === 'outcome-unknown', `went on as ${JSON.stringify(after)}`)
    check(countOf(outside, 'effect work') === Math.max(1, before), 'a once tool ran twice')
    return `stopped: journal-failed; went on: ${after.stopReason}`
  })
}

/** A process whose files may not grow beyond some blocks of 512 or 1024 bytes. */
async function limited(setting, blocks) {
  const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1" "$2"`
  const started = spawn('bash', ['-c', command, process.execPath, child, JSON.stringify(setting)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  started.stdout.on('data', (chunk) => (stdout += chunk))
  await once(started, 'close')
  return lastLine(stdout)
}

/** Three restarts while it waits; then somebody approves, somebody approves again, and somebody else denies. */
export async function decisions(store) {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    for (let restart = 0; restart < 3; restart++) {
      const { stopReason } = await runChild(setting)
      check(stopReason === 'paused', `restart ${restart} ended as ${stopReason}`)
    }
    const id = 'steps/2/tools/0/approval'
    const decide = (answer) => runChild({ ...setting, task: 'decide', answers: { [id]: answer } })
    check((await decide({ approve: true })).decided?.[0] === id, 'the approval was refused')
    check((await decide({ approve: true })).decided?.[0] === id, 'the same approval was refused')
    check((await decide({ approve: false })).error === 'invalid-use', 'a denial after the approval was not refused')
    const result = await runChild(setting)
    check(result.stopReason === 'finished', `ended as ${result.stopReason}`)
    check((await decide({ approve: true })).error === undefined, 'the same approval was refused after the end')
    check((await runChild(setting)).stopReason === 'finished', 'the result is gone')
    check(countOf(outside, 'effect pay') === 1 && countOf(outside, 'model') === 3, `happened: ${outside.read().join(', ')}`)
    return 'one payment, first answer stays'
  })
}

/** Two people decide otherwise in the same moment: both learn of the same answer. */
export async function twoDecisions(store) {
  return await withRun({ store, effect: 'once' }, async (setting, outside) => {
    await runChild(setting)
    const id = 'steps/2/tools/0/approval'
    const results = await Promise.all([true, false].map((approve) => runChild({ ...setting, task: 'decide', answers: { [id]: { approve } } })))
    check(results.filter(({ error }) => error === 'invalid-use').length === 1, JSON.stringify(results))
    const isApproved = results[0]?.error === undefined
    const end = await runChild(setting)
    check(end.stopReason === 'finished' && countOf(outside, 'effect pay') === (isApproved ? 1 : 0), 'the run followed the other one')
    return `${isApproved ? 'approved' : 'denied'}, the other was told`
  })
}

function check(holds, otherwise) {
  if (!holds) throw new Error(otherwise)
}

async function waitFor(condition) {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('Waited for something that did not happen.')
}
