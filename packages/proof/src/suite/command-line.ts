import { parseArgs } from 'node:util'
import type { SuiteOptions } from './options.ts'

/** What the command line of a suite asks for. */
export interface SuiteCommand {
  readonly name: string
  readonly suite: SuiteOptions
  readonly json: boolean
  readonly markdown: boolean
}

const flags = {
  help: { type: 'boolean', short: 'h', default: false },
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  store: { type: 'string', multiple: true },
  seeds: { type: 'string' },
  races: { type: 'string' },
  from: { type: 'string', default: '1' },
  markdown: { type: 'boolean', default: false },
} as const

const allStores = ['file', 'sqlite', 'postgres', 'restate', 'dbos']

/** The text of `--help`. */
export function helpText(suites: readonly string[]): string {
  return `npm run SUITE -- [options]        SUITE: ${suites.join(', ')}

  --quick          fewer cases, and of the crashes only those on files
  --only TEXT,...  cases whose id or name has one of these texts
  --json           one JSON document instead of lines
  --help           this text

faults, attacks:
  --seed N         the seed of random values; default: another one each time

crashes:
  --store NAME     ${allStores.join(', ')}
                   may be repeated; default: all of them
  --seeds N        kills at random moments for each store
  --races N        races for each store
  --from N         the first seed of the random moments; default: 1
  --markdown       adds the table of docs/durability.md`
}

/**
 * Reads the arguments of a suite.
 *
 * @returns `undefined` where they ask for help.
 * @throws {Error} With a message that says what is wrong with them.
 */
export function readCommandLine(args: readonly string[], suites: readonly string[]): SuiteCommand | undefined {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: flags })
  if (values.help) return undefined
  const [name = '', ...others] = positionals
  if (!suites.includes(name)) throw new Error(`There is no suite '${name}'. Suites: ${suites.join(', ')}.`)
  if (others.length > 0) throw new Error(`'${others[0]}' is not an option. Options begin with '--'.`)
  const unknown = values.store?.find((store) => !allStores.includes(store))
  if (unknown !== undefined) throw new Error(`There is no store '${unknown}'. Stores: ${allStores.join(', ')}.`)
  return {
    name,
    json: values.json,
    markdown: values.markdown,
    suite: {
      quick: values.quick,
      only: values.only?.split(',').map((text) => text.trim()) ?? [],
      seed: values.seed === undefined ? Date.now() % 1_000_000 : readCount('seed', values.seed),
      stores: values.store ?? (values.quick ? ['file'] : allStores),
      ...(values.seeds !== undefined && { seeds: readCount('seeds', values.seeds) }),
      ...(values.races !== undefined && { races: readCount('races', values.races) }),
      from: readCount('from', values.from),
    },
  }
}

function readCount(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${option} must be a number of at most nine digits, not '${text}'.`)
}
