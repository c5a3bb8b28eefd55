import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A recorded answer that is a stream. */
export interface Recording {
  readonly name: string
  readonly bytes: Buffer
}

/** Recorded provider traffic lies beside the repository, where it is there at all; it is not ours to publish. */
const folder = fileURLToPath(new URL('../../../../../shared/fixtures', import.meta.url))

/** All recorded streams; empty where the recordings are absent. */
export function readRecordings(): readonly Recording[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return files.flatMap((file) => {
    if (file.endsWith('.chunks.txt') || file.endsWith('chunks.txt')) return [fromChunks(file)]
    return file.endsWith('.yaml') ? fromCassette(file) : []
  })
}

function fromChunks(file: string): Recording {
  const lines = read(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return { name: file, bytes: Buffer.from(`${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`) }
}

// Not YAML at large: the one form in which the cassettes are written.
function fromCassette(file: string): readonly Recording[] {
  return read(file)
    .split(/^---\n/m)
    .flatMap((document, index) => {
      const then = document.split(/^then:\n/m)[1] ?? ''
      const body = bodyOf(then)
      return body?.startsWith('data: ') === true ? [{ name: `${file} ${index + 1}`, bytes: Buffer.from(body) }] : []
    })
}

function bodyOf(section: string): string | undefined {
  const start = /^ {2}body: ?/m.exec(section)
  if (start === null) return undefined
  const rest = section.slice(start.index + start[0].length)
  if (rest.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(rest)?.[1]?.replaceAll("''", "'")
  return rest.startsWith('|') ? rest.slice(rest.indexOf('\n') + 1).replace(/^ {4}/gm, '') : undefined
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}
