import './with-resolvers.ts'
import { type Agent, AgentError, type Answers, type ContextOption, type Message, type PendingQuestion, type RunResult, type RunState } from '@capstan/core'
import { type WorkflowContext, type WorkflowDefinition, type WorkflowOptions, type WorkflowSharedContext, workflow } from '@restatedev/restate-sdk'
import { decideIn, openIn } from './decisions.ts'
import { toRestateError } from './failure.ts'
import { restateEngine } from './restate-engine.ts'

/** What starts a run, or goes on with one that was paused in memory. The key of the workflow is the run id: that of the state, too. */
export type AgentRequest = { readonly input: string | readonly Message[] } | { readonly state: RunState; readonly answers?: Answers }

/** A result as JSON. */
export type AgentReply<Output = unknown> = Omit<RunResult<Output>, 'state' | 'toolErrors' | 'textOrThrow' | 'outputOrThrow'>

/** Options of `agentWorkflow`. */
export type AgentWorkflowOptions<Name extends string = string, Context = unknown> = ContextOption<Context> & {
  /** Of the workflow in Restate; clients address runs by it. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name
  /** Options of the SDK. Default: an execution that breaks is tried again for about 20 minutes; then Restate pauses it until a person resumes it. */
  readonly workflow?: WorkflowOptions
}

/** The handlers of a workflow that runs an agent. */
export interface AgentHandlers<Output = unknown> {
  /**
   * Runs the agent, once for each key.
   *
   * @throws {TerminalError} What ended the run, never tried again: with the JSON of the `AgentError` in `metadata.error`, and that of the
   * messages so far, the input of a next run, in `metadata.messages`.
   */
  run: (context: WorkflowContext, request: AgentRequest) => Promise<AgentReply<Output>>
  /**
   * Decides open questions, at any time and from anywhere. The first answer to a question stays; giving it again is fine.
   *
   * @returns The questions that are still open.
   */
  decide: (context: WorkflowSharedContext, answers: Answers) => Promise<readonly PendingQuestion[]>
  /** The questions that nobody has decided yet. */
  pending: (context: WorkflowSharedContext) => Promise<readonly PendingQuestion[]>
}

/** The one place where executions are repeated: steps never fail, and a request to a model is an attempt that the agent decides about. */
const defaults: WorkflowOptions = {
  retryPolicy: { initialInterval: 100, exponentiationFactor: 2, maxInterval: 30_000, maxAttempts: 50, onMaxAttempts: 'pause' },
}

/**
 * Makes a workflow of an agent, for `serve` of the SDK.
 *
 * @see https://docs.restate.dev/tsdocs/functions/_restatedev_restate-sdk.workflow
 */
export function agentWorkflow<const Name extends string, Context = unknown, Output = unknown>(
  agent: Pick<Agent<Context, Output>, 'generate' | 'resume'>,
  options: AgentWorkflowOptions<Name, Context>,
): WorkflowDefinition<Name, AgentHandlers<Output>> {
  const scope = {}
  const { name } = options
  // The context is passed on as it is; its type was checked against the agent where the options were given.
  const runs = agent as Pick<Agent<unknown, Output>, 'generate' | 'resume'>
  const handlers: AgentHandlers<Output> = {
    run: (context, request) => orTerminal(() => start(context, request)),
    decide: (context, answers) => orTerminal(() => decideIn(context, answers)),
    pending: (context) => orTerminal(() => openIn(context)),
  }
  return workflow<Name, AgentHandlers<Output>>({ name, handlers, options: { ...defaults, ...options.workflow } })

  async function start(context: WorkflowContext, request: AgentRequest): Promise<AgentReply<Output>> {
    checkRequest(request, context.key)
    const common = { context: options.context, engine: restateEngine(context, scope) }
    if ('input' in request) return await runs.generate(request.input, { ...common, runId: context.key })
    return await runs.resume(request.state, { ...common, answers: request.answers ?? {} }).result
  }
}

// Requests come over the network: their types promise nothing.
function checkRequest(request: unknown, key: string): asserts request is AgentRequest {
  const { input, state } = (request ?? {}) as { readonly input?: unknown; readonly state?: Partial<RunState> | null }
  if (typeof input === 'string' || Array.isArray(input)) return
  const shape = 'A run starts with `{ input }`, a text or messages, or goes on with `{ state, answers }`.'
  if (state === undefined || state === null) throw new AgentError(shape, { code: 'invalid-use' })
  if (state.runId !== key)
    throw new AgentError(`The state is of run '${state.runId}', so that must be the key of the workflow, and not '${key}'.`, { code: 'invalid-use' })
}

async function orTerminal<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toRestateError(error)
  }
}
