import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Message } from '@capstan/core'
import { broken } from '../failure.ts'
import {
  createFile,
  folderNameOf,
  idOf,
  makeFolder,
  namesIn,
  namesInRoot,
  readIfThere,
  removeAbandonedDrafts,
  removeFolder,
  undefinedIf,
} from '../file/files.ts'
import type { SessionContent, SessionStore } from './session-store.ts'

/** What one append added. `version` is random; `after` is the version of the batch before it. */
interface Batch {
  readonly version: string
  readonly after: string | null
  readonly messages: readonly Message[]
}

const attempts = 5

/** The sessions in one folder. */
export class SessionFiles implements SessionStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async append(id: string, after: string | undefined, messages: readonly Message[]): Promise<string | undefined> {
    const folder = this.#folderOf(id)
    if (after === undefined) await makeFolder(folder)
    const number = after === undefined ? 1 : Number.parseInt(after, 10) + 1
    const version = `${number}.${randomUUID()}`
    const batch: Batch = { version, after: after ?? null, messages }
    // Called when the draft is in the folder: if the session is deleted and begun again after that, the draft is deleted, too.
    const mayAppear = async () => (after === undefined ? (await numbersIn(folder)).length === 0 : (await readBatch(folder, number - 1))?.version === after)
    // Of all batches that follow the same version, the file system lets only one get its name.
    const isCreated = await createFile(fileOf(folder, number), { text: JSON.stringify(batch), isDurable: true, mayAppear }).catch(undefinedIf('ENOENT'))
    return isCreated ? version : undefined
  }

  async read(id: string): Promise<SessionContent | undefined> {
    const folder = this.#folderOf(id)
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const content = await readBatches(folder)
      if (content !== 'changed') return content
    }
    throw broken(`The files in ${folder} do not follow each other`)
  }

  async list(): Promise<readonly string[]> {
    const ids = (await namesInRoot(this.#root)).flatMap((name) => idOf(name) ?? [])
    const found = await Promise.all(ids.map(async (id) => ((await numbersIn(this.#folderOf(id))).length === 0 ? [] : [id])))
    return found.flat().sort()
  }

  async delete(id: string): Promise<void> {
    await removeFolder(this.#folderOf(id))
  }

  /** The first batch of the copy has all messages. */
  async fork(id: string, newId: string): Promise<boolean> {
    const content = await this.read(id)
    return content !== undefined && (await this.append(newId, undefined, content.messages)) !== undefined
  }

  #folderOf(id: string): string {
    return join(this.#root, folderNameOf(id))
  }
}

/** Reads all batches in order; `changed` if the session was deleted, or begun again, while it was read. */
async function readBatches(folder: string): Promise<SessionContent | undefined | 'changed'> {
  const names = await namesIn(folder)
  await removeAbandonedDrafts(folder, names)
  const last = numbersOf(names).reduce((highest, number) => Math.max(highest, number), 0)
  const messages: Message[] = []
  let first: Batch | undefined
  let before: Batch | undefined
  for (let number = 1; ; number++) {
    const batch = await readBatch(folder, number)
    if (batch === undefined && number > last) return before && { version: before.version, messages }
    if (batch === undefined || batch.after !== (before?.version ?? null)) return await missing(folder, number, first)
    first ??= batch
    before = batch
    for (const message of batch.messages) messages.push(message)
  }
}

/** @throws {AgentError} `journal-failed`, unless the session was deleted or begun again in the meantime. */
async function missing(folder: string, number: number, first: Batch | undefined): Promise<'changed'> {
  const isSame = (await readBatch(folder, 1))?.version === first?.version && (await numbersIn(folder)).length > 0
  if (isSame) throw broken(`The messages in ${fileOf(folder, number)} are missing or do not follow those before them, and later ones exist`)
  return 'changed'
}

async function readBatch(folder: string, number: number): Promise<Batch | undefined> {
  const text = await readIfThere(fileOf(folder, number))
  if (text === undefined) return undefined
  try {
    // Written by append(), in one step.
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

function fileOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.json`)
}
