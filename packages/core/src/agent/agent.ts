import type { CatalogueMode } from '../contract/catalogue.ts'
import { AgentError } from '../contract/errors.ts'
import type { OnEvent } from '../contract/events.ts'
import type { Compaction, CompactOptions } from '../contract/history.ts'
import type { Message } from '../contract/messages.ts'
import { checkNames, invalidOptions, kindOf } from '../contract/options.ts'
import type { OutputSpec, SchemaReader } from '../contract/output.ts'
import type { RunResult, RunState, RunVersion } from '../contract/result.ts'
import type { OptionsChange } from '../contract/tool.ts'
import { readAnswers } from '../durability/decisions.ts'
import { type Definition, definitionOf } from '../durability/definition.ts'
import { type RunRecord, runVersion } from '../durability/records.ts'
import { estimateRequestTokens } from '../history/estimate.ts'
import type { LoopAgent } from '../loop/loop-agent.ts'
import { resolveAttempts } from '../retry/resolve-attempts.ts'
import type { HeadDraft } from '../run/open-run.ts'
import { Run } from '../run/run.ts'
import type { RunStart } from '../run/run-start.ts'
import type { EnteredSession } from '../run/session-run.ts'
import { tracersOf } from '../support/process-tracer.ts'
import type { AgentOptions, CommonRunOptions, JournalResumeOptions, ResumeOptions, RunOptions, StreamOptions } from './agent-options.ts'
import { checkCallOptions, readInput } from './check-options.ts'
import { readState, type StateKey, signState } from './read-state.ts'
import { planRun, resolveAgent } from './resolve-agent.ts'

/** Makes the options object optional if each of its options is. */
type Arguments<Options> = Record<string, never> extends Options ? [options?: Options] : [options: Options]

/** Makes the agent that answers calls of a tool; set by `Agent`, the only code that can read its private fields. */
let read: <Output>(agent: Agent<never, Output>, output: OutputSpec | undefined) => LoopAgent

/**
 * An agent as the loop reads it.
 *
 * @param output - What its output must be in place of its own.
 * @throws {AgentError} `invalid-options` for a value that is not an agent of this copy of the package, or cannot have this output.
 */
export function loopAgentOf<Output>(agent: Agent<never, Output>, output: OutputSpec | undefined): LoopAgent {
  if (agent instanceof Agent) return read(agent, output)
  throw invalidOptions(`An agent that \`new Agent({ … })\` made is needed, not ${kindOf(agent)}.`)
}

let rewire: <Context, Output>(agent: Agent<Context, Output>, change: OptionsChange) => Agent<Context, Output>

/**
 * Makes a copy of an agent with other options. For agents behind its tools, see `rewired` of `ToolChild`.
 *
 * @throws {AgentError} `invalid-options` for a value that is not an agent of this copy of the package, or where a change does not fit.
 */
export function rewireAgent<Context, Output>(agent: Agent<Context, Output>, change: OptionsChange): Agent<Context, Output> {
  if (agent instanceof Agent) return rewire(agent, change)
  throw invalidOptions(`An agent that \`new Agent({ … })\` made is needed, not ${kindOf(agent)}.`)
}

