import type { Json, PendingQuestion, RunRecord, SavedRun } from '@capstan/core'
import { isJsonObject, questionsIn } from '@capstan/core/internal'
import { describeRun } from './describe-saved.ts'
import { askedIn, askedLines } from './show-question.ts'
import { fieldsOf, showFields } from './terminal/fields.ts'
import { columnsOf, type Output } from './terminal/output.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** Options for showing recorded data. */
export interface SavedView {
  readonly runId: string
  /** The folder of the journal, or its connection string without a password, for commands to copy. */
  readonly journal: string
  readonly output: Output
  /** True to cut nothing. In a pipe nothing is cut anyway. */
  readonly isFull: boolean
}

/** A head line, and the value that belongs to it. */
interface Entry {
  readonly head: ShownText
  readonly value: Json
}

/** Shows the input of a run, its operations and decisions, and its pending questions. */
export function savedLines(saved: SavedRun, view: SavedView): readonly ShownText[] {
  const { status, questions } = describeRun(saved)
  const input = saved.head.input.map(({ role, content }): Entry => ({ head: say`input`, value: { [role]: content as Json } }))
  const entries = [...input, ...saved.records.flatMap((record) => entriesOf(record, saved)), ...saved.decisions.map((made) => decided(made, saved))]
  const shown = entries.map(({ head, value }) => ({
    head,
    ...showFields(fieldsOf(value, ShownText.empty), { columns: columnsOf(view.output), lines: room(view) }),
  }))
  const isCut = shown.some((one) => one.isCut)
  return [
    say`run ${ShownText.shell(view.runId)}: ${status}`,
    ...shown.flatMap(({ head, lines }) => [head, ...lines]),
    ...(isCut ? [say`Not everything is shown. To see all of it: ${commandLine(view, ['show'], ['--full'])}`] : []),
    ...questions.flatMap((question) => questionLines(question, view)),
  ]
}

/** Shows a pending question, and the commands that answer it. */
export function questionLines(question: PendingQuestion, view: SavedView): readonly ShownText[] {
  const asked = askedIn(question)
  const { lines, isCut } = askedLines(asked, { columns: columnsOf(view.output), lines: room(view) })
  const line = (name: string, ...rest: readonly string[]): ShownText => say`  ${commandLine(view, [name, question.id], rest)}`
  const choices = {
    outcome: [line('outcome', '--output TEXT'), line('outcome', '--failed TEXT'), line('outcome', '--again')],
    question: [line('approve', '--answer TEXT'), line('deny', '--reason TEXT')],
  }
  return [
    ...lines,
    ...(isCut ? [say`Not everything is shown. To see all of it: ${commandLine(view, ['show'], ['--full'])}`] : []),
    say`To answer, copy one of these lines:`,
    ...(asked.type === 'outcome' || asked.type === 'question'
      ? choices[asked.type]
      : [line('approve'), ...(asked.flow?.targets.length ? [line('approve', '--for-target')] : []), line('deny', '--reason TEXT')]),
  ]
}

/** Default folder of journals. */
export const defaultJournal = '.capstan/runs'

/** Makes a `capstan runs` command to copy. Ids are quoted for the shell and cannot be mistaken for options. */
export function commandLine(
  { runId, journal }: Pick<SavedView, 'runId' | 'journal'>,
  [name = '', ...ids]: readonly string[],
  options: readonly string[] = [],
): ShownText {
  const folder = journal === defaultJournal ? [] : [say`--journal ${ShownText.shell(journal)}`]
  const words = [runId, ...ids]
  const [quoted, given] = [words.map(ShownText.shell), [...folder, ...options.map((option) => say`${option}`)]]
  // An argument with a leading dash would be read as an option without `--` before it.
  const isDashed = words.some((word) => word.startsWith('-'))
  return ShownText.join([say`capstan runs ${name}`, ...(isDashed ? [...given, say`--`, ...quoted] : [...quoted, ...given])], ' ')
}

/** The most lines of a value on a terminal. */
const maxLines = 6

function room({ output, isFull }: SavedView): number {
  return isFull || output.isTTY !== true ? Number.POSITIVE_INFINITY : maxLines
}

function entriesOf(record: RunRecord, saved: SavedRun): readonly Entry[] {
  if (record.type === 'answer') return [decided(record, saved)]
  if (record.type !== 'done' || !isJsonObject(record.output)) return []
  const { output, id, name } = record
  if (name === 'model') return modelEntries(id, output)
  if (!/^(?:tool|result) /.test(name)) return []
  // The result of a call that an agent answers is recorded when the agent has ended.
  const status = output['delegated'] === true ? 'an agent is asked' : String(output['status'])
  return [{ head: say`${id} ${name}: ${status}`, value: { text: output['text'] ?? '' } }]
}

/** Shows a decision: for a call whose input a person changed, both versions. */
function decided({ id, answer }: { readonly id: string; readonly answer: Json }, { records }: SavedRun): Entry {
  const question = questionsIn(records).find(({ position }) => position === id)
  const isEdited = isJsonObject(answer) && answer['input'] !== undefined && question !== undefined
  return { head: say`decided ${id}`, value: isEdited ? { decision: answer, 'the model asked for': askedIn(question).input } : { decision: answer } }
}

function modelEntries(id: string, output: Readonly<Record<string, Json | undefined>>): readonly Entry[] {
  const { status, error = null, reply = null } = output
  if (status !== 'ok') return [{ head: say`${id} model: ${String(status)}`, value: isJsonObject(error) ? (error['message'] ?? null) : null }]
  const message = isJsonObject(reply) ? (reply['message'] ?? null) : null
  const content = isJsonObject(message) ? (message['content'] ?? []) : []
  return (Array.isArray(content) ? content : []).flatMap((part: Json): readonly Entry[] => {
    if (!isJsonObject(part)) return []
    if (part['type'] === 'text') return [{ head: say`${id} model`, value: { text: part['text'] ?? '' } }]
    return part['type'] === 'tool-call' ? [{ head: say`${id} model: → ${String(part['toolName'])}`, value: inputOf(part['inputText']) }] : []
  })
}

function inputOf(inputText: Json | undefined): Json {
  try {
    return JSON.parse(String(inputText))
  } catch {
    return { 'not JSON': inputText ?? null }
  }
}
