import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError, type Decision, type ListedRun, type OpenRun, type RunHead, type SavedRun } from '@capstan/core'
import { isRecord, isRunVersion } from '@capstan/core/internal'
import { broken, guarded, notFound } from '../failure.ts'
import { createWhole, folderNameOf, hasCode, idOf, makeFolder, syncFolder } from './files.ts'
import { addDecision, readDecisions } from './inbox.ts'
import { encodeLine, readLines } from './lines.ts'
import { openLog } from './log-file.ts'
import { LogWriter } from './log-writer.ts'
import { type Ownership, takeOwnership } from './ownership.ts'

const logName = 'log.jsonl'

/** Which run, and where its folder is. */
export interface RunPlace {
  readonly root: string
  readonly runId: string
  /** Takes it over although its owner is not certainly gone. */
  readonly force: boolean
}

/** Opens a run for writing; makes it when there is a head and no run. */
export async function openRun(place: RunPlace, head: RunHead | undefined): Promise<OpenRun> {
  return await guarded(`Opening the run '${place.runId}'`, () => takeRun(place, head))
}

/** Reads a run at any time. */
export async function readRun(place: RunPlace): Promise<SavedRun> {
  return await guarded(`Reading the run '${place.runId}'`, async () => (await readLog(place)).saved)
}

/** Keeps a decision, unless there is one about the question. */
export async function decideRun(place: RunPlace, decision: Decision): Promise<Decision> {
  return await guarded(`Keeping a decision about '${place.runId}'`, () => addDecision(folderOf(place), decision))
}

/** All runs below a folder, the last changed first. */
export async function listRuns(root: string): Promise<readonly ListedRun[]> {
  return await guarded(`Listing the runs in ${root}`, () => findRuns(root))
}

/** Removes a run that nobody writes. */
export async function deleteRun(place: RunPlace): Promise<void> {
  await guarded(`Deleting the run '${place.runId}'`, () => removeRun(place))
}

function folderOf({ root, runId }: RunPlace): string {
  return join(root, folderNameOf(runId))
}

async function takeRun(place: RunPlace, head: RunHead | undefined): Promise<OpenRun> {
  const folder = folderOf(place)
  if (head !== undefined && head.runId !== place.runId) throw new AgentError(`The head is of the run '${head.runId}'.`, { code: 'invalid-use' })
  if (head === undefined) await readLog(place)
  else await makeFolder(folder)
  const owner = await takeOwnership(folder, place.force)
  try {
    const isNew = head !== undefined && (await createLog(folder, head))
    const saved = isNew ? { head, records: [], decisions: [] } : await readWhole(place)
    return openedRun(folder, { saved, owner, writer: new LogWriter(openLog(join(folder, logName)), owner.check) })
  } catch (error) {
    await owner.release()
    throw error
  }
}

async function readWhole(place: RunPlace): Promise<SavedRun> {
  const { saved, wholeBytes } = await readLog(place)
  const file = join(folderOf(place), logName)
  // A torn line never counted; what comes next must not be glued to it.
  if ((await stat(file)).size > wholeBytes) await truncate(file, wholeBytes)
  return saved
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

/** Returns false when the run has a log. */
async function createLog(folder: string, head: RunHead): Promise<boolean> {
  const file = join(folder, logName)
  const isThere = (await stat(file).catch(() => undefined)) !== undefined
  return !isThere && (await createWhole(file, `${await encodeLine(folder, { type: 'head', head })}\n`, true))
}

async function readLog(place: RunPlace): Promise<{ readonly saved: SavedRun; readonly wholeBytes: number }> {
  const { root, runId } = place
  const folder = folderOf(place)
  const lines = await readLines(folder, logName)
  if (lines === undefined) throw notFound(runId, root)
  const [first, ...records] = lines.values
  // The log is ours: its first line is the head, written whole.
  const { head } = (first ?? {}) as { readonly head?: RunHead }
  if (head?.runId !== runId || !isRunVersion(head.version)) throw broken(`The log in ${folder} does not begin with the run '${runId}' in version 1 or 2`)
  if (!records.every(isRecord)) throw broken(`The log in ${folder} has lines that are no records`)
  return { saved: { head, records, decisions: await readDecisions(folder) }, wholeBytes: lines.wholeBytes }
}

async function findRuns(root: string): Promise<readonly ListedRun[]> {
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

async function removeRun(place: RunPlace): Promise<void> {
  const { root, runId, force } = place
  const folder = folderOf(place)
  if ((await stat(folder).catch(() => undefined)) === undefined) throw notFound(runId, root)
  await takeOwnership(folder, force)
  // Renamed first: whoever looks sees a whole run or none.
  const gone = join(root, `.deleted-${randomUUID()}`)
  await rename(folder, gone)
  await syncFolder(root)
  await rm(gone, { recursive: true })
}
