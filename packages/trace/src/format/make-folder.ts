import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those around it, where they are missing. Only the owner of the process can read what it makes.
 *
 * @throws {Error} The error of the file system. `recursive` of Node.js does not end where a folder cannot be made, such as in /proc.
 */
export function makeFolder(path: string): void {
  const code = tryToMake(path)
  if (code === undefined || (code === 'EEXIST' && statSync(path).isDirectory())) return
  if (code === 'ENOENT' && dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

function tryToMake(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
