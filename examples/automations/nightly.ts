// A nightly extraction: invoices out of 200 documents, as JSON lines. Kill it at any moment and start it again: nothing is asked twice.
//   npm run nightly                                                        without a key
//   node examples/dist/automations/nightly.js --documents inbox --dry-run  what it would do, and for how much
//   node examples/dist/automations/nightly.js --help
import { join } from 'node:path'
import { AgentError, fileJournal, type Journal, type ListedRun } from 'capstan'
import { Budget } from './budget.ts'
import { chooseModel } from './choose-model.ts'
import { helpText, type NightlyOptions, parseCommandLine, UsageError } from './command-line.ts'
import { documentsIn } from './documents.ts'
import { describePlan } from './dry-run.ts'
import { exitCodes } from './exit-codes.ts'
import { invoiceAgent } from './invoice.ts'
import { Job } from './job.ts'
import { Progress } from './progress.ts'
import { InvoiceReader } from './read-invoice.ts'
import { report } from './report.ts'
import { ResultFile } from './results.ts'
import { shown } from './shown.ts'
import { takeSlot } from './slot.ts'
import { Stopper } from './stopper.ts'
import { madeUpDocuments } from './support/made-up-documents.ts'

/** Runs the job, and returns its exit code. */
async function nightly(options: NightlyOptions): Promise<number> {
  const { slot, state, dryRun, quiet, concurrency, graceMs, maxCostMicros } = options
  const all = options.documents === undefined ? madeUpDocuments(200) : await documentsIn(options.documents)
  const documents = all.slice(0, options.limit)
  const chosen = await chooseModel(options, process.env)
  if (chosen === undefined) throw new UsageError(`--model must be deepseek/ID, moonshot/ID or evolink/ID, not ${JSON.stringify(options.model)}`)
  try {
    const { model, note } = chosen
    const { prices } = model.traits
    if (prices === undefined && maxCostMicros !== Number.POSITIVE_INFINITY)
      throw new UsageError(`the prices of ${model.id} are not known, so --max-cost cannot be kept: give --prices IN,OUT, or --max-cost none`)
    const journal = fileJournal(join(state, 'runs'))
    const recorded = await recordedRuns(journal, slot)
    if (dryRun) return await describePlan(documents, { options, model, recorded })

    // region slot
    // Throws `run-locked` if another process works on this slot.
    const releaseSlot = await takeSlot(journal, slot)
    // endregion
    const progress = new Progress(process.stderr, { total: documents.length, quiet, isDumb: process.env['TERM'] === 'dumb' })
    if (note !== undefined && !quiet) progress.say(note)
    const stopper = new Stopper(graceMs, (line) => progress.say(line))
    const reader = new InvoiceReader(invoiceAgent(model), { journal, stopper, slot })
    const results = await ResultFile.create(join(state, 'results', `${slot}.jsonl`))
    const budget = new Budget(maxCostMicros)
    const job = new Job({ reader, budget, prices, results, progress, stopper, concurrency })
    await job.run(documents, recorded)
    progress.end()
    const code = await report(job, { options, results, budget, total: documents.length, prices })
    await releaseSlot()
    return code
  } finally {
    await chosen.close()
  }
}

/** All runs of a slot, by their ids. */
async function recordedRuns(journal: Journal, slot: string): Promise<ReadonlyMap<string, ListedRun>> {
  const runs = new Map<string, ListedRun>()
  let cursor: string | undefined
  do {
    const page = await journal.list({ metadata: { slot }, limit: 1_000, ...(cursor !== undefined && { cursor }) })
    for (const run of page.runs) runs.set(run.runId, run)
    cursor = page.cursor
  } while (cursor !== undefined)
  return runs
}

function explain(error: unknown): number {
  const say = (line: string): unknown => process.stderr.write(`nightly: ${shown(line)}\n`)
  if (error instanceof UsageError) {
    say(`${error.message}. For help: --help`)
    return exitCodes.usage
  }
  if (AgentError.is(error)) {
    say(`${error.message} (${error.code})`)
    return error.code === 'run-locked' ? exitCodes.overlap : exitCodes.error
  }
  say(error instanceof Error && 'code' in error ? error.message : String(error instanceof Error ? error.stack : error))
  return exitCodes.error
}

async function main(): Promise<number> {
  try {
    const options = parseCommandLine(process.argv.slice(2), new Date())
    if (!options.help) return await nightly(options)
    process.stdout.write(helpText)
    return exitCodes.finished
  } catch (error) {
    return explain(error)
  }
}

// A reader that closes stdout early, such as `head`, loses only the summary: results are in files.
let isStdoutLost = false
process.stdout.on('error', () => {
  isStdoutLost = true
  process.exitCode ||= exitCodes.error
})
const code = await main()
process.exitCode = isStdoutLost ? code || exitCodes.error : code