/** A model, its instructions and its tools. It holds no state of a run, so one agent serves any number of runs at the same time. */
export class Agent<Context = unknown, Output = unknown> {
  /** Phantom type: prevents an agent that requires a context from being used as one that does not. */
  declare readonly '~context': ((context: Context) => void) | undefined
  readonly name: string
  static {
    read = (agent, output) => (output === undefined ? agent.#agent : resolveAgent({ ...agent.#options, output }, agent.#readSchema))
    rewire = (agent, change) => {
      const copy = new Agent(change(agent.#options), agent.#readSchema)
      const { builtIn } = change
      if (builtIn !== undefined) {
        const builtIns = new Map(Array.from(copy.#agent.builtIns, ([name, tool]) => [name, builtIn(tool)]))
        copy.#agent = { ...copy.#agent, builtIns }
      }
      return copy
    }
  }

  readonly #options: AgentOptions<Context, Output>
  readonly #readSchema: SchemaReader | undefined
  #agent: LoopAgent
  readonly #stateKeys: readonly StateKey[]
  readonly #observers: readonly OnEvent[]
  #hashes: Definition | undefined
  #form: CatalogueMode | undefined

  /**
   * @param readSchema - Reads a schema of a library given as `output`. The `Agent` of `capstan` has a reader.
   * @throws {AgentError} `invalid-options` or `invalid-tool`, before anything is sent.
   */
  constructor(options: AgentOptions<Context, Output>, readSchema?: SchemaReader) {
    this.#agent = resolveAgent(options, readSchema)
    this.#options = options
    this.#readSchema = readSchema
    this.name = this.#agent.name
    this.#stateKeys = stateKeysOf(options.signStates)
    this.#observers = options.onEvent === undefined ? [] : [options.onEvent]
  }

  /**
   * Starts a run and returns it at once.
   *
   * @param input - What the user said, or the messages so far.
   * @throws {AgentError} `invalid-messages` for input that is empty or cannot be sent; `invalid-options` for an option.
   */
  stream(input: string | readonly Message[], ...[options]: Arguments<StreamOptions<Context>>): Run<Output> {
    checkCallOptions(options ?? {}, 'stream')
    return this.#start(readInput(input), { ...options, restartAfterText: options?.retryAfterText === 'restart' })
  }

  /**
   * Starts a run and waits for its result. It is the same run as that of `stream`, but a failed attempt is always retried,
   * because nobody has seen its text.
   *
   * @throws {AgentError} The error that ended the run, with the result so far on `result`.
   */
  async generate(input: string | readonly Message[], ...[options]: Arguments<RunOptions<Context>>): Promise<RunResult<Output>> {
    checkCallOptions(options ?? {}, 'generate')
    // Not awaited, so that a waiting run has one suspended function less in memory.
    return this.#start(readInput(input), { ...options, restartAfterText: true }).result
  }

  /**
   * Continues a paused, aborted or crashed run, in this process or another: from its state, or by its id from a journal. Recorded
   * operations are not executed again. The run rejects with `run-not-found` or `run-locked` if the journal cannot open it.
   *
   * @throws {AgentError} `state-mismatch` if this release cannot read the state; `invalid-use` for an answer to a question that is not
   * pending in it.
   */
  resume(runId: string, ...[options]: Arguments<JournalResumeOptions<Context>>): Run<Output>
  resume(state: RunState, ...[options]: Arguments<ResumeOptions<Context>>): Run<Output>
  resume(from: RunState | string, options: Resumed = {}): Run<Output> {
    checkCallOptions(options, 'resume')
    const { answers = {}, acceptAnswers = false, journal, retryAfterText, ...rest } = options
    const common = { ...rest, restartAfterText: retryAfterText === 'restart' }
    if (typeof from === 'string') {
      if (journal === undefined)
        throw new AgentError('A string is not a state. To resume a run by its id, pass the journal that has it: resume(runId, { journal }).', {
          code: 'state-mismatch',
        })
      if (common.engine !== undefined) throw new AgentError('A run in a journal cannot continue on an engine. Leave out `engine`.', { code: 'invalid-use' })
      return this.#run([], { ...common, isResumed: true, runId: from, journal, open: async () => await (await loadOpenRun()).openRun(journal, from, answers) })
    }
    const trust = { agentName: this.name, tools: this.#agent.tools, keys: this.#stateKeys, acceptAnswers }
    const { input, session: recordedSession, ...state } = readState(from, trust)
    return this.#run(input, { ...common, ...state, isResumed: true, recordedSession, answers: readAnswers(state.records, answers) })
  }

  /**
   * Replaces old steps of messages by a summary that the model writes, and a list of their calls: what a long run does by itself. It sends one
   * or two requests, and none where no step is older than `keepSteps` of the `history` option.
   *
   * @throws {AgentError} `invalid-messages`, `invalid-options`; `aborted` after an abort. A summary that fails is not an error: the list is used without it.
   */
  async compact(messages: readonly Message[], options: CompactOptions = {}): Promise<Compaction> {
    checkNames(options, { names: ['signal', 'context'], what: 'an option of compact()' })
    const input = readInput(messages)
    const { compactMessages } = await import('../loop/compact.ts')
    return await compactMessages(this.#agent, input, { ...options, tracers: tracersOf(this.#options.trace) })
  }

  /**
   * Estimates the tokens of a request with these messages, the instructions and the tools, before any provider has counted them.
   *
   * @throws {AgentError} `invalid-messages`.
   */
  estimateTokens(input: string | readonly Message[]): number {
    const { instructions, toolDefinitions: tools } = this.#agent.config
    return estimateRequestTokens({ ...(instructions !== undefined && { instructions }), ...(tools.length > 0 && { tools }) }, readInput(input))
  }

  #start(messages: readonly Message[], options: CommonRunOptions & { readonly context?: unknown; readonly restartAfterText: boolean }): Run<Output> {
    const { journal, engine, metadata, runId: id } = options
    if (engine !== undefined && (journal !== undefined || id === undefined))
      throw new AgentError('A run on an engine needs a `runId`, and no journal: the engine records it.', { code: 'invalid-use' })
    const head = (runId: string, session: EnteredSession | undefined): HeadDraft => ({
      version: runVersion,
      runId,
      agent: this.name,
      ...(metadata !== undefined && { metadata }),
      definition: this.#definition(runVersion),
      ...(session !== undefined && { session: session.position }),
      input: messages,
    })
    const open =
      journal &&
      (async (runId: string, session?: EnteredSession) => await (await loadOpenRun()).startRun(journal, head(runId, session), session?.isEnded === true))
    return this.#run(messages, { ...options, planned: planRun(this.#agent, options), ...(open && { open }) })
  }

  #run(input: readonly Message[], options: Started): Run<Output> {
    const { signal, context, runId, version, restartAfterText, definition, records = noRecords, answers, journal, open, engine, recheckGates = false } = options
    const { session, whilePaused = 'refuse', isResumed = false, recordedSession } = options
    return new Run({
      agent: this.#agent,
      planned: options.planned ?? this.#agent.config,
      definition: this.#definition,
      recordedDefinition: definition,
      sign: this.#stateKeys.length === 0 ? undefined : this.#sign,
      recheckGates,
      session: session && { session, whilePaused },
      isResumed,
      recordedSession,
      input,
      records,
      answers,
      runId,
      version,
      context,
      signal,
      restartAfterText,
      attempts: resolveAttempts(options.attempts, this.#agent.attempts),
      tracers: tracersOf(this.#options.trace),
      observers: options.onEvent === undefined ? this.#observers : [...this.#observers, options.onEvent],
      journal,
      artifacts: options.artifacts,
      open,
      engine,
    })
  }

  // Computed once, when it is first compared or recorded.
  readonly #definition = (format: RunVersion, catalogue: CatalogueMode = this.#agent.config.catalogue): Definition => {
    const isKnown = this.#hashes?.format === format && this.#form === catalogue
    if (this.#hashes !== undefined && isKnown) return this.#hashes
    this.#hashes = definitionOf(this.#agent, { format, catalogue })
    this.#form = catalogue
    return this.#hashes
  }

  readonly #sign = (state: RunState): string => signState(state, this.name, this.#stateKeys[0] ?? '')
}

const noRecords: readonly RunRecord[] = []

/** Loaded with the first run that has a journal. */
function loadOpenRun(): Promise<typeof import('../run/open-run.ts')> {
  return import('../run/open-run.ts')
}

type Started = Pick<CommonRunOptions, 'signal' | 'runId' | 'engine' | 'attempts' | 'onEvent' | 'artifacts' | 'session' | 'whilePaused'> &
  Pick<RunStart, 'restartAfterText'> &
  Partial<Pick<RunStart, 'planned' | 'version' | 'records' | 'answers' | 'context' | 'journal' | 'open' | 'recheckGates' | 'isResumed' | 'recordedSession'>> & {
    readonly definition?: Definition | undefined
  }

type Resumed = Partial<JournalResumeOptions>

function stateKeysOf(given: StateKey | readonly StateKey[] | undefined): readonly StateKey[] {
  if (given === undefined) return []
  const keys: readonly StateKey[] = typeof given === 'string' || given instanceof Uint8Array ? [given] : given
  const isKey = (key: unknown): boolean => (typeof key === 'string' || key instanceof Uint8Array) && key.length >= shortestKey
  if (keys.length > 0 && keys.every(isKey)) return keys
  const message = `\`signStates\` must be a secret of at least ${shortestKey} characters or bytes, or a list of such secrets. Make one with crypto.randomBytes(32).`
  throw invalidOptions(message)
}

const shortestKey = 16
