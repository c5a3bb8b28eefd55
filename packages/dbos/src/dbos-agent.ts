import { randomUUID } from 'node:crypto'
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
import { checkNames, invalidOptions, kindOf } from '@capstan/core/internal'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { dbosEngine, pendingEvent } from './dbos-engine.ts'
import { type Decisions, decisionsOf } from './decisions.ts'
import { fromDbosError, toWorkflowError } from './failures.ts'

/** The input of a run: a text of the user, the messages so far, or the state of a run that was paused in memory. */
export type RunInput = string | readonly Message[] | RunState

/** A result as JSON: its `messages` can be the input of the next run. */
export type AgentReply<Output = unknown> = Omit<RunResult<Output>, 'state' | 'toolErrors' | 'textOrThrow' | 'outputOrThrow'>

/** Options of `dbosAgent`. */
export type DbosAgentOptions<Context = unknown> = ContextOption<Context> & {
  /** Name of the workflow in DBOS. It must be the same in all processes, including later ones. */
  readonly name: string
  /**
   * Where the complete results of tools are kept that are too large for the model, such as `journal.artifacts`; each process must reach it.
   * Default: nowhere, and the model is told so.
   */
  readonly artifacts?: ArtifactStore
  /** Where the sessions of the runs are, such as `postgresSessions(database)`; each process must reach it. Default: no run has a session. */
  readonly sessions?: SessionStore
  /** How often DBOS continues a run whose process died. After that the run fails. Default: 100, as in DBOS. */
  readonly maxRecoveryAttempts?: number
}

/** Options of `start`. */
export interface StartOptions {
  /** The id of the workflow. Default: a random UUID. A run that was paused in memory always keeps its id. */
  readonly runId?: string
  /** Answers to questions of a run that was paused in memory, by question id. */
  readonly answers?: Answers
  /** The id of the session that the run belongs to, in the `sessions` of the agent. A run that was paused in memory always keeps its session. */
  readonly session?: string
  /** While another run of the session is open: `refuse` (default) ends this one with `session-busy`; `queue` keeps its input for the next run. */
  readonly whilePaused?: 'refuse' | 'queue'
  /** A queue of DBOS: the run is executed by any process that listens to it. Default: this process. */
  readonly queueName?: string
}

/** Options of `result`. */
export interface ResultOptions {
  /** Interval at which the database is polled, in milliseconds. Default: 250. */
  readonly pollingIntervalMs?: number
}

/**
 * An agent whose runs are workflows of DBOS. All methods need `DBOS.launch()`, and work in any process that registered the agent. All
 * reject with `engine-failed` and `retryable: true` if the database cannot be reached.
 */
export interface DbosAgent<Output = unknown> {
  /**
   * Starts a run and returns its id when the run is in the database. A run that already exists is not changed, whatever the input.
   *
   * @throws {AgentError} `invalid-use` if `runId` or `session` is not that of the state, or for a session without a store; `invalid-options`.
   */
  start(input: RunInput, options?: StartOptions): Promise<string>
  /**
   * Waits for the end of a run, as long as it takes.
   *
   * @throws {AgentError} The error that ended the run; `run-not-found`; `engine-failed` if the run was cancelled or recovered too often.
   */
  result(runId: string, options?: ResultOptions): Promise<AgentReply<Output>>
  /** The questions that are not answered yet. @throws {AgentError} `run-not-found`. */
  pending(runId: string): Promise<readonly PendingQuestion[]>
  /**
   * Answers pending questions. The first answer to a question counts; giving the same answer again is accepted.
   *
   * @returns The questions that are still pending, of those that were asked before.
   * @throws {AgentError} `run-not-found`; `invalid-use` for a question that was not asked, or was answered differently before.
   */
  decide(runId: string, answers: Answers): Promise<readonly PendingQuestion[]>
}

/** The input of the workflow, which DBOS records. */
interface Start {
  readonly input: RunInput
  readonly answers: Answers
  readonly session?: string
  readonly whilePaused?: 'refuse' | 'queue'
}

type Runs<Context, Output> = Pick<Agent<Context, Output>, 'generate' | 'resume'>

/**
 * Registers an agent as a workflow of DBOS. Call it once for each name, before `DBOS.launch()`.
 *
 * @see https://docs.dbos.dev/typescript/tutorials/workflow-tutorial
 */
export function dbosAgent<Context = unknown, Output = unknown>(agent: Runs<Context, Output>, options: DbosAgentOptions<Context>): DbosAgent<Output> {
  checkNames(options, {
    names: ['name', 'context', 'artifacts', 'sessions', 'maxRecoveryAttempts'],
    what: 'an option of dbosAgent()',
    instead: { maxAttempts: 'maxRecoveryAttempts', session: '`sessions` here, and `session` with `start()`' },
  })
  const { name, context, artifacts, sessions, maxRecoveryAttempts } = options
  // The compiler has checked the type of the context against the agent at the call.
  const runs = agent as Runs<unknown, Output>
  const bounded = maxRecoveryAttempts === undefined ? {} : { maxRecoveryAttempts }
  const decisions = decisionsOf(name)
  const workflow = DBOS.registerWorkflow((start: Start) => execute({ runs, context, artifacts, sessions, decisions }, start), {
    name,
    serialization: 'portable',
    ...bounded,
  })
  return {
    start: (input, given = {}) => begin({ workflow, sessions }, input, given),
    result: (runId, given = {}) =>
      ask(runId, async () => {
        checkNames(given, { names: ['pollingIntervalMs'], what: 'an option of result()' })
        return await resultOf(runId, given)
      }),
    pending: (runId) => ask(runId, () => openQuestions(decisions, runId)),
    decide: (runId, answers) =>
      ask(runId, async () => {
        await statusOf(runId)
        const asked = await askedOf(runId)
        await decisions.decide(runId, { asked, answers })
        return await decisions.open(runId, asked)
      }),
  }
}

