import { type Json, type Tool, type ToolCallContext, ToolError } from '@capstan/core'
import { checkNames, formatCount, invalidOptions } from '@capstan/core/internal'
import { type Flow, type FlowOptions, flowNames, toolFlow } from '../flow-options.ts'
import { jsonSchema } from '../schema/json-schema.ts'
import { tool } from '../tool.ts'
import { type Edited, editText } from './edit-text.ts'
import { checkPath, Jail } from './jail.ts'
import { moveEntry } from './move-entry.ts'
import { lookAt, type Place, withPlace, withTarget } from './places.ts'
import { createFile, type FormerFile, maxFileBytes, readFormer, replaceFile, syncFolder } from './replace-file.ts'
import { showPath } from './show-text.ts'
import { decodeText, encodeText, withLineEnds } from './text-form.ts'
import { Trash } from './trash.ts'
import { Turns } from './turns.ts'

/** A change that a model asks for, as `needsApproval` of `fileChanges()` gets it. */
export interface FileChange {
  readonly tool: 'write_file' | 'edit_file' | 'move_file' | 'delete_file'
  /** The path from the root, as the model wrote it, without empty parts. A link in it can lead to another path inside the root. */
  readonly path: string
  /** Of `move_file`: the new path. */
  readonly to?: string
}

/** Options of `fileChanges()`. By default `reaches` is `['write']`, with the paths of a call as its destinations. */
export interface FileChangesOptions extends FlowOptions {
  /** The folder in which the tools make changes. They change nothing outside it. A relative path starts at the current folder. */
  readonly root: string
  /** Whether a person must approve a change. A function decides for each one; if it throws, a person is asked. Default: true. */
  readonly needsApproval?: boolean | ((change: FileChange) => boolean | Promise<boolean>)
}

const maxTextLength = 1_000_000
const pathSchema = { type: 'string', description: 'Path relative to the folder of these tools, with "/".' } as const

interface ChangeInput {
  readonly path: string
  readonly to?: string
}

interface Tools {
  readonly jail: Jail
  readonly turns: Turns
  readonly flow: Flow<ChangeInput>
  readonly gateOf: (name: FileChange['tool']) => boolean | ((input: ChangeInput) => boolean | Promise<boolean>)
}

/**
 * Makes tools that write, edit, move and delete the files inside one folder. A person approves each call, unless `needsApproval` says
 * otherwise: the question shows the path and the text. A change happens completely or not at all. Nothing is lost: what is replaced or
 * deleted goes to the folder `.trash` of the root. The data of git is never changed. All tools are safe to repeat, except `move_file`.
 *
 * @throws {AgentError} `invalid-options`, for an unknown option, or a root that is not a path.
 */
export function fileChanges(options: FileChangesOptions): readonly [writeFile: Tool, editFile: Tool, moveFile: Tool, deleteFile: Tool] {
  checkNames(options, {
    names: ['root', 'needsApproval', ...flowNames],
    what: 'an option of fileChanges()',
    instead: { path: 'root', folder: 'root', dir: 'root', directory: 'root', cwd: 'root', approve: 'needsApproval', requireApproval: 'needsApproval' },
  })
  const { root, needsApproval = true, reaches = ['write'] } = options
  if (typeof root !== 'string' || root === '') throw invalidOptions('fileChanges({ root }) needs the path of a folder.')
  if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function')
    throw invalidOptions('fileChanges({ needsApproval }) must be true, false or a function.')
  const gateOf: Tools['gateOf'] = (name) => (typeof needsApproval === 'boolean' ? needsApproval : (input) => needsApproval(changeOf(name, input)))
  const flow = toolFlow({ ...options, reaches, targets: pathsOf })
  const tools: Tools = { jail: new Jail(root), turns: new Turns(), gateOf, flow }
  return [makeWriteFile(tools), makeEditFile(tools), makeMoveFile(tools), makeDeleteFile(tools)]
}

