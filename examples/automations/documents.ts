import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A document that is to be read. */
export interface DocumentFile {
  readonly name: string
  /** Its bytes, at most `maxBytes` and one more. */
  read(): Promise<Uint8Array>
}

/** Larger documents are refused, before anything is sent: 48 kB are about 16,000 tokens. */
export const maxBytes = 48_000

/** The text of a document, or why it cannot be read. */
export type DocumentText = { readonly text: string; readonly id: string } | { readonly problem: string }

/** The files of a folder, by name, without hidden ones and folders. */
export async function documentsIn(folder: string): Promise<readonly DocumentFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name)
  return names.sort().map((name) => ({ name, read: () => readFileUpTo(join(folder, name), maxBytes + 1) }))
}

/** Reads a document. Problems of one document are data, so that they never end the job. */
export async function readDocument({ name, read }: DocumentFile): Promise<DocumentText> {
  try {
    return textOf(name, await read())
  } catch (error) {
    return { problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function textOf(name: string, bytes: Uint8Array): DocumentText {
  if (bytes.length > maxBytes) return { problem: `more than ${maxBytes} bytes` }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { problem: 'not UTF-8: convert it, such as with iconv' }
  }
  if (text.trim() === '') return { problem: 'empty' }
  if (text.includes('\0')) return { problem: 'not a text: it has NUL characters' }
  // A document that was corrected is another document: its run begins again.
  const hash = createHash('sha256').update(`${name}\0`).update(bytes).digest('hex').slice(0, 12)
  return { text, id: `${name.replaceAll(/[^\w.-]/g, '_').slice(0, 60)}.${hash}` }
}

async function readFileUpTo(path: string, most: number): Promise<Uint8Array> {
  // A huge file is refused by its size and never read into memory.
  const { size } = await stat(path)
  return size >= most ? new Uint8Array(most) : await readFile(path)
}
