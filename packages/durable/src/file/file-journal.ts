import { randomUUID } from 'node:crypto'
import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isRecord, type Journal, type ListedRun, type OpenRun, type RunHead, type SavedRun } from '@capstan/core'
import { broken, guarded, notFound } from '../failure.ts'
import { createWhole, folderNameOf, hasCode, idOf, makeFolder, syncFolder } from './files.ts'
import { addDecision, readDecisions } from './inbox.ts'
import { encodeLine, readLines } from './lines.ts'
import { LogWriter } from './log-writer.ts'
import { type Ownership, takeOwnership } from './ownership.ts'

const logName = 'log.jsonl'

export interface FileJournalOptions {
  /**
   * Takes runs over although their owner is not certainly gone: for a person who knows that it is. Two owners that both live would
   * run tools twice. Default: false.
   */
  readonly force?: boolean
}

/**
 * Keeps each run in a folder of its own: an append-only JSONL log that is synced before a record counts, decisions of people beside
 * it, and large values in files. One process at a time writes a run; any may read it and decide its questions.
 *
 * @param folder - Made when it is not there.
 */
export function fileJournal(folder: string, { force = false }: FileJournalOptions = {}): Journal {
  const root = resolve(folder)
  const placeOf = (runId: string): string => join(root, folderNameOf(runId))
  return {
    open: async (runId, head) => await guarded(`Opening the run '${runId}'`, () => openRun(placeOf(runId), { runId, head, root, force })),
    read: async (runId) => await guarded(`Reading the run '${runId}'`, () => readRun(placeOf(runId), { runId, root })),
    decide: async (runId, decision) => await guarded(`Keeping a decision about '${runId}'`, () => addDecision(placeOf(runId), decision)),
    list: async () => await guarded(`Listing the runs in ${root}`, () => listRuns(root)),
    delete: async (runId) => await guarded(`Deleting the run '${runId}'`, () => deleteRun(placeOf(runId), { runId, root, force })),
  }
}

interface RunPlace {
  readonly runId: string
  readonly root: string
}

interface Opening extends RunPlace {
  readonly head: RunHead | undefined
  readonly force: boolean
}

async function openRun(folder: string, { runId, head, root, force }: Opening): Promise<OpenRun> {
  if (head === undefined) await readRun(folder, { runId, root })
  else await makeFolder(folder)
  const owner = await takeOwnership(folder, force)
  try {
    if (head !== undefined) await createLog(folder, head)
    const { saved, wholeBytes } = await readLog(folder, { runId, root })
    const file = join(folder, logName)
    // A torn line never counted; what comes next must not be glued to it.
    if ((await stat(file)).size > wholeBytes) await truncate(file, wholeBytes)
    return openedRun(folder, { saved, owner, writer: new LogWriter(await open(file, 'a'), owner.check) })
  } catch (error) {
    await owner.release()
    throw error
  }
}

interface Opened {
  readonly saved: SavedRun
  readonly owner: Ownership
  readonly writer: LogWriter
}

function openedRun(folder: string, { saved, owner, writer }: Opened): OpenRun {
  return {
    ...saved,
    append: async (records, isDurable) => await writer.append(Promise.all(records.map((record) => encodeLine(folder, record))), isDurable),
    readDecisions: async () => await guarded('Reading decisions', () => readDecisions(folder)),
    async close() {
      await guarded('Closing the journal', async () => {
        await writer.close()
        await owner.release()
      })
    },
  }
}

async function createLog(folder: string, head: RunHead): Promise<void> {
  const file = join(folder, logName)
  const isThere = await stat(file).catch(() => undefined)
  if (isThere === undefined) await createWhole(file, `${await encodeLine(folder, { type: 'head', head })}\n`, true)
}

async function readRun(folder: string, place: RunPlace): Promise<SavedRun> {
  return (await readLog(folder, place)).saved
}

async function readLog(folder: string, { runId, root }: RunPlace): Promise<{ readonly saved: SavedRun; readonly wholeBytes: number }> {
  const lines = await readLines(folder, logName)
  if (lines === undefined) throw notFound(runId, root)
  const [first, ...records] = lines.values
  // The log is ours: its first line is the head, written whole.
  const { head } = (first ?? {}) as { readonly head?: RunHead }
  if (head?.runId !== runId || head.version !== 1) throw broken(`The log in ${folder} does not begin with version 1 of the run '${runId}'`)
  if (!records.every(isRecord)) throw broken(`The log in ${folder} has lines that are no records`)
  return { saved: { head, records, decisions: await readDecisions(folder) }, wholeBytes: lines.wholeBytes }
}

async function listRuns(root: string): Promise<readonly ListedRun[]> {
  const names = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  const runs = await Promise.all(names.map(async (name) => await listedRun(root, name)))
  return runs.filter((run) => run !== undefined).sort((left, right) => right.changedAt - left.changedAt)
}

async function listedRun(root: string, name: string): Promise<ListedRun | undefined> {
  const runId = name.startsWith('.') ? undefined : idOf(name)
  const log = await stat(join(root, name, logName)).catch(() => undefined)
  return runId === undefined || log === undefined ? undefined : { runId, changedAt: log.mtimeMs }
}

async function deleteRun(folder: string, { runId, root, force }: RunPlace & { readonly force: boolean }): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) === undefined) throw notFound(runId, root)
  await takeOwnership(folder, force)
  // Renamed first: whoever looks sees a whole run or none.
  const gone = join(root, `.deleted-${randomUUID()}`)
  await rename(folder, gone)
  await syncFolder(root)
  await rm(gone, { recursive: true })
}

