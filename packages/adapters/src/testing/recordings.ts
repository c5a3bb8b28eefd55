import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Recorded provider traffic, beside the repository where it is there at all. */
const folder = resolve(import.meta.dirname, '../../../../../shared/fixtures')

/** True when the recordings are there; tests that need them say so when they are not. */
export const hasRecordings: boolean = existsSync(folder)

/** One recorded request with its answer. */
export interface Exchange {
  readonly name: string
  readonly request: Record<string, unknown> | undefined
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** All exchanges under a folder of cassettes: YAML documents of the form `when` / `then`. */
export function readCassettes(path: string): readonly Exchange[] {
  if (!hasRecordings) return []
  const root = join(folder, path)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
  return files.flatMap((file) => readCassette(file, readFileSync(join(root, file), 'utf8')))
}

/** The lines of a file of chunks, one JSON a line. */
export function readLines(path: string): readonly string[] {
  return readFileSync(join(folder, path), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

/** A file as text. */
export function readText(path: string): string {
  return readFileSync(join(folder, path), 'utf8')
}

/** The folders in a folder. */
export function listFolders(path: string): readonly string[] {
  if (!hasRecordings) return []
  return readdirSync(join(folder, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

/** The files of a folder with an ending. */
export function listFiles(path: string, ending: string): readonly string[] {
  if (!hasRecordings) return []
  return readdirSync(join(folder, path))
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => `${path}/${file}`)
}

// Not YAML at large: the one form in which the cassettes were written.
function readCassette(file: string, text: string): readonly Exchange[] {
  return text
    .split(/^---\n/m)
    .filter((document) => document.trim() !== '')
    .map((document, index) => {
      const [when = '', then = ''] = document.split(/^then:\n/m)
      const request = readBody(when)
      return {
        name: `${file.replace(/\.yaml$/, '')} ${index + 1}`,
        request: request === undefined ? undefined : (JSON.parse(request) as Record<string, unknown>),
        status: Number(/^ {2}status: (\d+)$/m.exec(then)?.[1]),
        contentType: /- name: content-type\n {4}value: (.*)/.exec(then)?.[1] ?? '',
        body: readBody(then) ?? '',
      }
    })
}

function readBody(section: string): string | undefined {
  const start = /^ {2}body: ?/m.exec(section)
  if (start === null) return undefined
  const rest = section.slice(start.index + start[0].length)
  if (rest.startsWith('null')) return undefined
  if (rest.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(rest)?.[1]?.replaceAll("''", "'")
  if (!rest.startsWith('|')) throw new Error(`A form of body that is not known: ${rest.slice(0, 20)}`)
  return rest.slice(rest.indexOf('\n') + 1).replace(/^ {4}/gm, '')
}
