import { parseArgs } from 'node:util'
import type { Prices } from 'capstan'
import { slotOf } from './slot.ts'

/** A mistake on the command line. */
export class UsageError extends Error {}

export const helpText = `nightly: reads invoices out of documents, once for each time slot.

Usage
  nightly [options]

What
  --documents DIR       a folder with text files; default: 200 made-up ones
  --limit N             only the first N documents
  --slot NAME           the time slot; default: the day in UTC. A slot that is
                        started again asks only about what is not finished
  --state DIR           runs and results; default .capstan/nightly

Model
  --model VENDOR/ID     deepseek, moonshot or evolink; default: the vendor whose
                        key is set (DEEPSEEK_API_KEY, MOONSHOT_API_KEY,
                        EVOLINK_API_KEY), or an offline stand-in without a key
  --base-url URL        another address of the same vendor
  --prices IN,OUT       USD for a million tokens, where they are not known

Bounds
  --max-cost USD        for all documents of the slot, all starts together;
                        default 2; none: no cap
  --concurrency N       documents at the same time; default 8
  --requests-per-minute N   default 300
  --tokens-per-minute N     default none
  --max-failed N        so many failed documents are exit code 0; default 0
  --grace-seconds N     for work in progress after Ctrl-C, SIGTERM; default 30

Output
  --dry-run             says what would be done, and sends and writes nothing
  --json                the summary as one JSON object on stdout
  --quiet               nothing, unless something needs attention
  --help

Results: STATE/results/SLOT.jsonl, and SLOT.failed.jsonl if documents failed.

Exit codes (the first that applies)
  2 usage   75 another process works on this slot   130 aborted   1 ended early
  3 the cap was reached   4 stopped   1 documents failed   4 a person is asked
  0 finished
`

/** What the command line says. */
export interface NightlyOptions {
  readonly documents?: string
  readonly limit: number
  readonly slot: string
  readonly state: string
  readonly model?: string
  readonly baseURL?: string
  readonly prices?: Prices
  /** Millionths of a dollar; `Infinity` for no cap. */
  readonly maxCostMicros: number
  readonly concurrency: number
  readonly requestsPerMinute: number
  readonly tokensPerMinute?: number
  readonly maxFailed: number
  readonly graceMs: number
  readonly dryRun: boolean
  readonly json: boolean
  readonly quiet: boolean
  readonly help: boolean
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const options = {
  documents: text,
  limit: text,
  slot: text,
  state: { type: 'string', default: '.capstan/nightly' },
  model: text,
  'base-url': text,
  prices: text,
  'max-cost': { type: 'string', default: '2' },
  concurrency: { type: 'string', default: '8' },
  'requests-per-minute': { type: 'string', default: '300' },
  'tokens-per-minute': text,
  'max-failed': { type: 'string', default: '0' },
  'grace-seconds': { type: 'string', default: '30' },
  'dry-run': flag,
  json: flag,
  quiet: flag,
  help: { ...flag, short: 'h' },
} as const

/** @throws {UsageError} */
export function parseCommandLine(words: readonly string[], now: Date): NightlyOptions {
  const values = parse(words)
  const { documents, model, prices, slot = slotOf(now), 'base-url': baseURL, 'tokens-per-minute': tokens, 'max-cost': cap } = values
  // The slot is a part of file names and run ids.
  if (!/^\w[\w.-]{0,99}$/.test(slot)) throw new UsageError(`--slot must have letters, digits, '.', '-' and '_' only, not ${JSON.stringify(slot)}`)
  return {
    ...(documents !== undefined && { documents }),
    ...(model !== undefined && { model }),
    ...(baseURL !== undefined && { baseURL }),
    ...(prices !== undefined && { prices: readPrices(prices) }),
    ...(tokens !== undefined && { tokensPerMinute: readInteger('--tokens-per-minute', tokens, 1) }),
    limit: values.limit === undefined ? Number.POSITIVE_INFINITY : readInteger('--limit', values.limit, 1),
    slot,
    state: values.state,
    maxCostMicros: cap === 'none' ? Number.POSITIVE_INFINITY : Math.floor(readAmount('--max-cost', cap) * 1_000_000),
    concurrency: readInteger('--concurrency', values.concurrency, 1),
    requestsPerMinute: readInteger('--requests-per-minute', values['requests-per-minute'], 1),
    maxFailed: readInteger('--max-failed', values['max-failed'], 0),
    graceMs: readAmount('--grace-seconds', values['grace-seconds']) * 1_000,
    dryRun: values['dry-run'],
    json: values.json,
    quiet: values.quiet,
    help: values.help,
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readInteger(name: string, written: string, least: number): number {
  const value = /^\d+$/.test(written) ? Number(written) : Number.NaN
  if (value >= least) return value
  throw new UsageError(`${name} must be an integer of at least ${least}, not ${JSON.stringify(written)}`)
}

function readAmount(name: string, written: string): number {
  if (/^\d+(?:\.\d+)?$/.test(written)) return Number(written)
  throw new UsageError(`${name} must be a number, such as 1.5, not ${JSON.stringify(written)}`)
}

function readPrices(written: string): Prices {
  const [input, output, ...more] = written.split(',').map((part) => Math.round(readAmount('--prices', part) * 1_000_000))
  if (input === undefined || output === undefined || more.length > 0)
    throw new UsageError(`--prices must be two numbers, such as 0.28,0.42, not ${JSON.stringify(written)}`)
  return { currency: 'USD', input, output }
}
