/** A piece of work that the user's words ask for, before a tool is chosen for it. */
export interface Task {
  readonly kind: TaskKind
  /** Values by role. `{number}` and `{date}` stand for an earlier result. */
  readonly values: TaskValues
  /** The user's words for it. */
  readonly phrase: string
  /** Its position in the clause. */
  readonly start: number
  readonly end: number
}

/** The kinds of work that the rules know. */
export type TaskKind = 'calculate' | 'date-difference' | 'date-add' | 'weekday' | 'convert-time' | 'list-files' | 'read-file' | 'search-files'

/** The values of a task by role. */
export type TaskValues = Readonly<Record<string, string | number>>

/** Finds tasks of some kinds in a clause. */
export type FindTasks = (clause: string) => readonly Task[]

/** A task at the position where its words were found. */
export function taskAt(kind: TaskKind, found: RegExpExecArray, values: TaskValues): Task {
  return { kind, values, phrase: found[0].trim(), start: found.index, end: found.index + found[0].length }
}

/** A task that takes up a complete clause. */
export function wholeTask(kind: TaskKind, clause: string, values: TaskValues): Task {
  return { kind, values, phrase: clause.trim(), start: 0, end: clause.length }
}

/** Overwrites the words of tasks with spaces, so that nothing else is found in them and positions stay. */
export function blankOut(text: string, found: readonly { readonly start: number; readonly end: number }[]): string {
  return found.reduce((rest, { start, end }) => rest.slice(0, start) + ' '.repeat(Math.max(0, end - start)) + rest.slice(end), text)
}
