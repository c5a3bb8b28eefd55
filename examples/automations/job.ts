import type { ListedRun, PendingQuestion, Prices } from 'capstan'
import { Breaker } from './breaker.ts'
import type { Budget } from './budget.ts'
import { type DocumentFile, readDocument } from './documents.ts'
import { limitOf, money, worstCaseOf } from './estimate.ts'
import { runPool } from './pool.ts'
import type { Progress } from './progress.ts'
import type { InvoiceReader, Recalled, RunEnd, TextDocument } from './read-invoice.ts'
import type { ResultFile } from './results.ts'
import type { Stopper } from './stopper.ts'

/** A document without a result, for people. */
export interface FailedDocument {
  readonly document: string
  readonly code: string
  readonly message: string
  readonly run?: string
}

/** A document about which a person is asked. */
export interface WaitingDocument {
  readonly document: string
  readonly run: string
  readonly questions: readonly PendingQuestion[]
}

export interface JobParts {
  readonly reader: InvoiceReader
  readonly budget: Budget
  readonly prices: Prices | undefined
  readonly results: ResultFile
  readonly progress: Progress
  readonly stopper: Stopper
  readonly concurrency: number
}

/** A document that is to be asked about, with its position in the results. */
interface Open {
  readonly index: number
  readonly document: TextDocument
  readonly recalled: Recalled
}

/** Reads many documents. A bad document never ends the others. */
export class Job {
  readonly failed: FailedDocument[] = []
  readonly waiting: WaitingDocument[] = []
  /** Results, with those of earlier starts. */
  done = 0
  /** Results of earlier starts, for which nothing was asked. */
  recalled = 0
  /** What the document that the cap kept from beginning may need, in millionths; `undefined` while the cap is not reached. */
  tooDearMicros: number | undefined
  /** True if work in progress was abandoned. */
  isAborted = false
  readonly breaker = new Breaker()
  readonly #parts: JobParts

  constructor(parts: JobParts) {
    this.#parts = parts
  }

  /** @param recorded - The runs of this slot in the journal. */
  async run(documents: readonly DocumentFile[], recorded: ReadonlyMap<string, ListedRun>): Promise<void> {
    const { concurrency, stopper, budget, prices } = this.#parts
    const open: Open[] = []
    // First everything that earlier starts spent is counted, and what they finished is taken over. Nothing is sent.
    await runPool([...documents.entries()], {
      concurrency,
      admit: () => (stopper.isStopping ? 'end' : 'start'),
      work: async ([index, file]) => {
        const found = await this.#recall(index, file, recorded)
        if (found !== undefined) open.push(found)
      },
    })
    open.sort((left, right) => left.index - right.index)
    await runPool(open, {
      concurrency,
      admit: ({ document }) => {
        const isEnding = stopper.isStopping || this.breaker.brokenBy !== undefined
        const needed = worstCaseOf(document.limitMicros, prices)
        this.tooDearMicros = isEnding || budget.hasRoomFor(needed) ? undefined : needed
        if (isEnding) return 'end'
        return this.tooDearMicros === undefined ? 'start' : 'wait'
      },
      work: (item) => this.#read(item),
    })
  }

  async #recall(index: number, file: DocumentFile, recorded: ReadonlyMap<string, ListedRun>): Promise<Open | undefined> {
    const { reader, budget, prices } = this.#parts
    const read = await readDocument(file)
    if ('problem' in read) {
      this.#fail(index, { document: file.name, code: 'unreadable', message: read.problem })
      return undefined
    }
    const document = { name: file.name, ...read, limitMicros: limitOf(read.text, prices) }
    const recalled = await reader.recall(document, recorded)
    budget.settle(0, recalled.spentMicros)
    if (recalled.ended === undefined) return { index, document, recalled }
    this.recalled += recalled.ended.outcome.kind === 'done' ? 1 : 0
    this.#take(index, document.name, recalled.ended)
    return undefined
  }

  async #read({ index, document, recalled }: Open): Promise<void> {
    const { reader, budget, prices } = this.#parts
    const reserved = worstCaseOf(document.limitMicros, prices)
    budget.reserve(reserved)
    const end = await reader.read(document, recalled.runId)
    budget.settle(reserved, end.spentMicros - recalled.continuedMicros)
    this.#take(index, document.name, end)
  }

  #take(index: number, document: string, { outcome, runId: run }: RunEnd): void {
    this.breaker.note(outcome)
    if (outcome.kind === 'failed') {
      const { code, message } = outcome
      return this.#fail(index, { document, code, message, run })
    }
    if (outcome.kind === 'stopped') {
      this.isAborted ||= outcome.isAborted
      return
    }
    if (outcome.kind === 'waiting') this.waiting.push({ document, run, questions: outcome.questions })
    else this.done += 1
    this.#put(index, outcome.kind === 'done' ? { document, run, ...outcome.invoice } : undefined)
  }

  #fail(index: number, failed: FailedDocument): void {
    this.failed.push(failed)
    this.#put(index, undefined)
  }

  #put(index: number, result: object | undefined): void {
    const { budget, prices, progress, results } = this.#parts
    try {
      results.put(index, result)
    } catch (error) {
      // Such as a full disk. What was read is in the journal, so the next start writes it without asking again.
      this.breaker.break(error instanceof Error ? error.message : String(error))
    }
    const decided = this.done + this.failed.length + this.waiting.length
    progress.update(decided, [`${this.failed.length} failed`, `${this.waiting.length} asked`, money(budget.spentMicros, prices)])
  }
}
