import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Message } from '@capstan/core'
import { broken, guarded } from '../failure.ts'
import { createFile, folderNameOf, idOf, makeFolder, namesIn, readIfThere, removeAbandonedDrafts, removeFolder, undefinedIf } from '../file/files.ts'
import type { SessionContent } from './session-store.ts'

/** A session, and the folder of the store that has it. */
export interface SessionInFolder {
  readonly root: string
  readonly id: string
}

/** What one append added. `version` is random; `after` is the version of the batch before it. */
interface Batch {
  readonly version: string
  readonly after: string | null
  readonly messages: readonly Message[]
}

/** Adds a batch. Of all batches that follow the same version, the file system lets one get its name. */
export async function appendBatch(session: SessionInFolder, after: string | undefined, messages: readonly Message[]): Promise<string | undefined> {
  return await guarded(`Adding to the session '${session.id}'`, async () => {
    const folder = folderOf(session)
    if (after === undefined) await makeFolder(folder)
    const number = after === undefined ? 1 : numberOf(after) + 1
    const version = `${number}.${randomUUID()}`
    const batch: Batch = { version, after: after ?? null, messages }
    // Asked when the draft is in the folder: if the session is deleted and begun again after that, the draft is gone with it.
    const mayAppear = async () => (after === undefined ? (await numbersIn(folder)).length === 0 : (await readBatch(folder, number - 1))?.version === after)
    const isCreated = await createFile(fileOf(folder, number), { text: JSON.stringify(batch), isDurable: true, mayAppear }).catch(undefinedIf('ENOENT'))
    return isCreated ? version : undefined
  })
}

/** Reads all batches in order. */
export async function readSession(session: SessionInFolder): Promise<SessionContent | undefined> {
  return await guarded(`Reading the session '${session.id}'`, async () => {
    const folder = folderOf(session)
    let content = await readBatches(folder)
    // The session was deleted, or begun again, while it was read.
    for (let attempt = 1; content === 'changed' && attempt < attempts; attempt++) content = await readBatches(folder)
    if (content === 'changed') throw broken(`The batches in ${folder} do not follow each other`)
    return content
  })
}

/** The ids of all sessions. */
export async function listSessions(root: string): Promise<readonly string[]> {
  return await guarded(`Listing the sessions in ${root}`, async () => {
    const ids = (await namesIn(root)).flatMap((name) => idOf(name) ?? [])
    const found = await Promise.all(ids.map(async (id) => ((await numbersIn(folderOf({ root, id }))).length === 0 ? [] : [id])))
    return found.flat().sort()
  })
}

/** Removes a session: readers see all of it or nothing. */
export async function deleteSession(session: SessionInFolder): Promise<void> {
  await guarded(`Deleting the session '${session.id}'`, async () => await removeFolder(folderOf(session)))
}

/** Copies a session: the first batch of the copy has all messages. */
export async function forkSession(session: SessionInFolder, newId: string): Promise<boolean> {
  const content = await readSession(session)
  return content !== undefined && (await appendBatch({ ...session, id: newId }, undefined, content.messages)) !== undefined
}

const attempts = 5

async function readBatches(folder: string): Promise<SessionContent | undefined | 'changed'> {
  const names = await namesIn(folder)
  await removeAbandonedDrafts(folder, names)
  const last = Math.max(0, ...numbersOf(names))
  const messages: Message[] = []
  let first: Batch | undefined
  let before: Batch | undefined
  for (let number = 1; ; number++) {
    const batch = await readBatch(folder, number)
    if (batch === undefined && number > last) break
    if (batch === undefined || batch.after !== (before?.version ?? null)) return await missing(folder, number, first)
    first ??= batch
    before = batch
    messages.push(...batch.messages)
  }
  return before && { version: before.version, messages }
}

/** @throws {AgentError} `journal-failed` unless the session is another one now. */
async function missing(folder: string, number: number, first: Batch | undefined): Promise<'changed'> {
  const isSame = (await readBatch(folder, 1))?.version === first?.version && (await numbersIn(folder)).length > 0
  if (isSame) throw broken(`The messages in ${fileOf(folder, number)} are missing or do not follow those before them, and later ones exist`)
  return 'changed'
}

async function readBatch(folder: string, number: number): Promise<Batch | undefined> {
  const text = await readIfThere(fileOf(folder, number))
  if (text === undefined) return undefined
  try {
    // Written by appendBatch(), in one step.
    return JSON.parse(text) as Batch
  } catch {
    throw broken(`The file ${fileOf(folder, number)} cannot be read`)
  }
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  return numbersOf(await namesIn(folder))
}

function numbersOf(names: readonly string[]): readonly number[] {
  return names.flatMap((name) => (/^\d{8,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
}

function folderOf({ root, id }: SessionInFolder): string {
  return join(root, folderNameOf(id))
}

function fileOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.json`)
}

function numberOf(version: string): number {
  return Number.parseInt(version, 10)
}
