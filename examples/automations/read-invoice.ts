import { type Agent, AgentError, type Cost, type Journal, type ListedRun, type PendingQuestion, type RunResult } from 'capstan'
import { type Invoice, problemOf, questionAbout } from './invoice.ts'
import type { Stopper } from './stopper.ts'

/** A document whose text could be read. */
export interface TextDocument {
  readonly name: string
  readonly id: string
  readonly text: string
  /** What its run may spend, in millionths; `Infinity` if prices are not known. */
  readonly limitMicros: number
}

/** What became of a document. */
export type Outcome =
  | { readonly kind: 'done'; readonly invoice: Invoice }
  | { readonly kind: 'waiting'; readonly questions: readonly PendingQuestion[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly isRetryable: boolean }
  /** The run was stopped, or its work was abandoned, and a later start continues it. */
  | { readonly kind: 'stopped'; readonly isAborted: boolean }

/** The outcome of one run, with what the run has spent since it began, in all processes. */
export interface RunEnd {
  readonly runId: string
  readonly outcome: Outcome
  readonly spentMicros: number
}

/** What the journal has of a document: how its last run ended, or which run is to continue. */
export interface Recalled {
  readonly ended?: RunEnd
  readonly runId: string
  /** Of all runs of the document. */
  readonly spentMicros: number
  /** Of the run that continues: a part of `spentMicros`. */
  readonly continuedMicros: number
}

/** The id of a run: the time slot, the document, and from the second attempt on its number. */
export function runIdOf(slot: string, documentId: string, attempt: number): string {
  return `${slot}.${documentId}${attempt === 1 ? '' : `.${attempt}`}`
}

/** Reads documents in runs of a journal: one run for each document of a time slot. */
export class InvoiceReader {
  readonly #agent: Agent<unknown, Invoice>
  readonly #journal: Journal
  readonly #stopper: Stopper
  readonly #slot: string

  constructor(agent: Agent<unknown, Invoice>, { journal, stopper, slot }: { journal: Journal; stopper: Stopper; slot: string }) {
    this.#agent = agent
    this.#journal = journal
    this.#stopper = stopper
    this.#slot = slot
  }

  /**
   * Looks a document up in the journal, without a request. A run that was interrupted, or whose request failed, continues under its id. One that
   * ended without a usable answer gets a successor, `SLOT.DOCUMENT.2`, because a recorded end stays as it is.
   */
  async recall(document: TextDocument, recorded: ReadonlyMap<string, ListedRun>): Promise<Recalled> {
    let spentMicros = 0
    for (let attempt = 1; ; attempt += 1) {
      const runId = runIdOf(this.#slot, document.id, attempt)
      if (!recorded.has(runId)) return { runId, spentMicros, continuedMicros: 0 }
      const ended = await this.#run(document, runId, true)
      spentMicros += ended.spentMicros
      if (ended.outcome.kind === 'stopped') return { runId, spentMicros, continuedMicros: ended.spentMicros }
      if (ended.outcome.kind !== 'failed') return { ended, runId, spentMicros, continuedMicros: 0 }
    }
  }

  /** Begins or continues a run. */
  async read(document: TextDocument, runId: string): Promise<RunEnd> {
    return await this.#run(document, runId, false)
  }

  async #run(document: TextDocument, runId: string, isReplay: boolean): Promise<RunEnd> {
    const { name, text, limitMicros } = document
    // region run
    const run = this.#agent.stream(questionAbout(name, text), {
      journal: this.#journal,
      runId,
      metadata: { slot: this.#slot, document: name },
      ...(limitMicros !== Number.POSITIVE_INFINITY && { limits: { cost: limitMicros } }),
      // Nobody can be asked while the job runs. Questions of tools still wait for their answer, in the journal.
      attended: false,
    })
    // A run that is stopped at once replays what is recorded, and sends nothing.
    if (isReplay) run.stop().catch(() => {})
    // endregion
    try {
      const result = await this.#stopper.watch(run, run.result)
      return { runId, outcome: outcomeOf(result, text), spentMicros: microsOf(result.cost) }
    } catch (error) {
      if (!AgentError.is(error)) throw error
      const outcome: Outcome =
        error.code === 'aborted'
          ? { kind: 'stopped', isAborted: true }
          : { kind: 'failed', code: error.code, message: error.message, isRetryable: error.retryable }
      return { runId, outcome, spentMicros: microsOf(error.result?.cost) }
    }
  }
}

function outcomeOf(result: RunResult<Invoice>, text: string): Outcome {
  const { status, stopReason, pending, toolCalls, output: invoice } = result
  if (pending.length > 0) return { kind: 'waiting', questions: pending }
  if (status === 'paused') return { kind: 'stopped', isAborted: false }
  if (invoice === undefined) return { kind: 'failed', code: stopReason, message: `the run ended with ${stopReason}`, isRetryable: false }
  // What a clerk said need not be in the document.
  const problem = toolCalls > 0 ? undefined : problemOf(invoice, text)
  return problem === undefined ? { kind: 'done', invoice } : { kind: 'failed', code: 'not-in-document', message: problem, isRetryable: false }
}

/** The cost as a budget counts it: the upper bound where a request never reported its usage. */
function microsOf(cost: Cost | undefined): number {
  return cost?.amountMicros ?? cost?.atMost ?? 0
}
