import { createHash } from 'node:crypto'
import { sep } from 'node:path'
import { LineFile } from '../format/line-file.ts'
import { makeFolder } from '../format/make-folder.ts'
import { OldFiles } from './old-files.ts'
import { OpenFiles } from './open-files.ts'
import type { ResolvedOptions } from './options.ts'
import type { LineSink, Sink } from './sink.ts'
import { timeName } from './time-name.ts'
import { headerLine } from './trace-header.ts'

/** Ends the name of each file. */
const extension = '.trace.jsonl'

/** A folder with a file for each run, or several for a long one. */
export class FolderSink implements Sink {
  readonly place: string
  readonly #options: ResolvedOptions
  readonly #open = new OpenFiles()
  readonly #old: OldFiles

  constructor(folder: string, options: ResolvedOptions) {
    this.place = folder
    this.#options = options
    this.#old = new OldFiles(folder, options.maxFiles)
  }

  open(runId: string | undefined): LineSink {
    const name = `${timeName(Date.now())}-${runId === undefined ? `calls-${process.pid}` : fileNameOf(runId)}`
    return new RunFiles({ folder: this.place, name, runId, maxFileBytes: this.#options.maxFileBytes, open: this.#open, old: this.#old })
  }
}

interface RunFilesParts {
  readonly folder: string
  /** Without extension. */
  readonly name: string
  readonly runId: string | undefined
  readonly maxFileBytes: number
  readonly open: OpenFiles
  readonly old: OldFiles
}

/** The files of one run: the next one is begun when one is full. */
class RunFiles implements LineSink {
  readonly #parts: RunFilesParts
  #path: string | undefined
  #bytes = 0
  #part = 0

  constructor(parts: RunFilesParts) {
    this.#parts = parts
  }

  append(text: string): void {
    const { maxFileBytes, open } = this.#parts
    // A line that is larger than a file has one of its own.
    const isFull = this.#bytes > 0 && this.#bytes + text.length > maxFileBytes
    const known = isFull ? undefined : this.#path
    const file = known === undefined ? this.#begin() : open.get(known)
    file.append(known === undefined ? this.#header() + text : text)
    this.#bytes = file.bytes
  }

  close(): void {
    if (this.#path === undefined) return
    this.#parts.open.close(this.#path)
    this.#parts.old.release(this.#path)
  }

  #begin(): LineFile {
    this.close()
    const { open, old } = this.#parts
    this.#part += 1
    const file = this.#create()
    this.#path = file.path
    open.add(file)
    old.add(file.path)
    return file
  }

  #header(): string {
    const { runId } = this.#parts
    return headerLine({ ...(runId !== undefined && { runId }), ...(this.#part > 1 && { part: this.#part }) })
  }

  /** Makes a file. Another process may have begun the same run in the same millisecond. */
  #create(): LineFile {
    const { folder, name } = this.#parts
    const part = this.#part === 1 ? '' : `.${this.#part}`
    for (let copy = 1; ; copy += 1) {
      try {
        return new LineFile(`${folder}${sep}${name}${copy === 1 ? '' : `~${copy}`}${part}${extension}`, true)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (copy >= maxCopies || (code !== 'EEXIST' && code !== 'ENOENT')) throw error
        // The folder was deleted while the program runs, or somebody made a link that leads nowhere.
        if (code === 'ENOENT') makeFolder(folder)
      }
    }
  }
}

const maxCopies = 100

const longestName = 80

/** A part of a file name for any id. Ids with other characters, or too many, are told apart by a hash. */
function fileNameOf(runId: string): string {
  const plain = runId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longestName)
  return plain === runId ? plain : `${plain}-${createHash('sha256').update(runId).digest('hex').slice(0, 8)}`
}
