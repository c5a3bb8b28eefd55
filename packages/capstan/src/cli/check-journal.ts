import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, UsageError } from './command-line.ts'
import { isPostgres } from './open-journal.ts'

const sqliteStart = 'SQLite format 3\0'
const maxNames = 3

/**
 * Checks that a path can be the folder of recorded runs. A folder can be one if it is empty or does not exist yet. A connection string
 * of PostgreSQL is checked when it is used.
 *
 * @throws {UsageError} For a file, and for a folder that holds only other files.
 * @throws {CommandError} For a folder that may not be read.
 */
export async function checkJournal(folder: string): Promise<void> {
  if (isPostgres(folder)) return
  const names = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw new UsageError(await describeFile(folder))
    throw new CommandError(`the journal ${folder} cannot be read: ${error.message}. To fix this, run the command as the user who recorded the runs.`)
  })
  // Names that begin with a dot are drafts, or files that desktops and version control put everywhere.
  const shown = names.filter((name) => !name.startsWith('.'))
  for (const name of shown) if (await mayBeRun(join(folder, name))) return
  if (shown.length === 0) return
  const more = shown.length > maxNames ? ' …' : ''
  throw new UsageError(
    `${folder} is not a journal: it holds no run, but ${shown.slice(0, maxNames).join(', ')}${more}. Use the folder that was given to fileJournal() or --journal.`,
  )
}

/** A run has a log; the folder of a run that is just beginning may have none yet. */
async function mayBeRun(path: string): Promise<boolean> {
  try {
    await stat(join(path, 'log.jsonl'))
    return true
  } catch (error) {
    // A run of another user counts as a run: reading it fails with the cause.
    if (!(error instanceof Error && 'code' in error) || error.code === 'EACCES') return true
    const names = await readdir(path).catch(() => undefined)
    return names?.every((name) => name.startsWith('.') || name.startsWith('owner')) === true
  }
}

async function describeFile(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined)
  const beginning = await file?.read(Buffer.alloc(sqliteStart.length)).catch(() => undefined)
  await file?.close()
  const isSqlite = beginning?.buffer.toString('latin1') === sqliteStart
  if (isSqlite) return `${path} is a SQLite database. This command reads the folders of fileJournal(); read runs of sqliteJournal() in a program.`
  return `${path} is a file. --journal takes the folder of a journal.`
}
