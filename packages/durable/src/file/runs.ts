import { stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Decision, ListedRun, OpenRun, RunHead, SavedRun } from '@capstan/core'
import { isRecord } from '@capstan/core/internal'
import { AppendQueue } from '../append-queue.ts'
import { broken, checkRunId, checkVersion, guarded, notFound } from '../failure.ts'
import { FileLease, type LeaseTerms } from './file-lease.ts'
import { createFile, folderNameOf, idOf, isThere, makeFolder, namesIn, removeDrafts, removeFolder, replaceByCopy } from './files.ts'
import { addDecision, readDecisions } from './inbox.ts'
import { encodeLines, logOf, readLog, valuesOf } from './log.ts'
import { LogFile } from './log-file.ts'

/** A run, and the folder of the journal that has it. */
export interface RunInFolder extends LeaseTerms {
  readonly root: string
}

/** Opens a run for writing; begins it when there is a head and no run. */
export async function openRun(run: RunInFolder, head: RunHead | undefined): Promise<OpenRun> {
  return await guarded(`Opening the run '${run.runId}'`, async () => await takeRun(run, head))
}

/** Reads a run at any time. */
export async function readRun(run: RunInFolder): Promise<SavedRun> {
  return await guarded(`Reading the run '${run.runId}'`, async () => (await readSaved(run)).saved)
}

/** Keeps a decision, unless there is one about its question. */
export async function decideRun(run: RunInFolder, decision: Decision): Promise<Decision> {
  return await guarded(`Keeping a decision about the run '${run.runId}'`, async () => await addDecision(folderOf(run), decision))
}

/** All runs in a folder, the most recently changed first. */
export async function listRuns(root: string): Promise<readonly ListedRun[]> {
  return await guarded(`Listing the runs in ${root}`, async () => {
    const runs = await Promise.all((await namesIn(root)).map(async (name) => await listedRun(root, name)))
    return runs.filter((run) => run !== undefined).sort((left, right) => right.changedAt - left.changedAt)
  })
}

/** Removes a run that no process writes. */
export async function deleteRun(run: RunInFolder): Promise<void> {
  await guarded(`Deleting the run '${run.runId}'`, async () => await removeRun(run))
}

function folderOf({ root, runId }: RunInFolder): string {
  return join(root, folderNameOf(runId))
}

async function takeRun(run: RunInFolder, head: RunHead | undefined): Promise<OpenRun> {
  checkRunId(run.runId, head)
  const folder = folderOf(run)
  if (head !== undefined) await makeFolder(folder)
  else if (!(await isThere(logOf(folder)))) throw notFound(run.runId, run.root)
  const lease = await FileLease.take(folder, run)
  try {
    const isNew = head !== undefined && (await createLog(folder, head))
    const saved = isNew ? { head, records: [], decisions: [] } : await takeLog(run, lease)
    return ownedRun(folder, saved, lease)
  } catch (error) {
    await lease.release()
    throw error
  }
}

/** Returns false when the run has a log. */
async function createLog(folder: string, head: RunHead): Promise<boolean> {
  if (await isThere(logOf(folder))) return false
  const [line] = await encodeLines(folder, [{ type: 'head', head }])
  return await createFile(logOf(folder), { text: `${line}\n`, isDurable: true })
}

/** Prepares the log of a run for its new owner: only this owner can write it, and it ends with a complete line. */
async function takeLog(run: RunInFolder, lease: FileLease): Promise<SavedRun> {
  const folder = folderOf(run)
  for (const withDrafts of [folder, valuesOf(folder)]) await removeDrafts(withDrafts)
  // What a rival writes from now on goes to the old file, and its check after the write fails. What it wrote before is in the copy.
  if (lease.mayHaveRival) await replaceByCopy(logOf(folder))
  const { saved, completeBytes } = await readSaved(run)
  // The part of a line that a crash cut off never counted, and the next line must not be added to it.
  if ((await stat(logOf(folder))).size > completeBytes) await truncate(logOf(folder), completeBytes)
  return saved
}

function ownedRun(folder: string, saved: SavedRun, lease: FileLease): OpenRun {
  const log = new LogFile(logOf(folder))
  const queue = new AppendQueue<string>(async (lines, isDurable) => {
    lease.check()
    log.write(lines.map((line) => `${line}\n`).join(''))
    if (isDurable) await log.datasync()
    // Lines count only if the run had no other owner before they were written.
    lease.check()
  })
  return {
    ...saved,
    append: async (records, isDurable) => await queue.append(encodeLines(folder, records), isDurable),
    readDecisions: async () => await guarded('Reading decisions', async () => await readDecisions(folder)),
    close: async () =>
      await guarded(`Closing the run '${saved.head.runId}'`, async () => {
        await queue.settled()
        await log.close()
        await lease.release()
      }),
  }
}

async function readSaved(run: RunInFolder): Promise<{ readonly saved: SavedRun; readonly completeBytes: number }> {
  const folder = folderOf(run)
  const log = await readLog(folder)
  if (log === undefined) throw notFound(run.runId, run.root)
  const [first, ...records] = log.values
  // The first line of a log is the head of its run, created together with the file.
  const { head } = (first ?? {}) as { readonly head?: RunHead }
  if (head?.runId !== run.runId) throw broken(`The log in ${folder} does not begin with the head of the run '${run.runId}'`)
  checkVersion(head)
  if (!records.every(isRecord)) throw broken(`The log in ${folder} has lines that are not records`)
  return { saved: { head, records, decisions: await readDecisions(folder) }, completeBytes: log.completeBytes }
}

async function listedRun(root: string, name: string): Promise<ListedRun | undefined> {
  const runId = idOf(name)
  if (runId === undefined) return undefined
  const log = await stat(logOf(join(root, name))).catch(() => undefined)
  return log && { runId, changedAt: log.mtimeMs }
}

async function removeRun(run: RunInFolder): Promise<void> {
  const folder = folderOf(run)
  if (!(await isThere(folder))) throw notFound(run.runId, run.root)
  const lease = await FileLease.take(folder, run)
  try {
    await removeFolder(folder)
  } finally {
    await lease.release()
  }
}