function makeWriteFile({ jail, turns, gateOf, flow }: Tools): Tool {
  return tool({
    name: 'write_file',
    description:
      'Writes a text file and makes missing folders. A file that exists is only replaced with replace: true; to change a part of it, use edit_file. ' +
      'Line ends and a byte order mark of the replaced file are kept. Text only, in UTF-8.',
    inputSchema: jsonSchema<{ path: string; content: string; replace?: boolean }>({
      type: 'object',
      properties: {
        path: pathSchema,
        content: { type: 'string', maxLength: maxTextLength, description: 'The complete new text of the file.' },
        replace: { type: 'boolean', description: 'Whether a file that exists is replaced. Default: false.' },
      },
      required: ['path', 'content'],
      additionalProperties: false,
    }),
    effect: 'idempotent',
    needsApproval: gateOf('write_file'),
    ...flow,
    async execute(input, call) {
      const { path, content, replace = false } = input
      checkContent(content, 'content')
      const trash = trashOf(jail, { ...input }, call)
      return await turns.take(call.signal, () => withTarget({ jail, path, makesFolders: true }, (place) => writeAt(place, { content, replace, trash })))
    },
  })
}

async function writeAt(
  place: Place,
  { content, replace, trash }: { readonly content: string; readonly replace: boolean; readonly trash: Trash },
): Promise<string> {
  const shown = showPath(place.path)
  const former = await readFormer(place)
  const bytes = formLike(content, former)
  if (former === undefined) {
    if (await createFile(place, { bytes, key: trash.key })) return `Wrote ${shown}: ${formatCount(bytes.byteLength)} bytes.`
    throw new ToolError(`${shown} was not written: another program made it at the same moment. Read it.`)
  }
  // Also what a repeated call finds.
  if (former.bytes?.equals(bytes)) return `${shown} has exactly this content: ${formatCount(bytes.byteLength)} bytes.`
  if (!replace) throw new ToolError(`${shown} exists already, with other content. Use edit_file to change a part of it, or replace: true to replace all of it.`)
  const kept = await replaceFile(place, { former, bytes, trash })
  return `Replaced ${shown}: ${formatCount(bytes.byteLength)} bytes. The former file is ${showPath(kept)}.`
}

function formLike(content: string, former: FormerFile | undefined): Buffer {
  const form = former?.bytes && decodeText(former.bytes)?.form
  return form === undefined ? Buffer.from(content) : encodeText(withLineEnds(content, form), form)
}

function makeEditFile({ jail, turns, gateOf, flow }: Tools): Tool {
  return tool({
    name: 'edit_file',
    description:
      'Replaces one text in a text file. old_text must occur exactly once: give it exactly as read_file shows it, with enough lines around it. ' +
      'To insert, repeat old_text in new_text; to remove, give an empty new_text. Line ends of the file are kept.',
    inputSchema: jsonSchema<{ path: string; old_text: string; new_text: string }>({
      type: 'object',
      properties: {
        path: pathSchema,
        old_text: { type: 'string', minLength: 1, maxLength: maxTextLength, description: 'The text to replace.' },
        new_text: { type: 'string', maxLength: maxTextLength, description: 'The text in its place.' },
      },
      required: ['path', 'old_text', 'new_text'],
      additionalProperties: false,
    }),
    effect: 'idempotent',
    needsApproval: gateOf('edit_file'),
    ...flow,
    async execute(input, call) {
      checkContent(input.new_text, 'new_text')
      const trash = trashOf(jail, { ...input }, call)
      const edit = (text: string): Edited => editText(text, { oldText: input.old_text, newText: input.new_text })
      return await turns.take(call.signal, () => withTarget({ jail, path: input.path }, (place) => editAt(place, { edit, trash, jail })))
    },
  })
}

interface Edit {
  readonly jail: Jail
  readonly trash: Trash
  readonly edit: (text: string) => Edited
}

async function editAt(place: Place, { edit, trash }: Edit): Promise<string> {
  const shown = showPath(place.path)
  const former = await readFormer(place)
  if (former === undefined) throw new ToolError(`${shown} does not exist. Use write_file to make it.`)
  if (former.bytes === undefined) throw new ToolError(`${shown} is larger than ${formatCount(maxFileBytes)} bytes, the most that can be edited.`)
  const decoded = decodeText(former.bytes)
  if (decoded === undefined) throw new ToolError(`${shown} is not text in UTF-8, so it cannot be edited.`)
  const before = await trash.read(place.name)
  const edited = edit(decoded.text)
  if (before !== undefined && !before.equals(former.bytes)) return afterRepetition(shown, { before, now: decoded.text, edit })
  if (!edited.ok) throw new ToolError(`${shown} was not changed: ${edited.message}`)
  const kept = await replaceFile(place, { former, bytes: encodeText(edited.text, decoded.form), trash })
  return `Edited ${shown} at line ${formatCount(edited.line)}: ${lines(edited.oldLines)} became ${lines(edited.newLines)}. The former file is ${showPath(kept)}.`
}

