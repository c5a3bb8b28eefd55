import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'

/** A file that only grows, by complete lines. */
export interface Log {
  /** What was in it when it was opened. */
  readonly lines: readonly string[]
  /** Returns once the line is on the disk. */
  append(line: string): void
  close(): void
}

/**
 * Opens the file for this process only. A process that was killed may have left a part of a line, which never counted: it is removed.
 *
 * @throws {Error} If another process that is alive has it.
 */
export async function openLog(path: string): Promise<Log> {
  lock(`${path}.lock`)
  const file = openSync(path, 'a+', 0o600)
  const text = readFileSync(path, 'utf8')
  const complete = text.slice(0, text.lastIndexOf('\n') + 1)
  ftruncateSync(file, Buffer.byteLength(complete))
  return {
    lines: complete.split('\n').slice(0, -1),
    append(line) {
      writeSync(file, `${line}\n`)
      fdatasyncSync(file)
    },
    close() {
      closeSync(file)
      rmSync(`${path}.lock`, { force: true })
    },
  }
}

// Enough for one machine that people start by hand. The journals of Capstan have leases; databases have transactions.
function lock(path: string): void {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 })
  } catch {
    const owner = Number(readFileSync(path, 'utf8'))
    if (owner !== process.pid && isAlive(owner))
      throw new Error(`Process ${owner} uses ${path.replace(/\.lock$/, '')}. End it, or choose another folder with --folder.`)
    writeFileSync(path, String(process.pid), { mode: 0o600 })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
