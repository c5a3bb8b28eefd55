import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** The commands, with the options that each takes. */
const modelOptions = {
  model: { type: 'string' },
  'base-url': { type: 'string' },
  'api-key-env': { type: 'string' },
  offline: { type: 'boolean' },
  instructions: { type: 'string' },
  root: { type: 'string' },
  'no-calculator': { type: 'boolean' },
  'no-dates': { type: 'boolean' },
  'no-files': { type: 'boolean' },
  'no-tools': { type: 'boolean' },
  'max-steps': { type: 'string' },
  'max-tool-calls': { type: 'string' },
  'max-tokens': { type: 'string' },
  'max-seconds': { type: 'string' },
  quiet: { type: 'boolean' },
  agent: { type: 'string' },
} as const

/** What an agent of one's own does not take, as it has its own. */
const ownOptions = Object.keys(modelOptions).filter((name) => name !== 'quiet' && name !== 'agent')

const outputOptions = { json: { type: 'boolean' }, jsonl: { type: 'boolean' } } as const

const recordOptions = { journal: { type: 'string' }, 'run-id': { type: 'string' } } as const

const simulateOptions = {
  endpoint: { type: 'string' },
  port: { type: 'string' },
  'api-key': { type: 'string' },
  fault: { type: 'string', multiple: true },
  'chunk-delay': { type: 'string' },
  seed: { type: 'string' },
} as const

/** Options of `run`, `demo` and `chat`, checked. */
export interface RunArguments {
  readonly words: readonly string[]
  readonly model: string | undefined
  readonly baseURL: string | undefined
  readonly apiKeyEnv: string | undefined
  readonly offline: boolean
  readonly instructions: string | undefined
  readonly root: string
  readonly tools: { readonly calculator: boolean; readonly dates: boolean; readonly files: boolean }
  readonly limits: { readonly steps?: number; readonly toolCalls?: number; readonly tokens?: number; readonly durationMs?: number }
  readonly output: 'text' | 'json' | 'jsonl'
  readonly quiet: boolean
  /** An agent of one's own: `./file.js#name`. */
  readonly agent: string | undefined
  /** The folder of a journal that keeps the run. */
  readonly journal: string | undefined
  readonly runId: string | undefined
}

export interface SimulateArguments {
  /** Whose endpoint is played; checked by the command. */
  readonly endpoint: string
  readonly port: number
  readonly apiKey: string | undefined
  readonly faults: readonly string[]
  readonly chunkDelayMs: number
  readonly seed: number
}

/** @throws {UsageError} For an unknown option or a value out of range. */
export function parseRunArguments(command: 'run' | 'demo' | 'chat', args: readonly string[]): RunArguments {
  const { values, positionals } = parse(args, command === 'chat' ? modelOptions : { ...modelOptions, ...outputOptions, ...recordOptions })
  const text = (name: keyof typeof modelOptions | keyof typeof recordOptions): string | undefined => textIn(values[name])
  const own = ownOptions.find((name) => values['agent'] !== undefined && values[name] !== undefined)
  if (own !== undefined) throw new UsageError(`--agent brings its own model, instructions, tools and limits, so --${own} has no place beside it.`)
  if (values['run-id'] !== undefined && values['journal'] === undefined) throw new UsageError('--run-id needs --journal DIR.')
  if (values['json'] === true && values['jsonl'] === true) throw new UsageError('--json and --jsonl exclude each other.')
  const without = (name: 'no-calculator' | 'no-dates' | 'no-files'): boolean => values[name] === true || values['no-tools'] === true
  const seconds = numberOf('--max-seconds', text('max-seconds'), { least: 1 })
  const steps = numberOf('--max-steps', text('max-steps'), { least: 1 })
  const toolCalls = numberOf('--max-tool-calls', text('max-tool-calls'), { least: 1 })
  const tokens = numberOf('--max-tokens', text('max-tokens'), { least: 1 })
  return {
    words: positionals,
    model: text('model'),
    baseURL: text('base-url'),
    apiKeyEnv: text('api-key-env'),
    offline: values['offline'] === true,
    instructions: text('instructions'),
    root: text('root') ?? '.',
    tools: { calculator: !without('no-calculator'), dates: !without('no-dates'), files: !without('no-files') },
    limits: {
      ...(steps !== undefined && { steps }),
      ...(toolCalls !== undefined && { toolCalls }),
      ...(tokens !== undefined && { tokens }),
      ...(seconds !== undefined && { durationMs: seconds * 1_000 }),
    },
    output: values['json'] === true ? 'json' : values['jsonl'] === true ? 'jsonl' : 'text',
    quiet: values['quiet'] === true,
    agent: text('agent'),
    journal: text('journal'),
    runId: text('run-id'),
  }
}

/** @throws {UsageError} For an unknown option or a value out of range. */
export function parseSimulateArguments(args: readonly string[]): SimulateArguments {
  const { values, positionals } = parse(args, simulateOptions)
  if (positionals.length > 0) throw new UsageError(`simulate takes no words, but got '${positionals[0]}'.`)
  const faults = values['fault']
  return {
    endpoint: textIn(values['endpoint']) ?? 'evolink',
    port: numberOf('--port', textIn(values['port']), { least: 0, most: 65_535 }) ?? 0,
    apiKey: textIn(values['api-key']),
    faults: Array.isArray(faults) ? faults.map(String) : [],
    chunkDelayMs: numberOf('--chunk-delay', textIn(values['chunk-delay']), { least: 0 }) ?? 0,
    seed: numberOf('--seed', textIn(values['seed']), { least: 0 }) ?? 1,
  }
}

/** Values and words, as they were given. */
export interface ParsedArguments {
  readonly values: Values
  readonly positionals: readonly string[]
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** @throws {UsageError} For an option that is not among these. */
export function parse(args: readonly string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']): ParsedArguments {
  try {
    return parseArgs({ args: [...args], options: options ?? {}, allowPositionals: true, strict: true })
  } catch (error) {
    // The parser's own sentence names the option.
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The value of an option that takes a text. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(name: string, value: string | undefined, { least, most = Number.MAX_SAFE_INTEGER }: { least: number; most?: number }): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    throw new UsageError(`${name} takes a whole number ${range}, not '${value}'.`)
  }
  return number
}
