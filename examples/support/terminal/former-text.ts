import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Json } from 'capstan'

const maxBytes = 1_000_000

/** The text of a file inside the root, to show it; empty if there is none. */
export async function formerText(root: string, path: Json | undefined): Promise<string> {
  try {
    const file = await realpath(join(root, String(path)))
    const inside = file.startsWith(`${await realpath(root)}${sep}`)
    const { size } = await stat(file)
    return inside && size <= maxBytes ? await readFile(file, 'utf8') : ''
  } catch {
    return ''
  }
}
