import { type Journal, type Json, type ListedRun, type ListedStatus, openQuestions, type RunListOptions, type RunResult, type SavedRun } from '@capstan/core'
import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import type { ListedServerRun, OpenQuestion, ServerRun } from '../protocol.ts'
import { beganAtOf, type FoundRun, inputOf, metadataOf } from './access.ts'
import type { Decisions } from './decisions.ts'
import type { LiveRun } from './live-run.ts'
import { safeMessage, showQuestion } from './shown-event.ts'

/** Which runs are listed. */
export interface RunsQuery {
  readonly status?: ListedStatus
  readonly session?: string
  readonly limit: number
  readonly cursor?: string
}

/** A page of a list. */
export interface RunsPage {
  readonly runs: readonly ListedServerRun[]
  readonly cursor?: string
}

/** Pages of paused runs that one request looks through. */
const maxQuestionPages = 20

/** Says what runs are and do, from the journal and from this process. */
export class RunInfos {
  readonly #journal: Journal | undefined
  readonly #live: { readonly all: readonly LiveRun[] }

  constructor({ journal }: Pick<ResolvedOptions, 'journal'>, live: { readonly all: readonly LiveRun[] }) {
    this.#journal = journal
    this.#live = live
  }

  /** The runs of a principal, the last begun first. */
  async list(principal: Principal, { status, session, limit, cursor }: RunsQuery): Promise<RunsPage> {
    if (this.#journal === undefined) {
      const own = this.#live.all.filter((live) => live.owner.id === principal.id && (session === undefined || live.request.session === session))
      const runs = own.map(infoOfLive).filter((info) => status === undefined || info.status === status)
      return { runs: runs.reverse().slice(0, limit) }
    }
    const metadata = { principal: principal.id, ...(session !== undefined && { session }) }
    const options: RunListOptions = { metadata, limit, ...(status !== undefined && { status }), ...(cursor !== undefined && { cursor }) }
    const page = await this.#journal.list(options)
    return { runs: page.runs.map(infoOfListed), ...(page.cursor !== undefined && { cursor: page.cursor }) }
  }

  /** The open questions that a principal may decide, of all runs. */
  async questions(principal: Principal, decisions: Decisions, limit: number): Promise<readonly OpenQuestion[]> {
    const found: OpenQuestion[] = []
    let cursor: string | undefined
    for (let page = 0; page < maxQuestionPages && this.#journal !== undefined; page++) {
      const { runs, cursor: next } = await this.#journal.list({ status: 'paused', limit: 100, ...(cursor !== undefined && { cursor }) })
      for (const run of runs) found.push(...(await questionsFor(principal, run, decisions)))
      cursor = next
      if (cursor === undefined || found.length >= limit) break
    }
    return found.slice(0, limit)
  }
}

async function questionsFor(principal: Principal, run: ListedRun, decisions: Decisions): Promise<readonly OpenQuestion[]> {
  const { principal: owner, agent = run.agent } = metadataOf(run) ?? {}
  if (owner === undefined) return []
  const allowed = await Promise.all(run.questions.map((question) => decisions.mayList(principal, { runId: run.runId, owner }, question)))
  return run.questions.filter((_, index) => allowed[index] === true).map((question) => ({ runId: run.runId, owner, agent, question: showQuestion(question) }))
}

/** A run as `GET /runs/:id` shows it. What is still asked, the journal knows: others may have answered a part of it. */
export function infoOf({ live, saved }: Pick<FoundRun, 'live' | 'saved'>): ServerRun | undefined {
  if (live === undefined) return saved && infoOfSaved(saved)
  const info = infoOfLive(live)
  return saved === undefined || live.phase !== 'waiting' ? info : { ...info, questions: openQuestions(saved).map(showQuestion) }
}

function infoOfLive(live: LiveRun): ServerRun {
  const { runId, agent, request, beganAt, changedAt, result, error } = live
  const { session } = request
  const isAtWork = live.phase === 'running' || live.phase === 'drained' || live.phase === 'elsewhere'
  const status = isAtWork ? 'unfinished' : (result?.status ?? 'unusable')
  const stopReason = isAtWork ? undefined : (result?.stopReason ?? (error?.code === 'aborted' ? 'aborted' : 'failed'))
  return {
    runId,
    agent: agent.name,
    status,
    ...(stopReason !== undefined && { stopReason }),
    ...(session !== undefined && { session }),
    ...(beganAt !== undefined && { beganAt }),
    changedAt,
    questions: live.pending.map(showQuestion),
    input: request.input,
    ...(result !== undefined && live.phase === 'ended' && { result: resultOf(result) }),
    ...(error !== undefined && { error: { code: error.code, message: safeMessage(error.code) } }),
  }
}

function resultOf({ text, output, stopReason, usage, cost, toolCalls }: RunResult): NonNullable<ServerRun['result']> {
  // The output of a run is in its JSON form.
  return { text, ...(output !== undefined && { output: output as Json }), stopReason, usage, ...(cost !== undefined && { cost }), toolCalls }
}

function infoOfSaved(saved: SavedRun): ServerRun {
  const { head, records } = saved
  const { agent, session } = metadataOf(head) ?? {}
  const end = records.at(-1)
  const { status, stopReason } = end?.type === 'end' ? end : { status: 'unfinished' as const, stopReason: undefined }
  const name = agent ?? head.agent ?? 'unknown'
  const questions = status === 'paused' ? openQuestions(saved).map(showQuestion) : []
  const input = inputOf(head)
  const beganAt = beganAtOf(saved)
  const own = { ...(stopReason !== undefined && { stopReason }), ...(session !== undefined && { session }), ...(input !== undefined && { input }) }
  return { runId: head.runId, agent: name, status, ...own, ...(beganAt !== undefined && { beganAt }), questions }
}

function infoOfListed(run: ListedRun): ListedServerRun {
  const { runId, status, stopReason, beganAt, changedAt, questions } = run
  const { agent = run.agent, session } = metadataOf(run) ?? {}
  const own = { ...(stopReason !== undefined && { stopReason }), ...(session !== undefined && { session }) }
  return { runId, agent, status, ...own, beganAt, changedAt, questions: questions.map(showQuestion) }
}
