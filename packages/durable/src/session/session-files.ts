import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from '@capstan/core'
import { broken, guarded } from '../failure.ts'
import { createWhole, folderNameOf, hasCode, idOf, makeFolder, readIfThere, syncFolder } from '../file/files.ts'
import type { SessionContent } from './session-store.ts'

export interface SessionPlace {
  readonly root: string
  readonly id: string
}

/** What one append added. `version` is random, `after` that of the batch before it. */
interface Batch {
  readonly version: string
  readonly after: string | null
  readonly messages: readonly Message[]
}

/** Adds a batch. Of all that follow the same version, the file system lets one through. */
export async function appendBatch(place: SessionPlace, after: string | undefined, messages: readonly Message[]): Promise<string | undefined> {
  return await guarded(`Adding to the session '${place.id}'`, async () => {
    const folder = folderOf(place)
    if (after === undefined) await makeFolder(folder)
    const number = after === undefined ? 0 : numberOf(after)
    const version = `${number + 1}.${randomUUID()}`
    const batch: Batch = { version, after: after ?? null, messages }
    const path = fileOf(folder, number + 1)
    const isMade = await createWhole(path, JSON.stringify(batch), true).catch(failUnless('ENOENT'))
    if (!isMade) return undefined
    if (after === undefined || (await readBatch(folder, number))?.version === after) return version
    // The session was deleted, and maybe begun anew, since it was read.
    await unlink(path)
    return undefined
  })
}

/** Reads all batches in order. */
export async function readSession(place: SessionPlace): Promise<SessionContent | undefined> {
  return await guarded(`Reading the session '${place.id}'`, async () => {
    const folder = folderOf(place)
    const messages: Message[] = []
    let version: string | undefined
    for (let number = 1; ; number++) {
      const batch = await readBatch(folder, number)
      if (batch === undefined || batch.after !== (version ?? null)) break
      version = batch.version
      messages.push(...batch.messages)
    }
    return version === undefined ? undefined : { version, messages }
  })
}

/** The ids of all sessions. */
export async function listSessions(root: string): Promise<readonly string[]> {
  return await guarded(`Listing the sessions in ${root}`, async () => {
    const names = await readdir(root).catch((error: unknown) => (hasCode(error, 'ENOENT') ? [] : Promise.reject(error)))
    const ids = names.flatMap((name) => (name.startsWith('.') ? [] : (idOf(name) ?? [])))
    const found = await Promise.all(ids.map(async (id) => ((await readBatch(folderOf({ root, id }), 1)) === undefined ? [] : [id])))
    return found.flat().sort()
  })
}

/** Removes a session: whoever looks sees all of it or nothing. */
export async function deleteSession(place: SessionPlace): Promise<void> {
  await guarded(`Deleting the session '${place.id}'`, async () => {
    const gone = join(place.root, `.deleted-${randomUUID()}`)
    const isRenamed = await rename(folderOf(place), gone).then(() => true, failUnless('ENOENT'))
    if (!isRenamed) return
    await syncFolder(place.root)
    await rm(gone, { recursive: true })
  })
}

/** Copies a session: its first batch holds everything. */
export async function forkSession(place: SessionPlace, newId: string): Promise<boolean> {
  const content = await readSession(place)
  return content !== undefined && (await appendBatch({ ...place, id: newId }, undefined, content.messages)) !== undefined
}

async function readBatch(folder: string, number: number): Promise<Batch | undefined> {
  const text = await readIfThere(fileOf(folder, number))
  if (text === undefined) return undefined
  try {
    // Written whole by appendBatch().
    return JSON.parse(text) as Batch
  } catch {
    throw broken(`The file ${fileOf(folder, number)} cannot be read`)
  }
}

function failUnless(code: string): (error: unknown) => false {
  return (error) => {
    if (hasCode(error, code)) return false
    throw error
  }
}

function folderOf({ root, id }: SessionPlace): string {
  return join(root, folderNameOf(id))
}

function fileOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.json`)
}

function numberOf(version: string): number {
  return Number.parseInt(version, 10)
}
