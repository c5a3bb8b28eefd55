import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * A file of JSON lines that other programs read. Lines are written into `FILE.part` and have the order of the documents, whatever the order in which they
 * come. `FILE` appears only when it is complete, by renaming, so a reader never sees half of it. What a killed process left in `FILE.part` is
 * written again from the journal.
 */
export class ResultFile {
  readonly path: string
  readonly #descriptor: number
  /** Lines that wait for those before them; `undefined` for a document without a result. */
  readonly #waiting = new Map<number, string | undefined>()
  #next = 0

  private constructor(path: string) {
    this.path = path
    this.#descriptor = openSync(`${path}.part`, 'w', 0o600)
  }

  static async create(path: string): Promise<ResultFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return new ResultFile(path)
  }

  /** Takes the result of the document with this index, or `undefined` if it has none. */
  put(index: number, value: object | undefined): void {
    this.#waiting.set(index, value === undefined ? undefined : `${JSON.stringify(value)}\n`)
    let ready = ''
    for (; this.#waiting.has(this.#next); this.#next += 1) {
      ready += this.#waiting.get(this.#next) ?? ''
      this.#waiting.delete(this.#next)
    }
    if (ready !== '') writeAll(this.#descriptor, ready)
  }

  /** Ends the file: `isComplete` says whether it may take the place of the last one. */
  end(isComplete: boolean): void {
    fsyncSync(this.#descriptor)
    closeSync(this.#descriptor)
    if (!isComplete) return
    renameSync(`${this.path}.part`, this.path)
    syncFolder(dirname(this.path))
  }
}

/** Writes a small file of JSON lines at once, or removes it if there are no lines. */
export async function replaceFile(path: string, lines: readonly object[]): Promise<void> {
  if (lines.length === 0) return rmSync(path, { force: true })
  const file = await ResultFile.create(path)
  for (const [index, line] of lines.entries()) file.put(index, line)
  file.end(true)
}

/** A write to a full disk may write a part only; then the next call throws. */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
}

/** The new name is durable once its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
