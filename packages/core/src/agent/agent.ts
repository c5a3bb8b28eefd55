import type { RunRecord } from '../hosts/memory.ts'
import type { Json } from '../json.ts'
import type { LoopAgent } from '../loop/loop-run.ts'
import { type Message, user } from '../messages.ts'
import type { RunResult, RunState } from '../result.ts'
import { Run } from '../run/run.ts'
import { checkMessages } from '../sendable.ts'
import type { AgentOptions, CommonRunOptions, ResumeOptions, RunOptions, StreamOptions } from './agent-options.ts'
import { readAnswers, readState } from './read-state.ts'
import { resolveAgent } from './resolve-agent.ts'

/** The options are optional where each of them is. */
type Arguments<Options> = Record<string, never> extends Options ? [options?: Options] : [options: Options]

/** A model, its instructions and its tools. It holds no state of a run: one agent serves any number of runs at once. */
export class Agent<Context = unknown, Output = unknown> {
  /** Types only: an agent that needs a context is none that needs nothing. */
  declare readonly '~context': ((context: Context) => void) | undefined
  readonly name: string
  readonly #agent: LoopAgent

  /** @throws {AgentError} `invalid-options` or `invalid-tool`, before anything is sent. */
  constructor(options: AgentOptions<Context, Output>) {
    this.#agent = resolveAgent(options)
    this.name = this.#agent.name
  }

  /**
   * Starts a run and returns it at once.
   *
   * @param input - What the user said, or the messages so far.
   * @throws {AgentError} `invalid-messages` when the messages could not be sent.
   */
  stream(input: string | readonly Message[], ...[options]: Arguments<StreamOptions<Context>>): Run<Output> {
    return this.#start(messagesOf(input), { ...options, restartAfterText: options?.retryAfterText === 'restart' })
  }

  /**
   * Runs to the end. The same run as `stream`, drained; broken answers are asked for again, as nobody saw them.
   *
   * @throws {AgentError} What broke, with the result so far on `result`.
   */
  async generate(input: string | readonly Message[], ...[options]: Arguments<RunOptions<Context>>): Promise<RunResult<Output>> {
    return await this.#start(messagesOf(input), { ...options, restartAfterText: true }).result
  }

  /**
   * Goes on with a paused or aborted run, in this process or another. What was recorded is not done again.
   *
   * @throws {AgentError} `state-mismatch` when the state is not one that this version can read; `invalid-use` for an answer to a
   * question that is not open in it.
   */
  resume(state: RunState, ...[options]: Arguments<ResumeOptions<Context>>): Run<Output> {
    const { runId, input, records } = readState(state)
    const answers = readAnswers(records, options?.answers ?? {})
    return this.#start(input, { ...options, records, answers, runId, restartAfterText: options?.retryAfterText === 'restart' })
  }

  #start(input: readonly Message[], options: Started): Run<Output> {
    const { signal, context, runId, restartAfterText, records = [], answers = new Map() } = options
    return new Run({ agent: this.#agent, input, records, answers, runId, context, signal, restartAfterText })
  }
}

interface Started extends CommonRunOptions {
  readonly context?: unknown
  readonly restartAfterText: boolean
  readonly records?: readonly RunRecord[]
  readonly answers?: ReadonlyMap<string, Json>
}

function messagesOf(input: string | readonly Message[]): readonly Message[] {
  const messages = typeof input === 'string' ? [user(input)] : input
  checkMessages(messages)
  return messages
}
