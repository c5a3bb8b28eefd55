import { rm, stat, truncate } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Decision, OpenRun, RunHead, RunPage, RunRecord, SavedRun } from '@capstan/core'
import { isRecord } from '@capstan/core/internal'
import { AppendQueue, type EncodedRecord } from '../append-queue.ts'
import { broken, checkVersion, guarded, notFound } from '../failure.ts'
import type { Ownership, RunStore } from '../journal.ts'
import type { CheckedList } from '../list-options.ts'
import { pageOf, RunIndexer } from '../run-index.ts'
import { artifactsOf, FileArtifacts } from './file-artifacts.ts'
import { FileLease } from './file-lease.ts'
import { createFile, folderNameOf, isThere, makeFolder, namesIn, removeDrafts, removeFolder, replaceByCopy, syncFolder } from './files.ts'
import { addDecision, readDecisions } from './inbox.ts'
import { encodeLines, logOf, readLog, valuesOf } from './log.ts'
import { LogFile } from './log-file.ts'
import { RunIndexFiles } from './run-index-files.ts'

/** The runs in one folder. */
export class FileRuns implements RunStore {
  readonly #root: string
  readonly #ownership: Ownership
  readonly #leases = new Map<string, FileLease>()
  readonly #index: RunIndexFiles
  readonly artifacts: FileArtifacts

  constructor(root: string, ownership: Ownership) {
    this.#root = root
    this.#ownership = ownership
    this.#index = new RunIndexFiles(root, (runId) => this.#read(runId))
    this.artifacts = new FileArtifacts(
      (runId) => this.#folderOf(runId),
      (runId) => this.#leases.get(runId)?.check(),
    )
  }

