import type { Approval, OutcomeAnswer } from './answers.ts'
import { AgentError } from './errors.ts'
import type { RunRecord } from './hosts/memory.ts'
import { type Limits, resolveLimits } from './limits.ts'
import type { LoopAgent, PrepareStep, StopWhen } from './loop/loop-run.ts'
import { type Message, user } from './messages.ts'
import type { Model, ToolChoice, ToolDefinition } from './model.ts'
import type { RunResult, RunState } from './result.ts'
import { Run } from './run.ts'
import { checkMessages } from './sendable.ts'
import type { Tool } from './tool.ts'
import { indexTools } from './tool-set.ts'

export interface AgentOptions<Context = unknown> {
  /** For people: in events and errors. Default: `agent`. */
  readonly name?: string
  readonly model: Model
  /** Sent as a system message before all others, the same in each request. */
  readonly instructions?: string
  /** At most 128, each with a name of its own; or a record keyed by name. */
  readonly tools?: readonly Tool<Context>[] | Readonly<Record<string, Tool<Context>>>
  /** Not sent unless given. */
  readonly toolChoice?: ToolChoice
  /** Tool calls of one step that run at once. Default: 10. */
  readonly toolCallConcurrency?: number
  readonly limits?: Limits
  /** Decides before each step what to change for it alone. Its decision is recorded: it must be plain JSON. */
  readonly prepareStep?: PrepareStep
  /** Decides after each step with tool calls whether to end the run with `stop-condition`. Recorded. */
  readonly stopWhen?: StopWhen
}

export interface RunOptions<Context = unknown> {
  /** Aborts the run. */
  readonly signal?: AbortSignal
  /** Handed to tools: never sent to the model and never recorded. */
  readonly context?: Context
  /** Default: a random UUID. */
  readonly runId?: string
}

export interface StreamOptions<Context = unknown> extends RunOptions<Context> {
  /**
   * What happens when an answer breaks after a part of its text was delivered: `fail` (default) ends the run with
   * `stream-interrupted`, `restart` asks again and shows a `step-retry` event that voids what was shown of the step.
   */
  readonly retryAfterText?: 'fail' | 'restart'
}

export interface ResumeOptions<Context = unknown> extends StreamOptions<Context> {
  /** What people decided, by the id of the question in `pending`: `approve()`, `deny()`, or the outcome of a call. */
  readonly answers?: Readonly<Record<string, Approval | OutcomeAnswer>>
}

/** A model, its instructions and its tools. It holds no state of a run: one agent serves any number of runs at once. */
export class Agent<Context = unknown> {
  readonly name: string
  readonly #agent: LoopAgent

  /** @throws {AgentError} `invalid-options` or `invalid-tool`, before anything is sent. */
  constructor(options: AgentOptions<Context>) {
    this.#agent = resolveAgent(options)
    this.name = this.#agent.name
  }

  /**
   * Starts a run and returns it at once.
   *
   * @param input - What the user said, or the messages so far.
   * @throws {AgentError} `invalid-messages` when the messages could not be sent.
   */
  stream(input: string | readonly Message[], options: StreamOptions<Context> = {}): Run {
    return this.#start(messagesOf(input), [], { ...options, restartAfterText: options.retryAfterText === 'restart' })
  }

  /**
   * Runs to the end. The same run as `stream`, drained; broken answers are asked for again, as nobody saw them.
   *
   * @throws {AgentError} What broke, with the result so far on `result`.
   */
  async generate(input: string | readonly Message[], options: RunOptions<Context> = {}): Promise<RunResult> {
    return await this.#start(messagesOf(input), [], { ...options, restartAfterText: true }).result
  }

  /**
   * Goes on with a paused or aborted run, in this process or another. What was recorded is not done again.
   *
   * @throws {AgentError} `state-mismatch` when the state is not one that this version can read.
   */
  resume(state: RunState, options: ResumeOptions<Context> = {}): Run {
    const { runId, input, records } = readState(state)
    const answers = Object.entries(options.answers ?? {}).map(([id, answer]): RunRecord => ({ type: 'answer', id, answer }))
    return this.#start(input, [...records, ...answers], { ...options, runId, restartAfterText: options.retryAfterText === 'restart' })
  }

  #start(input: readonly Message[], records: readonly RunRecord[], options: RunOptions<Context> & { readonly restartAfterText: boolean }): Run {
    const { signal, context, runId, restartAfterText } = options
    return new Run({ agent: this.#agent, input, records, runId, context, signal, restartAfterText })
  }
}

function messagesOf(input: string | readonly Message[]): readonly Message[] {
  const messages = typeof input === 'string' ? [user(input)] : input
  checkMessages(messages)
  return messages
}

function readState(state: RunState): { readonly runId: string; readonly input: readonly Message[]; readonly records: readonly RunRecord[] } {
  if (state.version !== 1 || !Array.isArray(state.records)) {
    throw new AgentError(`This is not a state that this version can read: its version is ${JSON.stringify(state.version)}, not 1.`, { code: 'state-mismatch' })
  }
  checkMessages(state.input)
  // The records of a state of this version were made by the memory host.
  return { runId: state.runId, input: state.input, records: state.records as unknown as readonly RunRecord[] }
}

function resolveAgent<Context>(options: AgentOptions<Context>): LoopAgent {
  const { name = 'agent', model, toolCallConcurrency = 10 } = options
  const fail = (problem: string): never => {
    throw new AgentError(`Agent '${name}': ${problem}`, { code: 'invalid-options' })
  }
  if (typeof model?.stream !== 'function') fail('`model` must be a model, such as evolink(...) or openaiCompatible({ ... }) makes.')
  if (!(toolCallConcurrency >= 1)) fail(`toolCallConcurrency must be at least 1, not ${toolCallConcurrency}.`)
  if (model.traits.candidates > 1) fail(`${model.id} is set to n = ${model.traits.candidates}; an agent follows one answer. Use model.complete() for more.`)
  const limits = resolveLimits(options.limits ?? {})
  if (limits.cost !== Number.POSITIVE_INFINITY && model.traits.prices === undefined) {
    fail(`limits.cost needs prices, and ${model.id} has none. Pass \`prices\` in the settings of the model.`)
  }
  const tools = indexTools(options.tools ?? [])
  if (tools.size > 0 && !model.traits.tools) fail(`${model.id} refuses tools. Use another model for an agent with tools.`)
  if (options.toolChoice === 'required' && tools.size === 0) fail("toolChoice 'required' needs tools.")
  const toolDefinitions = [...tools.values()].map(
    ({ name: toolName, description, inputSchema }): ToolDefinition => ({ name: toolName, description, inputSchema }),
  )
  return {
    name,
    model,
    instructions: options.instructions,
    tools,
    toolDefinitions,
    toolChoice: options.toolChoice,
    toolCallConcurrency,
    limits,
    prepareStep: options.prepareStep,
    stopWhen: options.stopWhen,
  }
}
