import { existsSync } from 'node:fs'
import { readdir, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '@capstan/core'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { createWhole, hasCode, readIfThere } from './files.ts'

/** The right to write a run. */
export interface Ownership {
  /** @throws {AgentError} `run-locked` when a person forced the lock meanwhile. */
  check(): void
  release(): Promise<void>
}

const attempts = 20

/**
 * Takes a run over for writing. Each owner has a file `owner.<number>`, made whole and exclusively, one number above the last; an
 * empty one was given up. The highest number is never removed, so no number that counts is used twice, and of all that want the
 * next one the file system lets one through.
 *
 * @param force - Takes it over although the owner is not certainly gone.
 * @throws {AgentError} `run-locked`, naming the owner.
 */
export async function takeOwnership(folder: string, force: boolean): Promise<Ownership> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const last = await lastNumber(folder)
    if (last > 0 && !force) await refuseLiving(folder, last)
    const number = last + 1
    if (!(await createWhole(fileOf(folder, number), JSON.stringify(await identifyProcess()), false))) continue
    // Who read the list long ago may make a number that was removed since: it gives way.
    if ((await lastNumber(folder)) === number) return await settle(folder, number)
    await unlink(fileOf(folder, number))
  }
  throw locked(folder, 'others take it over at the same time')
}

async function settle(folder: string, number: number): Promise<Ownership> {
  for (const older of await numbersIn(folder)) if (older < number) await unlink(fileOf(folder, older)).catch(() => {})
  return {
    check() {
      // Asked before each write: two questions to the file system's cache, cheaper than a trip to another thread.
      const isOwner = existsSync(fileOf(folder, number)) && !existsSync(fileOf(folder, number + 1))
      if (!isOwner) throw locked(folder, 'its lock was forced, and this process is not its owner any more')
    },
    async release() {
      // After a force the file is another's to remove.
      await truncate(fileOf(folder, number)).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error
      })
    },
  }
}

async function refuseLiving(folder: string, number: number): Promise<void> {
  const text = await readIfThere(fileOf(folder, number))
  if (text === undefined || text === '') return
  const owner = readOwner(text)
  if (owner === undefined) throw locked(folder, 'the file of its owner cannot be read')
  if (await isGone(owner)) return
  throw locked(folder, `process ${owner.pid} on ${owner.host} owns it, or is not certainly gone`)
}

function readOwner(text: string): ProcessIdentity | undefined {
  try {
    // Written by identifyProcess() of some process.
    return JSON.parse(text) as ProcessIdentity
  } catch {
    return undefined
  }
}

async function lastNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder)))
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const number = /^owner\.(\d+)$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

function fileOf(folder: string, number: number): string {
  return join(folder, `owner.${number}`)
}

function locked(folder: string, why: string): AgentError {
  return new AgentError(`The run in ${folder} is locked: ${why}.`, { code: 'run-locked' })
}