  async open(runId: string, head?: RunHead): Promise<OpenRun> {
    const folder = head === undefined ? await this.#existing(runId) : this.#folderOf(runId)
    await makeFolder(folder)
    const lease = await FileLease.take(folder, { runId, ...this.#ownership })
    try {
      const isNew = head !== undefined && (await this.#create(folder, head))
      const saved = isNew ? { head, records: [], decisions: [] } : await this.#takeLog(runId, lease)
      this.#leases.set(runId, lease)
      return ownedRun(folder, saved, { lease, index: this.#index, forget: () => this.#forget(runId, lease) })
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  async read(runId: string): Promise<SavedRun> {
    return (await this.#read(runId)).saved
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    return await addDecision(await this.#existing(runId), decision)
  }

  async list(options: CheckedList): Promise<RunPage> {
    return pageOf(await this.#index.list(options), options.limit)
  }

  async delete(runId: string, keepValues: readonly string[] = []): Promise<void> {
    const folder = this.#folderOf(runId)
    if (!(await isThere(folder))) throw notFound(runId, this.#root)
    const lease = await FileLease.take(folder, { runId, ...this.#ownership })
    try {
      const removeMark = await this.#index.forget(folder, basename(folder))
      if (keepValues.length === 0) await removeFolder(folder)
      else await this.#removeExcept(runId, keepValues)
      await removeMark()
    } finally {
      await lease.release()
    }
  }

  /** Without its log there is no run, so a crash after that leaves only files that the next deletion removes. */
  async #removeExcept(runId: string, keepValues: readonly string[]): Promise<void> {
    const folder = this.#folderOf(runId)
    await rm(logOf(folder), { force: true })
    await syncFolder(folder)
    const paths = (await namesIn(folder)).map((name) => join(folder, name))
    for (const path of paths) if (path !== artifactsOf(folder)) await rm(path, { recursive: true, force: true })
    await this.artifacts.delete(runId, keepValues)
  }

  /** Returns false if the run already has a log. */
  async #create(folder: string, head: RunHead): Promise<boolean> {
    if (await isThere(logOf(folder))) return false
    await this.#index.begin(folder, head)
    if (!(await createLog(folder, head))) return false
    // A run that has no place in the order gets one when runs are listed.
    await this.#index.mark(folder, basename(folder)).catch(() => {})
    return true
  }

  #forget(runId: string, lease: FileLease): void {
    if (this.#leases.get(runId) === lease) this.#leases.delete(runId)
  }

  #folderOf(runId: string): string {
    return join(this.#root, folderNameOf(runId))
  }

  /** @throws {AgentError} `run-not-found`. */
  async #existing(runId: string): Promise<string> {
    const folder = this.#folderOf(runId)
    if (await isThere(logOf(folder))) return folder
    throw notFound(runId, this.#root)
  }

  /** Prepares the log of a run for its new owner: afterwards only this owner can write it, and it ends with a complete line. */
  async #takeLog(runId: string, lease: FileLease): Promise<SavedRun> {
    const folder = this.#folderOf(runId)
    for (const withDrafts of [folder, valuesOf(folder), artifactsOf(folder)]) await removeDrafts(withDrafts)
    // What an earlier owner writes from now on goes to the old file, and its check after the write fails. What it wrote before is in the copy.
    if (lease.mayHaveRival) await replaceByCopy(logOf(folder))
    const { saved, completeBytes } = await this.#read(runId)
    // An incomplete line that a crash left does not count, and the next line must not be appended to it.
    if ((await stat(logOf(folder))).size > completeBytes) await truncate(logOf(folder), completeBytes)
    return saved
  }

  async #read(runId: string): Promise<{ readonly saved: SavedRun; readonly completeBytes: number }> {
    const folder = this.#folderOf(runId)
    const log = await readLog(folder)
    if (log === undefined) throw notFound(runId, this.#root)
    const [first, ...records] = log.values
    // The first line of a log is the head of its run, created together with the file.
    const { head } = (first ?? {}) as { readonly head?: RunHead }
    if (head?.runId !== runId) throw broken(`The log in ${folder} does not begin with the head of the run '${runId}'`)
    checkVersion(head)
    if (!records.every(isRecord)) throw broken(`The log in ${folder} has lines that are not records`)
    return { saved: { head, records, decisions: await readDecisions(folder) }, completeBytes: log.completeBytes }
  }
}

async function createLog(folder: string, head: RunHead): Promise<boolean> {
  const [line] = await encodeLines(folder, [{ type: 'head', head }])
  return await createFile(logOf(folder), { text: `${line}\n`, isDurable: true })
}

interface Owned {
  readonly lease: FileLease
  readonly index: RunIndexFiles
  /** Called when the run is given up. */
  readonly forget: () => void
}

function ownedRun(folder: string, saved: SavedRun, { lease, index, forget }: Owned): OpenRun {
  const log = new LogFile(logOf(folder))
  const indexer = new RunIndexer(saved.head, saved.records)
  const queue = new AppendQueue<EncodedRecord>(async (records, isDurable) => {
    lease.check()
    log.write(records.map(({ text }) => `${text}\n`).join(''))
    if (isDurable) await log.datasync()
    // Lines count only if the run had no other owner before they were written.
    lease.check()
    const changed = indexer.add(records.map(({ record }) => record))
    // Without it the list reads the log.
    if (changed !== undefined) await index.update(folder, changed, await log.size()).catch(() => {})
  }, folder)
  return {
    ...saved,
    append: async (records, isDurable) => await queue.append(encodeRecordLines(folder, records), isDurable),
    readDecisions: async () => await guarded('Reading decisions', async () => await readDecisions(folder), folder),
    close: async () =>
      await guarded(
        `Closing the run '${saved.head.runId}'`,
        async () => {
          await queue.settled()
          await log.close()
          forget()
          await lease.release()
        },
        folder,
      ),
  }
}

async function encodeRecordLines(folder: string, records: readonly RunRecord[]): Promise<readonly EncodedRecord[]> {
  const lines = await encodeLines(folder, records)
  return records.map((record, index) => ({ record, text: lines[index] ?? '' }))
}
