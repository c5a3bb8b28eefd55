import type { ArtifactStore } from '../contract/artifacts.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import { invalidOptions, kindOf } from '../contract/options.ts'
import type { RunVersion, SessionPosition } from '../contract/result.ts'
import type { Definition } from './definition.ts'
import type { RunRecord } from './records.ts'
import type { RunListOptions, RunPage } from './run-list.ts'

/**
 * Keeps runs beyond their process. `@capstan/durable` has three; anything with this shape works. All methods throw an `AgentError`:
 * `run-not-found`, `run-locked`, `journal-failed`.
 */
export interface Journal {
  /** Keeps the complete results of tools that are too large for the model; `delete` of the journal removes those of its run. Default: they are kept in memory. */
  readonly artifacts?: ArtifactStore
  /**
   * Opens a run for writing: one owner at a time.
   *
   * @param head - Creates the run if it does not exist; an existing run is opened unchanged.
   */
  open(runId: string, head?: RunHead): Promise<OpenRun>
  /** Reads a run at any time, whoever writes it. */
  read(runId: string): Promise<SavedRun>
  /** Keeps a decision, unless there is one about this question: the first stays. Returns the one that stays. Needs no ownership. */
  decide(runId: string, decision: Decision): Promise<Decision>
  /** Lists runs from an index, the last begun first. */
  list(options?: RunListOptions): Promise<RunPage>
  /**
   * Removes a run that no process writes, with its large values.
   *
   * @param keepValues - Ids of operations whose values stay, such as those that a session refers to. Default: none.
   */
  delete(runId: string, keepValues?: readonly string[]): Promise<void>
}

/** What a run started with. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type RunHead = {
  readonly version: RunVersion
  readonly runId: string
  /** The name of the agent. Release 0.1.0 recorded none. */
  readonly agent?: string
  /** What the caller gave as `metadata`. */
  readonly metadata?: JsonObject
  readonly definition: Definition
  /** The session that the run belongs to, as it was when the run began. */
  readonly session?: SessionPosition
  /** What the caller gave: with a session only what is new. */
  readonly input: readonly (Message & JsonObject)[]
}

/** A run as a journal keeps it. */
export interface SavedRun {
  readonly head: RunHead
  readonly records: readonly RunRecord[]
  readonly decisions: readonly Decision[]
}

/** A run under one owner. */
export interface OpenRun extends SavedRun {
  /**
   * Adds records. They count once the promise resolves; after a rejection nothing more can be added.
   *
   * @param isDurable - False where the record may be lost with the power of the machine, but not with the process.
   */
  append(records: readonly RunRecord[], isDurable: boolean): Promise<void>
  /** Reads the decisions again. */
  readDecisions(): Promise<readonly Decision[]>
  /** Releases the run for the next owner. */
  close(): Promise<void>
}

/** What a person decided. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type Decision = {
  /** The position of the question. */
  readonly id: string
  /** Hash of what the question was about: call, exact input and tool. */
  readonly about: string
  readonly answer: Json
  /** When it was decided, in milliseconds since the Unix epoch, by the clock of the deciding process. Release 0.1.0 recorded none. */
  readonly at?: number
}

/** @throws {AgentError} `invalid-options` for a value that is not a journal, such as the path of one. */
export function checkJournal(journal: unknown): asserts journal is Journal {
  if (typeof journal === 'object' && journal !== null && 'open' in journal && typeof journal.open === 'function') return
  const use = typeof journal === 'string' ? ` ${useOf(journal)}` : ''
  throw invalidOptions(`\`journal\` must be a journal, such as fileJournal(folder) or sqliteJournal(file) makes, not ${kindOf(journal)}.${use}`)
}

function useOf(location: string): string {
  // A connection string may hold a password.
  if (location.includes('://')) return 'For PostgreSQL, write `journal: postgresJournal(connectionString)`.'
  return `Write \`journal: fileJournal(${JSON.stringify(location)})\`, or sqliteJournal for a database.`
}
