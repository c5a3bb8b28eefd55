import { join } from 'node:path'
import type { Json, Prices } from 'capstan'
import type { Budget } from './budget.ts'
import type { NightlyOptions } from './command-line.ts'
import { money } from './estimate.ts'
import { exitCodeOf } from './exit-codes.ts'
import type { Job } from './job.ts'
import { type ResultFile, replaceFile } from './results.ts'
import { shown } from './shown.ts'

/** What a report is made of. */
export interface ReportParts {
  readonly options: NightlyOptions
  readonly results: ResultFile
  readonly budget: Budget
  readonly total: number
  readonly prices: Prices | undefined
}

/** At most so many documents of a kind are named; the files have all of them. */
const maxNamed = 10

/** Ends the files, tells people what became of the job, and returns the exit code. */
export async function report(job: Job, parts: ReportParts): Promise<number> {
  const { options, results, total } = parts
  const { failed, waiting, tooDearMicros, isAborted } = job
  const { brokenBy } = job.breaker
  const isCapReached = tooDearMicros !== undefined
  const hasBroken = brokenBy !== undefined
  const left = total - job.done - failed.length - waiting.length
  // Complete when every document was asked about, although some have no result: what failed is in a file of its own.
  const isComplete = left === 0 && !hasBroken
  results.end(isComplete)
  await replaceFile(failedFile(options), failed)

  const code = exitCodeOf({ isAborted, hasBroken, failed: failed.length, maxFailed: options.maxFailed, isCapReached, waiting: waiting.length, left })
  const file = isComplete ? results.path : `${results.path}.part`
  if (options.json) process.stdout.write(`${JSON.stringify({ ...summaryOf(job, parts), left, file })}\n`)
  else if (!options.quiet || code !== 0) for (const line of linesOf(job, parts, left)) process.stdout.write(`${shown(line)}\n`)
  return code
}

function failedFile({ state, slot }: NightlyOptions): string {
  return join(state, 'results', `${slot}.failed.jsonl`)
}

function summaryOf({ done, recalled, failed, waiting, tooDearMicros, breaker: { brokenBy } }: Job, { options, budget, total, prices }: ReportParts): object {
  const cost = prices === undefined ? undefined : { currency: prices.currency, amount: budget.spentMicros / 1_000_000 }
  return { slot: options.slot, total, done, recalled, failed, waiting, isCapReached: tooDearMicros !== undefined, brokenBy, cost }
}

function linesOf(job: Job, parts: ReportParts, left: number): readonly string[] {
  const { done, recalled, failed, waiting, tooDearMicros, breaker } = job
  const { options, results, budget, total, prices } = parts
  return [
    `nightly ${options.slot}: ${done} of ${total} done (${recalled} by earlier starts), ${money(budget.spentMicros, prices)}`,
    `  ${failed.length} failed, ${waiting.length} asked (wait for a person), ${left} left`,
    ...failed.slice(0, maxNamed).map(({ document, code, message }) => `  failed: ${document}: ${message} (${code})`),
    ...(failed.length > maxNamed ? [`  and ${failed.length - maxNamed} more: ${failedFile(options)}`] : []),
    ...waiting.slice(0, maxNamed).flatMap((asked) => questionLines(asked, options)),
    ...(waiting.length > maxNamed
      ? [`  and ${waiting.length - maxNamed} more: capstan runs list --status paused --journal ${join(options.state, 'runs')}`]
      : []),
    ...(tooDearMicros === undefined
      ? []
      : [`  The cap is ${money(budget.capMicros, prices)}, and the next document may need ${money(tooDearMicros, prices)}. To continue, raise --max-cost.`]),
    ...(breaker.brokenBy === undefined ? [] : [`  Ended early: ${breaker.brokenBy}`]),
    ...(left > 0 ? ['  Start it again to continue.'] : [`Results: ${results.path}`]),
  ]
}

function questionLines({ document, run, questions }: Job['waiting'][number], { state }: NightlyOptions): readonly string[] {
  return questions.flatMap(({ id, about }) => [
    `  asked: ${document}: ${questionOf(about)}`,
    `    capstan runs approve ${run} ${id} --journal ${join(state, 'runs')} --answer TEXT`,
  ])
}

function questionOf(about: Json): string {
  const isQuestion = typeof about === 'object' && about !== null && 'question' in about
  return isQuestion ? String(about['question']) : JSON.stringify(about)
}
