import { existsSync } from 'node:fs'
import { type FileHandle, open, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { locked, lostOwnership } from '../failure.ts'
import type { Ownership } from '../journal.ts'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { clockOf, createFile, namesIn, undefinedIf, withFile } from './files.ts'

export interface LeaseTerms extends Ownership {
  readonly runId: string
}

/** The content of the file of an owner. Release 0.1.0 wrote no `leaseMs`, so its owners have no lease. */
interface Owner extends ProcessIdentity {
  readonly leaseMs?: number
}

const attempts = 20

/**
 * The right to write a run. Each owner has a file `owner.NUMBER`, whose number is one above the last; the file system lets only one process
 * create it. The owner renews its lease by writing the file again, which sets the time of the file. Only times of the file system are
 * compared, so differences between the clocks of machines do not matter. An empty file means that the owner released the run. The file
 * with the highest number is never removed, so no number is used twice.
 */
export class FileLease {
  readonly #path: string
  readonly #terms: LeaseTerms
  readonly #content: string
  readonly #timer: NodeJS.Timeout
  #renewal: Promise<void> = Promise.resolve()
  /** True if an earlier owner may still be alive, and may write to the files that it has open. */
  readonly mayHaveRival: boolean

  private constructor(path: string, { terms, content, mayHaveRival }: { terms: LeaseTerms; content: string; mayHaveRival: boolean }) {
    this.#path = path
    this.#terms = terms
    this.#content = content
    this.mayHaveRival = mayHaveRival
    this.#timer = setInterval(() => this.#renew(), Math.max(1, terms.leaseMs / 3))
    // The timer of a lease does not keep the process alive.
    this.#timer.unref()
  }

  /** @throws {AgentError} `run-locked`, with the owner. */
  static async take(folder: string, terms: LeaseTerms): Promise<FileLease> {
    const content = JSON.stringify({ ...(await identifyProcess()), leaseMs: terms.leaseMs })
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const last = await lastNumber(folder)
      const mayHaveRival = last > 0 && (await judgeOwner(folder, last, terms))
      const path = ownerFile(folder, last + 1)
      if (!(await createFile(path, { text: content, isDurable: false }))) continue
      // A process that listed the names long ago may create a number that was removed since. It gives up and tries the next number.
      if ((await lastNumber(folder)) > last + 1) await unlink(path)
      else {
        await removeOlder(folder, last + 1)
        return new FileLease(path, { terms, content, mayHaveRival })
      }
    }
    throw new AgentError(`The run '${terms.runId}' is locked: other processes are taking it at the same time.`, { code: 'run-locked' })
  }

  /** @throws {AgentError} `run-locked` when another process owns the run. The next owner removes the file before it reads the run. */
  check(): void {
    if (existsSync(this.#path)) return
    throw lostOwnership(this.#terms.runId)
  }

  /** Releases the run. Does nothing if another process owns it. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewal
    await truncate(this.#path).catch(undefinedIf('ENOENT'))
  }

  // If a renewal fails, the next one tries again. If the lease is lost, the next append reports it.
  #renew(): void {
    this.#renewal = this.#renewal.then(() => rewrite(this.#path, this.#content)).catch(() => {})
  }
}

async function rewrite(path: string, content: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(content, 0)
  } finally {
    await file.close()
  }
}

/**
 * Decides whether the run may be taken from the owner with this number.
 *
 * @returns True if the owner may still be alive, but its lease has ended or a person takes the run by force.
 * @throws {AgentError} `run-locked` if the run cannot be taken.
 */
async function judgeOwner(folder: string, number: number, { runId, force }: LeaseTerms): Promise<boolean> {
  const seen = await withFile(ownerFile(folder, number), readOwner)
  if (seen === undefined || seen.owner === 'none') return false
  const { owner, renewedAt } = seen
  if (owner !== 'unreadable' && (await isGone(owner))) return false
  if (force) return true
  if (owner === 'unreadable') throw new AgentError(`The run '${runId}' is locked: ${ownerFile(folder, number)} cannot be read.`, { code: 'run-locked' })
  const leftMs = owner.leaseMs === undefined ? undefined : renewedAt + owner.leaseMs - (await clockOf(folder))
  if (leftMs !== undefined && leftMs < 0) return true
  throw locked(runId, owner, leftMs)
}

interface SeenOwner {
  readonly owner: Owner | 'none' | 'unreadable'
  readonly renewedAt: number
}

async function readOwner(file: FileHandle): Promise<SeenOwner> {
  const text = await file.readFile('utf8')
  const { mtimeMs } = await file.stat()
  return { owner: text === '' ? 'none' : parseOwner(text), renewedAt: mtimeMs }
}

function parseOwner(text: string): Owner | 'unreadable' {
  try {
    const value: unknown = JSON.parse(text)
    // Written by the owner, with these fields.
    return isJsonObject(value) ? (value as unknown as Owner) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Removes the files of earlier owners. From then on their `check` throws. */
async function removeOlder(folder: string, number: number): Promise<void> {
  for (const older of await numbersIn(folder)) if (older < number) await unlink(ownerFile(folder, older)).catch(undefinedIf('ENOENT'))
}

async function lastNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder)))
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  return (await namesIn(folder)).flatMap((name) => {
    const number = /^owner\.(\d+)$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

function ownerFile(folder: string, number: number): string {
  return join(folder, `owner.${number}`)
}
