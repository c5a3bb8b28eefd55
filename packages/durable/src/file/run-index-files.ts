import { stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError, type ListedRun, type RunHead, type SavedRun } from '@capstan/core'
import { hasCode } from '../failure.ts'
import type { CheckedList } from '../list-options.ts'
import { brokenRun, type IndexedRun, isListed, listedRun, RunIndexer } from '../run-index.ts'
import { createFile, folderNameOf, idOf, makeFolder, namesIn, namesInRoot, readIfThere, replaceIndex } from './files.ts'
import { readDecisions } from './inbox.ts'
import { logOf } from './log.ts'

/** What an index keeps of a run, in the folder of the run. */
interface Summary {
  readonly beganAt: number
  /** The size of the log that it was made of. It is right as long as the log has this size: a log only grows. */
  readonly bytes: number
  readonly run: IndexedRun
}

/** A log and the decisions about its questions. */
export type ReadRun = (runId: string) => Promise<{ readonly saved: SavedRun; readonly completeBytes: number }>

/**
 * The index of the runs in one folder. `.index` has an empty file for each run, whose name gives its order: the time at which the run began,
 * and the name of its folder. The folder of the run has a summary of its log. Both can be made again from the logs, so neither is synced.
 */
export class RunIndexFiles {
  readonly #root: string
  readonly #read: ReadRun

  constructor(root: string, read: ReadRun) {
    this.#root = root
    this.#read = read
  }

  /** Writes the first summary of a run, before its log is there: of all processes that index the run, the first says when it began. */
  async begin(folder: string, head: RunHead): Promise<void> {
    await createSummary(folder, { beganAt: Date.now(), bytes: -1, run: new RunIndexer(head, []).run })
  }

  /** Writes a summary that belongs to a log of this size. */
  async update(folder: string, run: IndexedRun, bytes: number): Promise<void> {
    const { beganAt } = await this.#began(folder)
    await replaceIndex(summaryOf(folder), JSON.stringify({ beganAt, bytes, run } satisfies Summary))
  }

