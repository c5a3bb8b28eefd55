import type { ListedRun, Model } from 'capstan'
import type { NightlyOptions } from './command-line.ts'
import { type DocumentFile, readDocument } from './documents.ts'
import { estimate, limitOf, money } from './estimate.ts'
import { exitCodes } from './exit-codes.ts'
import { runIdOf } from './read-invoice.ts'
import { shown } from './shown.ts'

/** What a dry run needs to know. */
export interface PlanParts {
  readonly options: NightlyOptions
  readonly model: Model
  /** The runs of the slot, by their ids. */
  readonly recorded: ReadonlyMap<string, ListedRun>
}

type State = 'finished' | 'waiting' | 'open'

/** Says what a start would do. Nothing is sent, and nothing is written. */
export async function describePlan(documents: readonly DocumentFile[], { options, model, recorded }: PlanParts): Promise<number> {
  const { slot, maxCostMicros } = options
  const { prices } = model.traits
  const counts = { finished: 0, waiting: 0, open: 0, unreadable: 0 }
  const sum = { inputTokens: 0, outputTokens: 0, micros: 0, mostMicros: 0 }
  for (const file of documents) {
    const read = await readDocument(file)
    const state = 'problem' in read ? 'unreadable' : stateOf(slot, read.id, recorded)
    counts[state] += 1
    if ('problem' in read) process.stdout.write(`  unreadable: ${shown(`${file.name}: ${read.problem}`)}\n`)
    if (state !== 'open' || 'problem' in read) continue
    const one = estimate(read.text, prices)
    sum.inputTokens += one.inputTokens
    sum.outputTokens += one.outputTokens
    sum.micros += one.micros
    sum.mostMicros += prices === undefined ? 0 : limitOf(read.text, prices)
  }
  const { open, finished, waiting, unreadable } = counts
  process.stdout.write(
    `${[
      `nightly ${slot}, dry run: ${documents.length} documents`,
      `  ${open} to ask, ${finished} finished, ${waiting} asked (wait for a person), ${unreadable} unreadable`,
      `  ${model.id}: about ${grouped(sum.inputTokens)} tokens in, ${grouped(sum.outputTokens)} out`,
      `  about ${money(sum.micros, prices)}; each run at its limit: ${money(sum.mostMicros, prices)}`,
      maxCostMicros === Number.POSITIVE_INFINITY ? '  no cap' : `  cap ${money(maxCostMicros, prices)}`,
      'Nothing was sent, and nothing was written.',
    ].join('\n')}\n`,
  )
  return exitCodes.finished
}

/** The state of a document by the last of its runs. */
function stateOf(slot: string, id: string, recorded: ReadonlyMap<string, ListedRun>): State {
  for (let attempt = 1; ; attempt += 1) {
    const run = recorded.get(runIdOf(slot, id, attempt))
    if (run === undefined) return 'open'
    if (run.status === 'finished') return 'finished'
    if (run.questions.length > 0) return 'waiting'
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en')
}
