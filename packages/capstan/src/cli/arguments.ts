import { CommandLine, type OutputForm, UsageError } from './command-line.ts'

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
  'text-tools': { type: 'boolean' },
  mcp: { type: 'string', multiple: true },
  'mcp-url': { type: 'string', multiple: true },
  'mcp-env': { type: 'string', multiple: true },
  'max-steps': { type: 'string' },
  'max-tool-calls': { type: 'string' },
  'max-tokens': { type: 'string' },
  'max-seconds': { type: 'string' },
} as const

const allOptions = {
  ...modelOptions,
  quiet: { type: 'boolean' },
  full: { type: 'boolean' },
  'grace-seconds': { type: 'string' },
  agent: { type: 'string' },
  trace: { type: 'string' },
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
  journal: { type: 'string' },
  'run-id': { type: 'string' },
} as const

/** Options of `run` and `demo` that `chat` does not have. */
const runOnly: readonly string[] = ['json', 'jsonl', 'journal', 'run-id']

/** The checked options of `run`, `demo` and `chat`. */
export interface RunArguments {
  readonly words: readonly string[]
  readonly model: string | undefined
  readonly baseURL: string | undefined
  readonly apiKeyEnv: string | undefined
  readonly offline: boolean
  readonly instructions: string | undefined
  readonly root: string
  readonly tools: { readonly calculator: boolean; readonly dates: boolean; readonly files: boolean }
  /** MCP servers: commands and URLs, each with a name before it or not; and the variables that processes get, beside PATH and HOME. */
  readonly mcp: { readonly commands: readonly string[]; readonly urls: readonly string[]; readonly env: readonly string[] }
  /** True for a model that takes no tools: it gets them as text. */
  readonly textTools: boolean
  readonly limits: { readonly steps?: number; readonly toolCalls?: number; readonly tokens?: number; readonly durationMs?: number }
  readonly output: OutputForm
  readonly quiet: boolean
  /** True to cut no line. */
  readonly full: boolean
  /** How long work in progress may take after SIGTERM, in milliseconds. */
  readonly graceMs: number
  /** An agent of the user: `./file.js#name`. */
  readonly agent: string | undefined
  /** The folder or connection string of the journal that records the run. */
  readonly journal: string | undefined
  readonly runId: string | undefined
  /** The file that the events and the exchanges of the runs are written to. */
  readonly trace: string | undefined
}

/** @throws {UsageError} For an unknown option or a value out of range. */
export function parseRunArguments(command: 'run' | 'demo' | 'chat', args: readonly string[]): RunArguments {
  const line = new CommandLine(args, allOptions)
  const [agent, journal, runId] = [line.text('agent'), line.text('journal'), line.text('run-id')]
  const misplaced = command === 'chat' ? line.given.find((name) => runOnly.includes(name)) : undefined
  if (misplaced !== undefined) throw new UsageError(`chat does not have the option --${misplaced}.`)
  const second = agent === undefined ? undefined : line.given.find((name) => Object.hasOwn(modelOptions, name))
  if (second !== undefined) throw new UsageError(`--agent has its own model, instructions, tools and limits, so --${second} cannot be used with it.`)
  if (runId !== undefined && journal === undefined) throw new UsageError('--run-id needs --journal DIR.')
  const without = (name: 'no-calculator' | 'no-dates' | 'no-files'): boolean => line.flag(name) || line.flag('no-tools')
  return {
    words: line.words,
    model: line.text('model'),
    baseURL: line.text('base-url'),
    apiKeyEnv: line.text('api-key-env'),
    offline: line.flag('offline'),
    instructions: line.text('instructions'),
    root: line.text('root') ?? '.',
    tools: { calculator: !without('no-calculator'), dates: !without('no-dates'), files: !without('no-files') },
    mcp: { commands: line.texts('mcp'), urls: line.texts('mcp-url'), env: line.texts('mcp-env') },
    textTools: line.flag('text-tools'),
    limits: limitsOf(line),
    output: line.outputForm(),
    quiet: line.flag('quiet'),
    full: line.flag('full'),
    graceMs: line.graceMs(),
    agent,
    journal,
    runId,
    trace: line.text('trace'),
  }
}

function limitsOf(line: CommandLine<typeof allOptions>): RunArguments['limits'] {
  const atLeastOne = { least: 1 }
  const steps = line.number('max-steps', atLeastOne)
  const toolCalls = line.number('max-tool-calls', atLeastOne)
  const tokens = line.number('max-tokens', atLeastOne)
  const seconds = line.number('max-seconds', atLeastOne)
  return {
    ...(steps !== undefined && { steps }),
    ...(toolCalls !== undefined && { toolCalls }),
    ...(tokens !== undefined && { tokens }),
    ...(seconds !== undefined && { durationMs: seconds * 1_000 }),
  }
}
