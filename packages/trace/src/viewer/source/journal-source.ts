import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision, Journal, ListedRun } from '@capstan/core'
import type { PageLine, RunSummary } from '../lines.ts'
import type { RunList, RunSource } from './source.ts'
import { translateJournal } from './translate-journal.ts'

/** How often a journal is read again, in milliseconds. */
const journalPollMs = 1_000
const maxRuns = 1_000

/** The runs of a journal, or one of them. A journal keeps no requests, so there is no wire to see. */
export class JournalSource implements RunSource {
  readonly #journal: Journal
  readonly #only: string | undefined

  /** @param only - The id of the only run to show. Default: all runs. */
  constructor(journal: Journal, only?: string) {
    this.#journal = journal
    this.#only = only
  }

  async list(): Promise<RunList> {
    if (this.#only !== undefined) {
      const { head, records } = await this.#journal.read(this.#only)
      const last = records.at(-1)
      const status = last?.type === 'end' ? last.stopReason : 'unfinished'
      return {
        runs: [{ id: encodeURIComponent(this.#only), runId: this.#only, source: 'journal', status, ...(head.agent !== undefined && { agent: head.agent }) }],
      }
    }
    const { runs, cursor } = await this.#journal.list({ limit: maxRuns })
    return { runs: runs.map(summaryOf), ...(cursor !== undefined && { note: `The newest ${maxRuns} runs are listed.` }) }
  }

  async *lines(id: string, follow?: AbortSignal): AsyncGenerator<readonly string[]> {
    let count = 0
    const answered = new Set<string>()
    for (;;) {
      const saved = await this.#journal.read(decodeURIComponent(id))
      const lines = translateJournal(saved)
      const decided = lines.length > 0 ? decisionLines(lines, saved.decisions).filter(({ key }) => !answered.has(key)) : []
      for (const { key } of decided) answered.add(key)
      const added = [...lines.slice(count), ...decided]
      count = lines.length
      if (added.length > 0) yield added.map((line) => JSON.stringify(line))
      if (follow === undefined || follow.aborted) return
      await sleep(journalPollMs, undefined, { signal: follow }).catch(() => {})
      if (follow.aborted) return
    }
  }

  exchange(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}

/** Decisions that the run has not taken yet. */
function decisionLines(lines: readonly PageLine[], decisions: readonly Decision[]): readonly Extract<PageLine, { readonly type: 'question' }>[] {
  return decisions.flatMap(({ id, answer, at }) => {
    const asked = lines.findLast((line) => line.type === 'question' && line.key === id)
    if (asked?.type !== 'question' || asked.answer !== undefined) return []
    // The first member says what the line is.
    return [{ passing: true, ...asked, answer, ...(at !== undefined && { answeredAt: at }) }]
  })
}

function summaryOf({ runId, agent, status, stopReason, beganAt, changedAt, problem }: ListedRun): RunSummary {
  return {
    id: encodeURIComponent(runId),
    runId,
    source: 'journal',
    agent,
    status: stopReason ?? status,
    at: beganAt,
    changedAt,
    ...(problem !== undefined && { problem }),
  }
}