  /** Gives a run its place in the order. */
  async mark(folder: string, folderName: string): Promise<void> {
    const { beganAt } = await this.#began(folder)
    await makeFolder(this.#folder)
    await createFile(join(this.#folder, markerOf(beganAt, folderName)), { text: '', isDurable: false })
  }

  /** Removes the place of a run in the order. Called before its folder is removed; what it returns, after that. */
  async forget(folder: string, folderName: string): Promise<() => Promise<void>> {
    const summary = await readSummary(folder)
    // A mark that stays is removed when runs are listed.
    return async () => {
      if (summary !== undefined) await unlink(join(this.#folder, markerOf(summary.beganAt, folderName))).catch(() => {})
    }
  }

  /** The runs of one page, and one more if there is another page. */
  async list(options: CheckedList): Promise<readonly ListedRun[]> {
    const markers = await this.#markers()
    const { after, limit } = options
    const end = after && markerOf(after.beganAt, folderNameOf(after.runId))
    const listed: ListedRun[] = []
    for (const marker of markers) {
      if (listed.length > limit) break
      if (end !== undefined && marker >= end) continue
      const run = await this.#listed(marker, options)
      if (run !== undefined) listed.push(run)
    }
    return listed
  }

  get #folder(): string {
    return join(this.#root, '.index')
  }

  /** All markers, the last begun first. Runs that have none get one, and those of deleted runs are removed. */
  async #markers(): Promise<readonly string[]> {
    const runs = new Set((await namesInRoot(this.#root)).filter((name) => idOf(name) !== undefined))
    const markers = (await namesIn(this.#folder)).filter((name) => nameIn(name) !== undefined)
    for (const marker of markers) {
      if (!runs.has(nameIn(marker) ?? '')) await unlink(join(this.#folder, marker)).catch(() => {})
    }
    const there = markers.filter((marker) => runs.has(nameIn(marker) ?? ''))
    const marked = new Set(there.map(nameIn))
    for (const name of runs) {
      const marker = marked.has(name) ? undefined : await this.#addMarker(name)
      if (marker !== undefined) there.push(marker)
    }
    return there.sort().reverse()
  }

  /** Marks a run that another release began, or whose process died before it could do it; `undefined` for a folder that has no run. */
  async #addMarker(folderName: string): Promise<string | undefined> {
    const folder = join(this.#root, folderName)
    const log = await stat(logOf(folder)).catch((error: unknown) => (hasCode(error, 'EACCES', 'EPERM') ? stat(folder) : undefined))
    if (log === undefined) return undefined
    // A process that may only read lists the run all the same.
    await this.mark(folder, folderName).catch(() => {})
    return markerOf((await this.#began(folder)).beganAt, folderName)
  }

  /** When a run began. Of a run without a summary, the time of its folder is kept. */
  async #began(folder: string): Promise<Pick<Summary, 'beganAt'>> {
    const known = await readSummary(folder)
    if (known !== undefined) return known
    const { birthtimeMs, mtimeMs } = await stat(folder)
    const first = { beganAt: Math.floor(birthtimeMs > 0 ? birthtimeMs : mtimeMs), bytes: -1, run: brokenRun('It was not read yet.') }
    await createSummary(folder, first).catch(() => {})
    return (await readSummary(folder)) ?? first
  }

  async #listed(marker: string, options: CheckedList): Promise<ListedRun | undefined> {
    const name = nameIn(marker) ?? ''
    const [runId, folder] = [idOf(name), join(this.#root, name)]
    if (runId === undefined) return undefined
    try {
      const log = await stat(logOf(folder))
      const run = await this.#indexed(runId, folder, log.size)
      if (!isListed(run, log.mtimeMs, options)) return undefined
      const decisions = run.questions.length === 0 ? [] : await readDecisions(folder)
      return listedRun({ runId, beganAt: beganAtIn(marker) }, run, { changedAt: log.mtimeMs, decided: new Set(decisions.map(({ id }) => id)) })
    } catch (error) {
      // Deleted meanwhile.
      if (hasCode(error, 'ENOENT')) return undefined
      // A run that this process may not read is listed: only reading it fails.
      if (!hasCode(error, 'EACCES', 'EPERM')) throw error
      const run = brokenRun(`This process may not read ${folder}.`)
      const { mtimeMs } = await stat(folder)
      return isListed(run, mtimeMs, options) ? listedRun({ runId, beganAt: beganAtIn(marker) }, run, { changedAt: mtimeMs, decided: new Set() }) : undefined
    }
  }

  /** The summary of a run, or what its log says if the log has grown since. */
  async #indexed(runId: string, folder: string, bytes: number): Promise<IndexedRun> {
    const summary = await readSummary(folder)
    if (summary?.bytes === bytes) return summary.run
    try {
      const { saved, completeBytes } = await this.#read(runId)
      const { run } = new RunIndexer(saved.head, saved.records)
      // Its owner may write another summary meanwhile. Whichever stays, its size says whether it is right.
      if (completeBytes === bytes) await this.update(folder, run, bytes).catch(() => {})
      return run
    } catch (error) {
      if (!AgentError.is(error) || error.code === 'run-not-found') throw error
      return brokenRun(error.message)
    }
  }
}

function summaryOf(folder: string): string {
  return join(folder, 'summary.json')
}

async function createSummary(folder: string, summary: Summary): Promise<void> {
  await createFile(summaryOf(folder), { text: JSON.stringify(summary), isDurable: false })
}

/** `undefined` for no summary, and for one that a power failure has cut. */
async function readSummary(folder: string): Promise<Summary | undefined> {
  const text = await readIfThere(summaryOf(folder))
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Summary)
  } catch {
    return undefined
  }
}

/** The digits of a time in the name of a marker: enough for every time that a `Date` can hold. */
const digits = 16

function markerOf(beganAt: number, folderName: string): string {
  return `${String(Math.max(0, beganAt)).padStart(digits, '0')}-${folderName}`
}

function nameIn(marker: string): string | undefined {
  return /^\d+-/.test(marker) && marker[digits] === '-' ? marker.slice(digits + 1) : undefined
}

function beganAtIn(marker: string): number {
  return Number(marker.slice(0, digits))
}
