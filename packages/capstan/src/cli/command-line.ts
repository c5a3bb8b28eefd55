import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearestName } from '@capstan/core/internal'

/** An invalid command line: exit code 2, with the message and a reference to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A failure of the command that its user can fix: exit code 1, with only the message. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The options that a command takes, in the form of `util.parseArgs`. */
export type OptionTypes = NonNullable<ParseArgsConfig['options']>

/** Bounds of a number, both included. */
export interface Range {
  readonly least: number
  /** Default: no upper bound. */
  readonly most?: number
  /** True to allow decimals. Default: false. */
  readonly fraction?: boolean
}

/** The options and arguments after a command. Each method reads one option and throws a `UsageError` for an invalid value. */
export class CommandLine<Types extends OptionTypes> {
  readonly words: readonly string[]
  readonly #values: Readonly<Record<string, unknown>>

  /** @throws {UsageError} For an unknown option, or one with a missing value. */
  constructor(args: readonly string[], options: Types) {
    try {
      const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
      this.#values = values
      this.words = positionals
    } catch (error) {
      throw new UsageError(parseProblem(error, Object.keys(options)))
    }
  }

  /** The names of the options that were given. */
  get given(): readonly string[] {
    return Object.keys(this.#values)
  }

  flag(name: keyof Types & string): boolean {
    return this.#values[name] === true
  }

  text(name: keyof Types & string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  /** The values of an option that may be repeated. */
  texts(name: keyof Types & string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.map(String) : []
  }

  number(name: keyof Types & string, { least, most, fraction = false }: Range): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    const isNumber = (fraction ? /^\d+(?:\.\d+)?$/ : /^\d+$/).test(value)
    if (isNumber && number >= least && number <= (most ?? Number.MAX_SAFE_INTEGER)) return number
    const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`
    throw new UsageError(`--${name} takes a ${fraction ? '' : 'whole '}number ${range}, not '${value}'.`)
  }

  oneOf<Value extends string>(name: keyof Types & string, allowed: readonly Value[]): Value | undefined {
    const value = this.text(name)
    const found = allowed.find((one) => one === value)
    if (value !== undefined && found === undefined) throw new UsageError(`--${name} takes one of ${allowed.join(', ')}, not '${value}'.`)
    return found
  }

  /** @throws {UsageError} If more than `most` arguments were given. */
  refuseWordsBeyond(most: number, command: string): void {
    const word = this.words[most]
    if (word !== undefined) throw new UsageError(`${command} does not take the argument '${word}'.`)
  }

  /** How long work in progress may take after SIGTERM, in milliseconds. By default, containers are killed 10 s after SIGTERM. */
  graceMs(this: CommandLine<{ 'grace-seconds': { type: 'string' } }>): number {
    return (this.number('grace-seconds', { least: 0, most: 86_400 }) ?? 8) * 1_000
  }

  /** How a result is written: as text, as one JSON object, or as a line of JSON for each event. */
  outputForm(this: CommandLine<{ json: { type: 'boolean' }; jsonl: { type: 'boolean' } }>): OutputForm {
    const [json, jsonl] = [this.flag('json'), this.flag('jsonl')]
    if (json && jsonl) throw new UsageError('--json and --jsonl cannot be used together.')
    return json ? 'json' : jsonl ? 'jsonl' : 'text'
  }
}

export type OutputForm = 'text' | 'json' | 'jsonl'

/** Describes what the parser refused. The nearest known option replaces the advice of the parser, which is less useful. */
function parseProblem(error: unknown, names: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const option = /^Unknown option '(-[\s\S]*?)'/.exec(message)?.[1]
  if (option === undefined) return message
  const nearest = nearestName(option.replace(/^-+/, ''), names)
  return `there is no option '${option}' here.${nearest === undefined ? '' : ` Use --${nearest}.`} For a word that begins with a dash, write -- before it.`
}
