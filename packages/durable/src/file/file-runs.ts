import { rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Decision, ListedRun, OpenRun, RunHead, SavedRun } from '@capstan/core'
import { isRecord } from '@capstan/core/internal'
import { AppendQueue } from '../append-queue.ts'
import { broken, checkVersion, guarded, hasCode, notFound } from '../failure.ts'
import type { DurableJournal, Ownership } from '../journal.ts'
import { artifactsOf, FileArtifacts } from './file-artifacts.ts'
import { FileLease } from './file-lease.ts'
import { createFile, folderNameOf, idOf, isThere, makeFolder, namesIn, namesInRoot, removeDrafts, removeFolder, replaceByCopy, syncFolder } from './files.ts'
import { addDecision, readDecisions } from './inbox.ts'
import { encodeLines, logOf, readLog, valuesOf } from './log.ts'
import { LogFile } from './log-file.ts'

/** The runs in one folder. */
export class FileRuns implements DurableJournal {
  readonly #root: string
  readonly #ownership: Ownership
  readonly #leases = new Map<string, FileLease>()
  readonly artifacts: FileArtifacts

  constructor(root: string, ownership: Ownership) {
    this.#root = root
    this.#ownership = ownership
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
      const isNew = head !== undefined && (await createLog(folder, head))
      const saved = isNew ? { head, records: [], decisions: [] } : await this.#takeLog(runId, lease)
      this.#leases.set(runId, lease)
      return ownedRun(folder, saved, { lease, forget: () => this.#forget(runId, lease) })
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

  async list(): Promise<readonly ListedRun[]> {
    const runs = await Promise.all((await namesInRoot(this.#root)).map(async (name) => await listedRun(this.#root, name)))
    return runs.filter((run) => run !== undefined).sort((left, right) => right.changedAt - left.changedAt)
  }

  async delete(runId: string, keepValues: readonly string[] = []): Promise<void> {
    const folder = this.#folderOf(runId)
    if (!(await isThere(folder))) throw notFound(runId, this.#root)
    const lease = await FileLease.take(folder, { runId, ...this.#ownership })
    try {
      if (keepValues.length === 0) await removeFolder(folder)
      else await this.#removeExcept(runId, keepValues)
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

/** Returns false if the run already has a log. */
async function createLog(folder: string, head: RunHead): Promise<boolean> {
  if (await isThere(logOf(folder))) return false
  const [line] = await encodeLines(folder, [{ type: 'head', head }])
  return await createFile(logOf(folder), { text: `${line}\n`, isDurable: true })
}

interface Owned {
  readonly lease: FileLease
  /** Called when the run is given up. */
  readonly forget: () => void
}

function ownedRun(folder: string, saved: SavedRun, { lease, forget }: Owned): OpenRun {
  const log = new LogFile(logOf(folder))
  const queue = new AppendQueue<string>(async (lines, isDurable) => {
    lease.check()
    log.write(lines.map((line) => `${line}\n`).join(''))
    if (isDurable) await log.datasync()
    // Lines count only if the run had no other owner before they were written.
    lease.check()
  }, folder)
  return {
    ...saved,
    append: async (records, isDurable) => await queue.append(encodeLines(folder, records), isDurable),
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

async function listedRun(root: string, name: string): Promise<ListedRun | undefined> {
  const runId = idOf(name)
  if (runId === undefined) return undefined
  const folder = join(root, name)
  // A run that this process may not read is listed: only reading it fails.
  const log = await stat(logOf(folder)).catch((error: unknown) => (hasCode(error, 'EACCES', 'EPERM') ? stat(folder) : undefined))
  return log && { runId, changedAt: log.mtimeMs }
}
