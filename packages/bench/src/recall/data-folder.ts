import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Source } from './sources.ts'

/** The files of the sources in a folder: `<folder>/<owner>/<repository>/<path>`. */
export class DataFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws {Error} When the file is missing. */
  async read({ repository }: Source, file: string): Promise<string> {
    return readFile(this.#pathOf(repository, file), 'utf8')
  }

  /** Files that are missing, as paths in the folder. */
  missing(sources: readonly Source[]): readonly string[] {
    return sources.flatMap(({ repository, files }) => files.map((file) => this.#pathOf(repository, file))).filter((path) => !existsSync(path))
  }

  /**
   * Downloads what is missing, at the pinned commits.
   *
   * @param origin - Serves `/<owner>/<repository>/<commit>/<path>`.
   * @throws {Error} When a file cannot be had.
   */
  async download(sources: readonly Source[], origin = 'https://raw.githubusercontent.com'): Promise<void> {
    for (const { repository, commit, files } of sources) {
      for (const file of files) {
        const path = this.#pathOf(repository, file)
        if (!existsSync(path)) await save(path, `${origin}/${repository}/${commit}/${file}`)
      }
    }
  }

  #pathOf(repository: string, file: string): string {
    return join(this.#folder, repository, file)
  }
}

/** A download that is cut must not look like a file. */
async function save(path: string, url: string): Promise<void> {
  const text = await load(url).catch((error: unknown) => {
    throw new Error(`${url} cannot be downloaded: ${error instanceof Error ? error.message : error}. Use --data <folder> with the files.`, { cause: error })
  })
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.part`, text)
  await rename(`${path}.part`, path)
}

async function load(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) })
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response.text()
}