async function ask<Result>(runId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw fromDbosError(error, runId)
  }
}

interface Registered<Output> {
  readonly runs: Runs<unknown, Output>
  readonly context: unknown
  readonly artifacts: ArtifactStore | undefined
  readonly sessions: SessionStore | undefined
  readonly decisions: Decisions
}

async function execute<Output>({ runs, context, artifacts, sessions, decisions }: Registered<Output>, start: Start): Promise<AgentReply<Output>> {
  const { input, answers, whilePaused } = start
  const runId = DBOS.workflowID
  if (runId === undefined) throw new AgentError('Only DBOS may start the workflow of an agent.', { code: 'invalid-use' })
  try {
    const session = await sessionOf(sessions, start)
    const engine = dbosEngine(runId, (decision) => decisions.keepInRun(runId, decision))
    const common = { engine, context, ...(artifacts && { artifacts }), ...(session && { session }) }
    const run = isState(input)
      ? runs.resume(input, { ...common, answers }).result
      : runs.generate(input, { ...common, ...(whilePaused !== undefined && { whilePaused }), runId })
    const { state: _, ...reply } = await run
    return reply
  } catch (error) {
    throw toWorkflowError(error)
  }
}

/** The session of a run. It is read in a step of the run, because code between the steps is repeated. */
async function sessionOf(sessions: SessionStore | undefined, { input, session }: Pick<Start, 'input' | 'session'>): Promise<Session | undefined> {
  const id = isState(input) ? input.session?.id : session
  if (id === undefined) return undefined
  if (sessions !== undefined) return await Session.unread(sessions, id)
  throw new AgentError(`The run belongs to the session '${id}'. Pass the store that has it as \`sessions\` to dbosAgent().`, { code: 'invalid-use' })
}

interface Beginning {
  readonly workflow: (start: Start) => Promise<unknown>
  readonly sessions: SessionStore | undefined
}

async function begin({ workflow, sessions }: Beginning, input: RunInput, options: StartOptions): Promise<string> {
  checkStart(input, options)
  const { runId, answers = {}, session, whilePaused, queueName } = options
  const start: Start = { input, answers, ...(session !== undefined && { session }), ...(whilePaused !== undefined && { whilePaused }) }
  // What no process of this agent can run is refused before it is in the database.
  await sessionOf(sessions, start)
  const workflowID = (isState(input) ? input.runId : runId) ?? randomUUID()
  const place = queueName === undefined ? {} : { queueName }
  await ask(workflowID, () => DBOS.startWorkflow(workflow, { workflowID, ...place })(start))
  return workflowID
}

function checkStart(input: RunInput, options: StartOptions): void {
  checkNames(options, {
    names: ['runId', 'answers', 'session', 'whilePaused', 'queueName'],
    what: 'an option of start()',
    instead: { id: 'runId', workflowID: 'runId', queue: 'queueName', sessionId: 'session', sessions: '`sessions` with `dbosAgent()`' },
  })
  const { runId, session, whilePaused } = options
  if (session !== undefined && typeof session !== 'string') throw invalidOptions(`\`session\` of start() must be the id of a session, not ${kindOf(session)}.`)
  if (!isState(input)) return
  if (runId !== undefined && runId !== input.runId)
    throw new AgentError(
      `The state belongs to the run '${input.runId}', which keeps its id, because the idempotency keys of its calls depend on it. Omit \`runId\`.`,
      { code: 'invalid-use' },
    )
  if (session !== undefined && session !== input.session?.id)
    throw new AgentError(
      `The run '${input.runId}' was begun ${input.session ? `in the session '${input.session.id}'` : 'without a session'}, and stays so. Omit \`session\`.`,
      {
        code: 'invalid-use',
      },
    )
  if (whilePaused !== undefined)
    throw new AgentError(`The run '${input.runId}' has its place in its session since it began. Omit \`whilePaused\`.`, { code: 'invalid-use' })
}

async function resultOf<Output>(runId: string, { pollingIntervalMs = 250 }: ResultOptions): Promise<AgentReply<Output>> {
  await statusOf(runId)
  // The result is null only for a wait with a time limit.
  return (await DBOS.getResult<AgentReply<Output>>(runId, { pollingIntervalMs })) as AgentReply<Output>
}

async function openQuestions(decisions: Decisions, runId: string): Promise<readonly PendingQuestion[]> {
  const status = await statusOf(runId)
  if (status !== 'PENDING' && status !== 'ENQUEUED') return []
  return await decisions.open(runId, await askedOf(runId))
}

async function askedOf(runId: string): Promise<readonly PendingQuestion[]> {
  return (await DBOS.getEvent<readonly PendingQuestion[]>(runId, pendingEvent, { timeoutSeconds: 0 })) ?? []
}

async function statusOf(runId: string): Promise<string> {
  const found = await DBOS.getWorkflowStatus(runId)
  if (found === null) throw new AgentError(`DBOS has no run '${runId}'.`, { code: 'run-not-found' })
  return found.status
}

function isState(input: RunInput): input is RunState {
  return typeof input === 'object' && 'records' in input
}
