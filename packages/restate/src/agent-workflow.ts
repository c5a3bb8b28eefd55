import './with-resolvers.ts'
import {
  type Agent,
  AgentError,
  type Answers,
  type ArtifactStore,
  type ContextOption,
  type Message,
  type PendingQuestion,
  type RunResult,
  type RunState,
  Session,
  type SessionStore,
} from '@capstan/core'
import { checkNames, kindOf } from '@capstan/core/internal'
import { type WorkflowContext, type WorkflowDefinition, type WorkflowOptions, type WorkflowSharedContext, workflow } from '@restatedev/restate-sdk'
import { decideIn, openIn } from './decisions.ts'
import { toRestateError } from './failure.ts'
import { restateEngine } from './restate-engine.ts'

/**
 * Starts a run, or continues one that was paused in memory. The key of the workflow is the run id; with a state it must be the id of its run.
 * `session` is the id of the session that the run belongs to, in the `sessions` of the workflow; a state keeps its session. `whilePaused` says
 * what happens while another run of the session is open: `refuse` (default) ends this one with `session-busy`; `queue` keeps its input for the
 * next run.
 */
export type AgentRequest =
  | { readonly input: string | readonly Message[]; readonly session?: string; readonly whilePaused?: 'refuse' | 'queue' }
  | { readonly state: RunState; readonly answers?: Answers }

/** A result as JSON. */
export type AgentReply<Output = unknown> = Omit<RunResult<Output>, 'state' | 'toolErrors' | 'textOrThrow' | 'outputOrThrow'>

/** Options of `agentWorkflow`. */
export type AgentWorkflowOptions<Name extends string = string, Context = unknown> = ContextOption<Context> & {
  /** Name of the workflow in Restate; clients address runs by it. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name
  /**
   * Where the complete results of tools are kept that are too large for the model, such as `journal.artifacts`; each worker must reach it.
   * Default: nowhere, and the model is told so.
   */
  readonly artifacts?: ArtifactStore
  /** Where the sessions of the runs are, such as `postgresSessions(database)`; each worker must reach it. Default: no run has a session. */
  readonly sessions?: SessionStore
  /** Options of the SDK. Default: Restate retries a failed execution for about 20 minutes, then pauses it until a person resumes it. */
  readonly workflow?: WorkflowOptions
}

/** The handlers of a workflow that runs an agent. */
export interface AgentHandlers<Output = unknown> {
  /**
   * Runs the agent, once for each key.
   *
   * @throws {TerminalError} The error that ended the run. It is never retried. `metadata.error` is the JSON of the `AgentError`, and
   * `metadata.messages` that of the messages so far, which can be the input of the next run.
   */
  run: (context: WorkflowContext, request: AgentRequest) => Promise<AgentReply<Output>>
  /**
   * Answers pending questions, at any time and from any process. The first answer to a question counts; giving the same answer again is
   * accepted.
   *
   * @returns The questions that are still pending.
   */
  decide: (context: WorkflowSharedContext, answers: Answers) => Promise<readonly PendingQuestion[]>
  /** The questions that nobody has answered yet. */
  pending: (context: WorkflowSharedContext) => Promise<readonly PendingQuestion[]>
}

/** The retry policy of executions. No other retries are needed in Restate: steps never fail, and the agent itself retries requests to models. */
const defaults: WorkflowOptions = {
  retryPolicy: { initialInterval: 100, exponentiationFactor: 2, maxInterval: 30_000, maxAttempts: 50, onMaxAttempts: 'pause' },
}

/**
 * Makes a workflow from an agent, for `serve` of the SDK.
 *
 * @see https://docs.restate.dev/tsdocs/functions/_restatedev_restate-sdk.workflow
 */
export function agentWorkflow<const Name extends string, Context = unknown, Output = unknown>(
  agent: Pick<Agent<Context, Output>, 'generate' | 'resume'>,
  options: AgentWorkflowOptions<Name, Context>,
): WorkflowDefinition<Name, AgentHandlers<Output>> {
  checkNames(options, {
    names: ['name', 'context', 'artifacts', 'sessions', 'workflow'],
    what: 'an option of agentWorkflow()',
    instead: { options: 'workflow', retryPolicy: 'workflow: { retryPolicy }', session: '`sessions` here, and `session` in the request' },
  })
  const scope = {}
  const { name, artifacts, sessions } = options
  // The compiler has checked the type of the context against the agent at the call.
  const runs = agent as Pick<Agent<unknown, Output>, 'generate' | 'resume'>
  const handlers: AgentHandlers<Output> = {
    run: (context, request) => orTerminal(() => start(context, request)),
    decide: (context, answers) => orTerminal(() => decideIn(context, answers)),
    pending: (context) => orTerminal(() => openIn(context)),
  }
  return workflow<Name, AgentHandlers<Output>>({ name, handlers, options: { ...defaults, ...options.workflow } })

  async function start(context: WorkflowContext, request: AgentRequest): Promise<AgentReply<Output>> {
    checkRequest(request, context.key)
    const session = await sessionOf(sessions, request)
    const engine = restateEngine(context, scope)
    const common = { context: options.context, engine, ...(artifacts && { artifacts }), ...(session && { session }) }
    if (!('input' in request)) return await runs.resume(request.state, { ...common, answers: request.answers ?? {} }).result
    const { input, whilePaused } = request
    return await runs.generate(input, { ...common, ...(whilePaused !== undefined && { whilePaused }), runId: context.key })
  }
}

/** The session of a run. It is read in a step of the run, because code between the steps is repeated. */
async function sessionOf(sessions: SessionStore | undefined, request: AgentRequest): Promise<Session | undefined> {
  const id = 'input' in request ? request.session : request.state.session?.id
  if (id === undefined) return undefined
  if (sessions !== undefined) return await Session.unread(sessions, id)
  throw new AgentError(`The run belongs to the session '${id}'. Pass the store that has it as \`sessions\` to agentWorkflow().`, { code: 'invalid-use' })
}

const inputNames = ['input', 'session', 'whilePaused']
const stateNames = ['state', 'answers']

// Requests come over the network, so their types are not checked by the compiler.
function checkRequest(request: unknown, key: string): asserts request is AgentRequest {
  const { input, session, state } = (request ?? {}) as { readonly input?: unknown; readonly session?: unknown; readonly state?: Partial<RunState> | null }
  if (typeof input === 'string' || Array.isArray(input)) {
    checkNames(request as object, { names: inputNames, what: 'a part of a request with `input`', instead: { sessionId: 'session' } })
    if (session === undefined || typeof session === 'string') return
    throw new AgentError(`\`session\` of a request must be the id of a session, not ${kindOf(session)}.`, { code: 'invalid-use' })
  }
  const shape = 'A request must be `{ input, session }` with a text or messages, or `{ state, answers }` to continue a run.'
  if (state === undefined || state === null) throw new AgentError(shape, { code: 'invalid-use' })
  checkNames(request as object, { names: stateNames, what: 'a part of a request with `state`', hint: 'A run that is continued keeps its session.' })
  if (state.runId !== key)
    throw new AgentError(`The state belongs to the run '${state.runId}', so the key of the workflow must be '${state.runId}', not '${key}'.`, {
      code: 'invalid-use',
    })
}

async function orTerminal<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toRestateError(error)
  }
}
