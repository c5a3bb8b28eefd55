import { AgentError, type Tool, ToolError } from '@capstan/core'
import { capText, checkNames, formatCount } from '@capstan/core/internal'
import { type FlowOptions, flowNames, toolFlow } from '../flow-options.ts'
import { jsonSchema } from '../schema/json-schema.ts'
import { tool } from '../tool.ts'
import { Jail, type OpenEntry } from './jail.ts'
import { BinaryFileError, type Line, readLines } from './read-lines.ts'
import { searchIn } from './search.ts'
import { showPath } from './show-text.ts'
import { type WalkEntry, type WalkStops, walk } from './walk.ts'

export { type FileChange, type FileChangesOptions, fileChanges } from './changes.ts'

/** Options of `files()`. By default the results are trusted and nothing is reached: set `returns: 'untrusted'` for a root whose files others can write. */
export interface FilesOptions extends FlowOptions {
  /** The folder that the tools can read. They cannot read anything outside it. A relative path starts at the current folder. */
  readonly root: string
}

const maxListed = 500
const maxListDepth = 3
const maxMs = 10_000
const defaultLines = 500
const maxLines = 2_000
const maxTextBytes = 40_000
const maxScannedBytes = 64 * 1024 * 1024

const pathSchema = { type: 'string', description: 'Path relative to the folder of these tools, with "/". Default: that folder.' } as const

/**
 * Makes tools that list, read and search the files inside one folder. They write nothing; `fileChanges()` makes the tools that do. No path leads outside the folder: `..`,
 * absolute paths and symbolic links are checked. A hard link looks like any other file: do not put hard links to secrets into the folder.
 *
 * @throws {AgentError} `invalid-options`, for an unknown option, or a root that is not a path.
 */
export function files(options: FilesOptions): readonly [listFiles: Tool, readFile: Tool, searchFiles: Tool] {
  checkNames(options, {
    names: ['root', ...flowNames],
    what: 'an option of files()',
    instead: { path: 'root', folder: 'root', dir: 'root', directory: 'root', cwd: 'root' },
  })
  const { root } = options
  if (typeof root !== 'string' || root === '') throw new AgentError('files({ root }) needs the path of a folder.', { code: 'invalid-options' })
  const reader: Reader = { jail: new Jail(root), flow: toolFlow(options) }
  return [makeListFiles(reader), makeReadFile(reader), makeSearchFiles(reader)]
}

interface Reader {
  readonly jail: Jail
  readonly flow: FlowOptions
}

function makeListFiles({ jail, flow }: Reader): Tool {
  return tool({
    name: 'list_files',
    description: `Lists files and folders, ${maxListDepth} levels deep, at most ${maxListed} entries. node_modules, .git and .trash are listed but not entered unless the path leads into them.`,
    inputSchema: jsonSchema<{ path?: string }>({ type: 'object', properties: { path: pathSchema }, additionalProperties: false }),
    effect: 'read',
    ...flow,
    async execute({ path = '.' }, { signal }) {
      const folder = await withEntry(jail, path, async (entry) => entry)
      if (folder.kind === 'file') return `${showPath(folder.path)} is a file of ${formatCount(folder.size)} bytes.`
      const stops: WalkStops = new Set()
      const entries: WalkEntry[] = []
      for await (const entry of walk(jail, folder.path, { limits: { maxEntries: maxListed, maxDepth: maxListDepth, maxMs, signal }, stops }))
        entries.push(entry)
      entries.sort((first, second) => (first.path < second.path ? -1 : 1))
      return [...entries.map(listEntry), summary(entries, stops)].join('\n')
    },
  })
}

function listEntry({ path: name, kind }: WalkEntry): string {
  const path = showPath(name)
  switch (kind) {
    case 'file':
      return path
    case 'folder':
      return `${path}/`
    case 'skipped folder':
      return `${path}/ (not entered)`
    case 'link':
      return `${path} (symbolic link)`
    case 'special':
      return `${path} (neither file nor folder)`
  }
}

function summary(entries: readonly WalkEntry[], stops: WalkStops): string {
  const notes = [`${formatCount(entries.length)} entries`]
  if (stops.has('count')) notes.push(`stopped at ${maxListed}: list one of its folders`)
  if (stops.has('depth')) notes.push(`folders below ${maxListDepth} levels were not entered`)
  if (stops.has('time')) notes.push(`stopped after ${maxMs / 1_000} s`)
  if (stops.has('unreadable')) notes.push('a folder could not be read')
  return `(${notes.join('; ')})`
}

