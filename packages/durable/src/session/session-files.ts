import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListedSession, Message, SessionEntry, SessionListOptions, SessionStore, StoredEntry } from '@capstan/core'
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

/** What one append added. `version` is random; `after` is the version of the part before it. Release 0.1.0 wrote `messages` only. */
interface Part {
  readonly version: string
  readonly after: string | null
  readonly messages?: readonly Message[]
  readonly entry?: SessionEntry
}

const attempts = 5

/** The sessions in one folder. */
export class SessionFiles implements SessionStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async append(id: string, after: string | undefined, entry: SessionEntry): Promise<string | undefined> {
    const folder = this.#folderOf(id)
    if (after === undefined) await makeFolder(folder)
    const number = after === undefined ? 1 : Number.parseInt(after, 10) + 1
    const version = `${number}.${randomUUID()}`
    const part: Part = { version, after: after ?? null, ...partOf(entry) }
    // Called when the draft is in the folder: if the session is deleted and begun again after that, the draft is deleted, too.
    const mayAppear = async () => (after === undefined ? (await numbersIn(folder)).length === 0 : (await readPart(folder, number - 1))?.version === after)
    // Of all parts that follow the same version, the file system lets only one get its name.
    const isCreated = await createFile(fileOf(folder, number), { text: JSON.stringify(part), isDurable: true, mayAppear }).catch(undefinedIf('ENOENT'))
    return isCreated ? version : undefined
  }

  async read(id: string): Promise<readonly StoredEntry[]> {
    const folder = this.#folderOf(id)
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const entries = await readParts(folder)
      if (entries !== 'changed') return entries
    }
    throw broken(`The files in ${folder} do not follow each other`)
  }

  async list({ after = '', limit = Number.POSITIVE_INFINITY }: SessionListOptions = {}): Promise<readonly ListedSession[]> {
    const ids = (await namesInRoot(this.#root)).flatMap((name) => idOf(name) ?? []).sort(byBytes)
    const listed: ListedSession[] = []
    for (const sessionId of ids) {
      if (listed.length >= limit) break
      if (byBytes(sessionId, after) <= 0) continue
      const changedAt = await changedAtIn(this.#folderOf(sessionId))
      if (changedAt !== undefined) listed.push({ sessionId, changedAt })
    }
    return listed
  }

  async delete(id: string): Promise<void> {
    await removeFolder(this.#folderOf(id))
  }

  #folderOf(id: string): string {
    return join(this.#root, folderNameOf(id))
  }
}

/** Reads all parts in order; `changed` if the session was deleted, or begun again, while it was read. */
async function readParts(folder: string): Promise<readonly StoredEntry[] | 'changed'> {
  const names = await namesIn(folder)
  await removeAbandonedDrafts(folder, names)
  const last = numbersOf(names).reduce((highest, number) => Math.max(highest, number), 0)
  const entries: StoredEntry[] = []
  let first: Part | undefined
  let before: Part | undefined
  for (let number = 1; ; number++) {
    const part = await readPart(folder, number)
    if (part === undefined && number > last) return entries
    if (part === undefined || part.after !== (before?.version ?? null)) return await missing(folder, number, first)
    first ??= part
    before = part
    entries.push({ version: part.version, entry: part.entry ?? { type: 'messages', messages: part.messages ?? [] } })
  }
}

/** @throws {AgentError} `journal-failed`, unless the session was deleted or begun again in the meantime. */
async function missing(folder: string, number: number, first: Part | undefined): Promise<'changed'> {
  const isSame = (await readPart(folder, 1))?.version === first?.version && (await numbersIn(folder)).length > 0
  if (isSame) throw broken(`The messages in ${fileOf(folder, number)} are missing or do not follow those before them, and later ones exist`)
  return 'changed'
}

async function readPart(folder: string, number: number): Promise<Part | undefined> {
  const text = await readIfThere(fileOf(folder, number))
  if (text === undefined) return undefined
  try {
    // Written by append(), in one step.
    return JSON.parse(text) as Part
  } catch {
    throw broken(`The file ${fileOf(folder, number)} cannot be read`)
  }
}

/** Messages that belong to no run are written as release 0.1.0 wrote and reads them. */
function partOf(entry: SessionEntry): Pick<Part, 'messages' | 'entry'> {
  const isPlain = entry.type === 'messages' && entry.runId === undefined && entry.view === undefined
  return isPlain ? { messages: entry.messages } : { entry }
}

/** When the last part was added, by the clock of the file system; `undefined` for a folder that has none. */
async function changedAtIn(folder: string): Promise<number | undefined> {
  const numbers = await numbersIn(folder)
  if (numbers.length === 0) return undefined
  const last = numbers.reduce((highest, number) => Math.max(highest, number), 0)
  return (await stat(fileOf(folder, last)).catch(undefinedIf('ENOENT')))?.mtimeMs
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
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
