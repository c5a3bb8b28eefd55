import { close, fdatasync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

const datasync = promisify(fdatasync)
const closeFile = promisify(close)

/** A log that is open for appending. */
export interface LogFile {
  /** Hands text to the operating system: it survives the process, not yet a loss of power. */
  write(text: string): void
  /** Resolves when what was written survives a loss of power. */
  datasync(): Promise<void>
  close(): Promise<void>
}

/** Opens a log, and makes it when it is not there. */
export function openLog(path: string): LogFile {
  let open: number | undefined = openSync(path, 'a')
  // The number of a closed file may be that of another one by now.
  const number = (): number => {
    if (open === undefined) throw new Error(`${path} was closed`)
    return open
  }
  return {
    write(text) {
      const file = number()
      // A line goes to the memory of the system in some microseconds; a trip to another thread takes ten times that.
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    },
    datasync: async () => await datasync(number()),
    async close() {
      const file = open
      open = undefined
      if (file !== undefined) await closeFile(file)
    },
  }
}