/** This call edited the file before it was interrupted: the former file is in the trash. */
function afterRepetition(shown: string, { before, now, edit }: { readonly before: Buffer; readonly now: string; readonly edit: Edit['edit'] }): string {
  const done = edit(decodeText(before)?.text ?? '')
  if (done.ok && done.text === now) return `Edited ${shown} at line ${formatCount(done.line)}: ${lines(done.oldLines)} became ${lines(done.newLines)}.`
  throw new ToolError(`${shown} was edited by this call before, and has changed since. Read it to see what it contains now.`)
}

function lines(count: number): string {
  return count === 1 ? '1 line' : `${formatCount(count)} lines`
}

function makeMoveFile({ jail, turns, gateOf, flow }: Tools): Tool {
  return tool({
    name: 'move_file',
    description:
      'Moves or renames a file or a folder, and makes missing folders. What exists at the new path is never replaced. Also brings back what is in .trash.',
    inputSchema: jsonSchema<{ path: string; to: string }>({
      type: 'object',
      properties: { path: pathSchema, to: { type: 'string', description: 'The new path, with the name.' } },
      required: ['path', 'to'],
      additionalProperties: false,
    }),
    effect: 'once',
    needsApproval: gateOf('move_file'),
    ...flow,
    async execute({ path, to }, { signal }) {
      return await turns.take(signal, () =>
        withPlace({ jail, path, isFromTrash: true }, (from) => withPlace({ jail, path: to, makesFolders: true }, (target) => moveEntry(from, target))),
      )
    },
  })
}

function makeDeleteFile({ jail, turns, gateOf, flow }: Tools): Tool {
  return tool({
    name: 'delete_file',
    description: 'Deletes a file, a folder with everything in it, or a symbolic link itself, by moving it to the folder .trash. move_file can bring it back.',
    inputSchema: jsonSchema<{ path: string }>({ type: 'object', properties: { path: pathSchema }, required: ['path'], additionalProperties: false }),
    effect: 'idempotent',
    needsApproval: gateOf('delete_file'),
    ...flow,
    async execute(input, call) {
      const trash = trashOf(jail, { ...input }, call)
      return await turns.take(call.signal, () => withPlace({ jail, path: input.path }, (place) => deleteAt(place, trash)))
    },
  })
}

async function deleteAt(place: Place, trash: Trash): Promise<string> {
  const isThere = (await lookAt(place)) !== undefined
  const earlier = isThere ? undefined : await trash.find(place.name)
  if (!isThere && earlier === undefined) throw new ToolError(`${JSON.stringify(place.path)} does not exist. Use list_files to see what exists.`)
  const kept = earlier ?? (await trash.receive(place))
  await syncFolder(place)
  return `Deleted ${showPath(place.path)}. It is now ${showPath(kept)}; move_file brings it back.`
}

/** The destinations of a change, as the model wrote them. */
function pathsOf({ path, to }: ChangeInput): readonly string[] {
  return to === undefined ? [path] : [path, to]
}

function trashOf(jail: Jail, input: Json, { idempotencyKey }: ToolCallContext): Trash {
  return new Trash(jail, { idempotencyKey, input })
}

/** A change as `needsApproval` gets it. Throws for a path that no tool accepts, so a person is asked. */
function changeOf(name: FileChange['tool'], { path, to }: ChangeInput): FileChange {
  const clean = (written: string): string => checkPath(written, process.platform).join('/') || '.'
  return { tool: name, path: clean(path), ...(to !== undefined && { to: clean(to) }) }
}

function checkContent(text: string, name: string): void {
  if (text.includes('\0')) throw new ToolError(`${name} contains a NUL character. Only text can be written.`)
  if (!text.isWellFormed()) throw new ToolError(`${name} contains half of a character (a surrogate without its pair).`)
}