function makeReadFile({ jail, flow }: Reader): Tool {
  return tool({
    name: 'read_file',
    description: `Reads a text file, by lines. Without offset and limit, the first ${defaultLines} lines. The first line of the output says which lines were read and whether more follow.`,
    inputSchema: jsonSchema<{ path: string; offset?: number; limit?: number }>({
      type: 'object',
      properties: {
        path: { type: 'string', description: pathSchema.description },
        offset: { type: 'integer', minimum: 1, description: 'The first line to read, from 1. Default: 1.' },
        limit: { type: 'integer', minimum: 1, maximum: maxLines, description: `The number of lines to read. Default: ${defaultLines}.` },
      },
      required: ['path'],
      additionalProperties: false,
    }),
    effect: 'read',
    ...flow,
    async execute({ path, offset = 1, limit = defaultLines }, { signal }) {
      return await withEntry(jail, path, async (entry) => {
        if (entry.kind === 'folder') throw new ToolError(`${JSON.stringify(entry.path)} is a folder. Use list_files.`)
        return await readRange(entry, { offset, limit, signal })
      })
    },
  })
}

interface Range {
  readonly offset: number
  readonly limit: number
  readonly signal: AbortSignal
}

async function readRange(entry: OpenEntry, range: Range): Promise<string> {
  const lines = readLines(entry.handle, { maxBytes: maxScannedBytes, maxLineLength: maxTextBytes, signal: range.signal })
  const path = showPath(entry.path)
  try {
    const { wanted, end } = await takeLines(lines, range)
    const last = wanted.at(-1)
    if (last === undefined) return range.offset === 1 ? `${path} is empty.` : `${path} has fewer than ${formatCount(range.offset)} lines.`
    const text = wanted.map(showLine).join('\n')
    return `${path}, lines ${range.offset} to ${last.number}, ${formatCount(entry.size)} bytes in all; then ${end}:\n${capText(text, maxTextBytes)}`
  } catch (error) {
    if (error instanceof BinaryFileError) return `${path} is a binary file of ${formatCount(entry.size)} bytes: not shown.`
    throw error
  } finally {
    await lines.return(true)
  }
}

function showLine({ text, length }: Line): string {
  return text.length === length ? text : `${text} [… ${formatCount(length - text.length)} of ${formatCount(length)} characters of this line left out …]`
}

async function takeLines(lines: AsyncGenerator<Line, boolean>, { offset, limit }: Range): Promise<{ readonly wanted: readonly Line[]; readonly end: string }> {
  const wanted: Line[] = []
  let bytes = 0
  let step = await lines.next()
  for (; step.done !== true; step = await lines.next()) {
    if (wanted.length >= limit || bytes > maxTextBytes) return { wanted, end: 'more lines follow' }
    if (step.value.number < offset) continue
    wanted.push(step.value)
    bytes += Buffer.byteLength(step.value.text) + 1
  }
  return { wanted, end: step.value ? 'the end of the file' : `${formatCount(maxScannedBytes)} bytes, where reading stops` }
}

function makeSearchFiles({ jail, flow }: Reader): Tool {
  return tool({
    name: 'search_files',
    description:
      'Searches text files for a text: plain text, not a pattern, ignoring case. Returns path, line number and line. node_modules, .git, .trash, links and binary files are skipped.',
    inputSchema: jsonSchema<{ query: string; path?: string }>({
      type: 'object',
      properties: { query: { type: 'string', description: 'The text to find, within one line.' }, path: pathSchema },
      required: ['query'],
      additionalProperties: false,
    }),
    effect: 'read',
    ...flow,
    async execute({ query, path = '.' }, { signal }) {
      if (query.trim() === '' || /[\r\n]/.test(query) || query.length > 1_000)
        throw new ToolError('The query must be text of one line, up to 1,000 characters. Search for a part of one line.')
      const start = await withEntry(jail, path, async (entry) => entry)
      return await searchIn({ jail, start, query, signal })
    },
  })
}

async function withEntry<Result>(jail: Jail, path: string, use: (entry: OpenEntry) => Promise<Result>): Promise<Result> {
  const entry = await jail.open(path)
  try {
    return await use(entry)
  } finally {
    await entry.handle.close()
  }
}
