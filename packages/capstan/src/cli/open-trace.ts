import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { JournalSource, type RunSource, TraceSource } from '@capstan/trace/viewer'
import { checkJournal } from './check-journal.ts'
import { CommandError } from './command-line.ts'
import { isPostgres, openJournal } from './open-journal.ts'

/** The file of a run in a journal of files. */
const logName = 'log.jsonl'

/**
 * Opens what a person names: a trace or tape, a folder of traces, the folder or database of a journal, or the folder of one run in it.
 *
 * @throws {CommandError} For anything else.
 */
export async function openTrace(location: string): Promise<RunSource> {
  if (isPostgres(location)) return new JournalSource(openJournal(location).journal)
  const found = await stat(location).catch(() => undefined)
  if (found === undefined) throw new CommandError(`There is no file or folder ${location}. To record a run into it: capstan run --trace ${location} "question"`)
  if (!found.isDirectory()) return basename(location) === logName ? await openRun(dirname(location)) : await openFile(location)
  const names = await readdir(location)
  if (names.includes(logName)) return await openRun(location)
  if (names.some((name) => name.endsWith('.jsonl'))) return TraceSource.ofFolder(location)
  if (names.every((name) => name.startsWith('.')))
    throw new CommandError(`The folder ${location} is empty. To record a run into it: capstan run --trace ${location} "question"`)
  await checkJournal(location)
  return new JournalSource(openJournal(location).journal)
}

/** One run of a journal, by its folder, which is named for the run. */
async function openRun(folder: string): Promise<RunSource> {
  const path = resolve(folder)
  const source = new JournalSource(openJournal(dirname(path)).journal, decodeURIComponent(basename(path)))
  // Refuses a value that is not a run.
  await source.list()
  return source
}

async function openFile(path: string): Promise<RunSource> {
  const source = TraceSource.ofFile(path)
  const problem = (await source.list()).runs[0]?.problem
  if (problem !== undefined) throw new CommandError(`${path} cannot be shown. ${problem} A trace comes from capstan run --trace FILE, or traceTo(folder).`)
  return source
}
