import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PageLine, RunSummary } from '../lines.ts'
import { type FilePart, LineReader, readPart } from './line-reader.ts'
import { pollMs, type RunList, type RunSource } from './source.ts'
import { summarise, type TraceFile } from './summarise-trace.ts'
import { TraceTranslator } from './translate-trace.ts'

/** The most runs of a folder that are listed. */
const maxRuns = 1_000

/** One trace or tape in a file, or all traces of a folder. Files of the same run, such as rotated ones, are one run. */
export class TraceSource implements RunSource {
  readonly #paths: () => Promise<readonly string[]>
  /** Places of the exchanges of each run that was read, in order. */
  readonly #places = new Map<string, FilePart[]>()

  readonly #isFile: boolean

  private constructor(paths: () => Promise<readonly string[]>, isFile: boolean) {
    this.#paths = paths
    this.#isFile = isFile
  }

  static ofFile(path: string): TraceSource {
    return new TraceSource(() => Promise.resolve([path]), true)
  }

  static ofFolder(folder: string): TraceSource {
    return new TraceSource(async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
      return names.sort().map((name) => join(folder, name))
    }, false)
  }

  async list(): Promise<RunList> {
    const groups = await this.#groups()
    const newest = [...groups].sort(([, [left]], [, [right]]) => (right?.summary.at ?? 0) - (left?.summary.at ?? 0))
    const runs = newest.slice(0, maxRuns).map(([id, files]) => joined(id, files))
    return groups.size > maxRuns ? { runs, note: `The newest ${maxRuns} of ${groups.size} runs are listed.` } : { runs }
  }

  async *lines(id: string, follow?: AbortSignal): AsyncGenerator<readonly string[]> {
    const reading = new RunReading(await this.#filesOf(id, follow))
    this.#places.set(id, reading.places)
    yield* reading.read()
    while (follow !== undefined && !follow.aborted) {
      await sleep(pollMs, undefined, { signal: follow }).catch(() => {})
      if (follow.aborted) break
      reading.add(await this.#filesOf(id, follow))
      yield* reading.read()
    }
    if (follow === undefined) yield reading.rest()
  }

  async exchange(id: string, exchange: number): Promise<string | undefined> {
    if (this.#places.get(id)?.[exchange] === undefined) for await (const _ of this.lines(id));
    const place = this.#places.get(id)?.[exchange]
    return place === undefined ? undefined : await readPart(place)
  }

  async #filesOf(id: string, follow: AbortSignal | undefined): Promise<readonly string[]> {
    const groups = await this.#groups()
    // When a file that is followed is begun again, another run is the first in it.
    const files = groups.get(id) ?? (this.#isFile && follow !== undefined ? [...groups.values()].flat() : [])
    return files.map(({ path }) => path)
  }

  /** The files of each run, in the order in which they were begun. A file that names no run is one of its own. */
  async #groups(): Promise<ReadonlyMap<string, readonly TraceFile[]>> {
    const groups = new Map<string, TraceFile[]>()
    for (const path of await this.#paths()) {
      const file = await summarise(path).catch(unlessGone)
      if (file === undefined) continue
      const id = idOf(file)
      groups.set(id, [...(groups.get(id) ?? []), file])
    }
    for (const files of groups.values()) files.sort((left, right) => (left.summary.at ?? 0) - (right.summary.at ?? 0) || left.part - right.part)
    return groups
  }
}

/** A file may be deleted, or renamed, between two looks at its folder. */
function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

function idOf({ path, summary: { runId } }: TraceFile): string {
  return encodeURIComponent(runId === '' ? basename(path) : runId)
}

function joined(id: string, files: readonly TraceFile[]): RunSummary {
  const [first, last] = [files[0], files.at(-1)]
  const bytes = files.reduce((sum, { summary }) => sum + (summary.bytes ?? 0), 0)
  return { source: 'trace', runId: '', ...first?.summary, ...last?.summary, ...(first?.summary.at !== undefined && { at: first.summary.at }), id, bytes }
}

/** One reader of a run: keeps how far each of its files was read. */
class RunReading {
  readonly places: FilePart[] = []
  readonly #readers = new Map<string, LineReader>()
  readonly #translator = new TraceTranslator()

  constructor(paths: readonly string[]) {
    this.add(paths)
  }

  add(paths: readonly string[]): void {
    for (const path of paths) if (!this.#readers.has(path)) this.#readers.set(path, new LineReader(path))
  }

  async *read(): AsyncGenerator<readonly string[]> {
    for (const [path, reader] of this.#readers) {
      for await (const batch of reader.read()) {
        const lines = batch.flatMap(({ text, ...part }) => this.#translate({ path, ...part }, text))
        if (lines.length > 0) yield lines
      }
    }
  }

  /** What is to be said about the ends of the files. */
  rest(): readonly string[] {
    return [...this.#readers].flatMap(([path, { restBytes }]) =>
      restBytes === 0 ? [] : [noteOf(`The last line of ${basename(path)} is cut after ${restBytes} bytes: the process ended while it was written.`)],
    )
  }

  #translate(place: FilePart, text: string | undefined): readonly string[] {
    if (text === '') return []
    const before = this.#translator.exchanges
    const line = text === undefined ? noteOf(`A line of ${place.bytes} bytes is too long and is skipped.`) : this.#translator.translate(text)
    if (this.#translator.exchanges > before) this.places.push(place)
    return line === undefined ? [] : [line]
  }
}

function noteOf(message: string): string {
  return JSON.stringify({ type: 'note', message } satisfies PageLine)
}

/** True if there is a file or folder at a path. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

/** Waits until there is something at a path, or the signal is aborted. */
export async function waitForPath(path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isThere(path))) {
    await sleep(pollMs, undefined, { signal }).catch(() => {})
  }
}
