// Where a process dies: around each thing that the loop does to the world, and around each record that it leaves.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/** Dies as a machine would let it: nothing runs after this. */
export function die() {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

const isDone = (name) => (record) => record.type === 'done' && record.name === name
const isModel = (step) => (record) => record.type === 'done' && record.id.startsWith(`steps/${step}/model/`)

/**
 * The points, by the names of docs/durability.md. `before` and `after` match a record that is about to be, or was, written; `at`
 * names a place outside of the journal; `torn` dies in the middle of writing.
 */
export const points = {
  'P0 before the run exists': { open: 'before' },
  'P1 the run exists': { open: 'after' },
  'P2 in the model call': { at: 'model 1' },
  'P3 model answered, not recorded': { before: isModel(1) },
  'P4 model recorded': { after: isModel(1) },
  'P5 tool started, no effect yet': { at: 'tool work' },
  'P6 effect done, not recorded': { before: isDone('tool work') },
  'P7 tool recorded': { after: isDone('tool work') },
  'P8 one of two parallel tools recorded': { after: isDone('tool second'), hold: 'after work' },
  'P9 question not written': { before: (record) => record.type === 'question' },
  'P9 question written': { after: (record) => record.type === 'question' },
  'P10 decision received, not recorded': { before: (record) => record.type === 'answer' },
  'P11 decision recorded': { after: (record) => record.type === 'answer' },
  'P12 last model answered, not recorded': { before: isModel(3) },
  'P12 last model recorded': { after: isModel(3) },
  'P13 before the end is recorded': { before: isEnd },
  'P13 after the end is recorded': { after: isEnd },
  'P15 in the middle of a write': { torn: isDone('tool work') },
}

function isEnd(record) {
  return record.type === 'end' && record.stopReason === 'finished'
}

/** A journal that dies at a point. */
export function crashing(journal, point, tear) {
  return {
    ...journal,
    async open(runId, head) {
      if (point.open === 'before') die()
      const run = await journal.open(runId, head)
      if (point.open === 'after') die()
      const append = async (records, isDurable) => {
        if (point.before && records.some(point.before)) die()
        if (point.torn && records.some(point.torn)) tear(records.find(point.torn))
        await run.append(records, isDurable)
        if (point.after && records.some(point.after)) die()
      }
      return { ...run, append }
    },
  }
}

/** What a kill in the middle of a write leaves in a log file. */
export function tearFile(folder, runId) {
  return (record) => {
    const line = JSON.stringify(record)
    appendFileSync(join(folder, runId, 'log.jsonl'), line.slice(0, line.length / 2))
    die()
  }
}
