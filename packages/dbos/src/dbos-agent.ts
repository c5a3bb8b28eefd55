import { randomUUID } from 'node:crypto'
import { type Agent, AgentError, type Answers, type ContextOption, type Message, type PendingQuestion, type RunResult, type RunState } from '@capstan/core'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { dbosEngine, pendingEvent } from './dbos-engine.ts'
import { type Decisions, decisionsOf } from './decisions.ts'
import { fromDbosError, toWorkflowError } from './failures.ts'

/** What a run starts from: what the user said, the messages so far, or a run that was paused in memory. */
export type RunInput = string | readonly Message[] | RunState

/** A result as JSON: its `messages` are the input of a next run. */
export type AgentReply<Output = unknown> = Omit<RunResult<Output>, 'state' | 'toolErrors' | 'textOrThrow' | 'outputOrThrow'>

/** Options of `dbosAgent`. */
export type DbosAgentOptions<Context = unknown> = ContextOption<Context> & {
  /** Name of the workflow in DBOS: the same in all processes, and in those that come after. */
  readonly name: string
  /** How often DBOS takes a run up again after its process died, before it gives the run up. Default: 100, as in DBOS. */
  readonly maxRecoveryAttempts?: number
}

/** Options of `start`. */
export interface StartOptions {
  /** The id of the workflow. Default: a random UUID; of a run that was paused in memory always its own. */
  readonly runId?: string
  /** Decides questions of a run that was paused in memory. */
  readonly answers?: Answers
  /** A queue of DBOS: hands the run to any process that listens to it, rather than to this one. */
  readonly queueName?: string
}

/** Options of `result`. */
export interface ResultOptions {
  /** How often the database is asked, in milliseconds. Default: 250. */
  readonly pollingIntervalMs?: number
}

/**
 * An agent whose runs are workflows of DBOS. All methods need `DBOS.launch()`, and work in any process that registered the agent. All
 * reject with `engine-failed`, and `retryable`, when the database cannot be reached.
 */
export interface DbosAgent<Output = unknown> {
  /**
   * Starts a run and returns its id, once the run is in the database. A run that is there already goes on as it is, whatever the input.
   *
   * @throws {AgentError} `invalid-use` for another id than that of the state.
   */
  start(input: RunInput, options?: StartOptions): Promise<string>
  /**
   * Waits for the end of a run, as long as it takes.
   *
   * @throws {AgentError} What ended the run; `run-not-found`; `engine-failed` when DBOS gave it up: cancelled, or recovered too often.
   */
  result(runId: string, options?: ResultOptions): Promise<AgentReply<Output>>
  /** The questions that nobody has decided yet. @throws {AgentError} `run-not-found`. */
  pending(runId: string): Promise<readonly PendingQuestion[]>
  /**
   * Decides open questions. The first answer to a question stays; giving it again is fine.
   *
   * @returns Those of the questions of before that are still open.
   * @throws {AgentError} `run-not-found`; `invalid-use` for a question that was not asked, or was answered otherwise before.
   */
  decide(runId: string, answers: Answers): Promise<readonly PendingQuestion[]>
}

/** What the workflow is called with: what DBOS keeps of the beginning. */
interface Start {
  readonly input: RunInput
  readonly answers: Answers
}

type Runs<Context, Output> = Pick<Agent<Context, Output>, 'generate' | 'resume'>

/**
 * Registers an agent as a workflow of DBOS: before `DBOS.launch()`, once for each name.
 *
 * @see https://docs.dbos.dev/typescript/tutorials/workflow-tutorial
 */
export function dbosAgent<Context = unknown, Output = unknown>(agent: Runs<Context, Output>, options: DbosAgentOptions<Context>): DbosAgent<Output> {
  const { name, context, maxRecoveryAttempts } = options
  // The context is passed on as it is; its type was checked against the agent where the options were given.
  const runs = agent as Runs<unknown, Output>
  const bounded = maxRecoveryAttempts === undefined ? {} : { maxRecoveryAttempts }
  const decisions = decisionsOf(name)
  const workflow = DBOS.registerWorkflow((start: Start) => execute({ runs, context, decisions }, start), { name, serialization: 'portable', ...bounded })
  return {
    start: (input, given = {}) => begin(workflow, input, given),
    result: (runId, given = {}) => ask(runId, () => resultOf(runId, given)),
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
  readonly decisions: Decisions
}

async function execute<Output>({ runs, context, decisions }: Registered<Output>, { input, answers }: Start): Promise<AgentReply<Output>> {
  const runId = DBOS.workflowID
  if (runId === undefined) throw new AgentError('The workflow of an agent is started by DBOS alone.', { code: 'invalid-use' })
  const common = { engine: dbosEngine(runId, (decision) => decisions.keepInRun(runId, decision)), context }
  try {
    const run = isState(input) ? runs.resume(input, { ...common, answers }).result : runs.generate(input, { ...common, runId })
    const { state: _, ...reply } = await run
    return reply
  } catch (error) {
    throw toWorkflowError(error)
  }
}

async function begin(workflow: (start: Start) => Promise<unknown>, input: RunInput, { runId, answers = {}, queueName }: StartOptions): Promise<string> {
  const own = isState(input) ? input.runId : undefined
  if (own !== undefined && runId !== undefined && runId !== own)
    throw new AgentError(`The state is of run '${own}' and goes on under that id, as keys of its calls follow from it.`, { code: 'invalid-use' })
  const workflowID = own ?? runId ?? randomUUID()
  const place = queueName === undefined ? {} : { queueName }
  await ask(workflowID, () => DBOS.startWorkflow(workflow, { workflowID, ...place })({ input, answers }))
  return workflowID
}

async function resultOf<Output>(runId: string, { pollingIntervalMs = 250 }: ResultOptions): Promise<AgentReply<Output>> {
  await statusOf(runId)
  // There is null only for a wait that has a limit.
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
