import { type AgentError, type Journal, type JsonObject, openQuestions, type RunHead, type SavedRun } from '@capstan/core'
import { noSuchRun } from '../http/refusal.ts'
import type { Principal } from '../principal.ts'
import type { LiveRun } from './live-run.ts'
import { isRunId } from './run-ids.ts'

/** A run of this server: in this process, in the journal, or both. */
export interface FoundRun {
  readonly runId: string
  /** The id of the principal that it belongs to. */
  readonly owner: string
  readonly live: LiveRun | undefined
  /** What the journal has; not read where the run is in this process. */
  readonly saved: SavedRun | undefined
}

/** What the server keeps in the head of a run. */
// biome-ignore lint/style/useConsistentTypeDefinitions: it is JSON, as metadata are.
export type RunMetadata = {
  readonly principal: string
  /** The name of the agent in `agents`. */
  readonly agent: string
  /** What the client calls the session. */
  readonly session?: string
  /** True where text that was shown cannot be taken back. */
  readonly keepsText?: true
}

/** The metadata of a run that somebody may ask for; `undefined` for a run that belongs to nobody. */
export function metadataOf({ metadata }: { readonly metadata?: JsonObject }): (Pick<RunMetadata, 'principal'> & Partial<RunMetadata>) | undefined {
  const { principal, agent, session, keepsText } = metadata ?? {}
  if (typeof principal !== 'string') return undefined
  const text = keepsText === true ? { keepsText } : {}
  return { principal, ...(typeof agent === 'string' && { agent }), ...(typeof session === 'string' && { session }), ...text }
}

/** Decides whose a run is. No other code does this. */
export class RunAccess {
  readonly #journal: Journal | undefined
  readonly #liveRun: (runId: string) => LiveRun | undefined

  constructor(journal: Journal | undefined, liveRun: (runId: string) => LiveRun | undefined) {
    this.#journal = journal
    this.#liveRun = liveRun
  }

  /** The run, whoever owns it; `undefined` when there is none, or it belongs to nobody. */
  async find(runId: string): Promise<FoundRun | undefined> {
    if (!isRunId(runId)) return undefined
    const live = this.#liveRun(runId)
    if (live !== undefined) return { runId, owner: live.owner.id, live, saved: undefined }
    const saved = await this.read(runId)
    const owner = saved && metadataOf(saved.head)?.principal
    return owner === undefined ? undefined : { runId, owner, live: undefined, saved }
  }

  /**
   * A run of this principal.
   *
   * @throws {Refusal} 404 when there is none, and when it is somebody else's.
   */
  async own(principal: Principal, runId: string): Promise<FoundRun> {
    const found = await this.find(runId)
    if (found?.owner !== principal.id) throw noSuchRun()
    return found
  }

  /** What the journal has of a run; `undefined` when it has none. */
  async read(runId: string): Promise<SavedRun | undefined> {
    return await this.#journal?.read(runId).catch((error: unknown) => {
      if ((error as AgentError).code === 'run-not-found') return undefined
      throw error
    })
  }
}

/** True for a run that works when it is taken up: it was interrupted or drained, or all of its questions are answered. */
export function continuesAtOnce(saved: SavedRun): boolean {
  const end = saved.records.at(-1)
  return end?.type !== 'end' || (end.status === 'paused' && openQuestions(saved).length === 0)
}

/** True for a run that is over: neither at work nor paused. */
export function isOver({ records }: SavedRun): boolean {
  const end = records.at(-1)
  return end?.type === 'end' && end.status !== 'paused'
}

/** True for a run that is over and is not continued: one that an error has ended may be tried again. */
export function hasResult({ records }: SavedRun): boolean {
  const end = records.at(-1)
  return end?.type === 'end' && end.status !== 'paused' && end.status !== 'unusable'
}

/** When the first thing of a run was recorded, in milliseconds since the Unix epoch; `undefined` before that. */
export function beganAtOf({ records }: SavedRun): number | undefined {
  const first = records.find((record) => record.type === 'done')
  return first?.type === 'done' ? first.at : undefined
}

/** What the user said, of a run that this server began. */
export function inputOf({ input }: Pick<RunHead, 'input'>): string | undefined {
  const content = input[0]?.content
  return typeof content === 'string' && input.length === 1 ? content : undefined
}
