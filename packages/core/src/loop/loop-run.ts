import type { ArtifactStore } from '../contract/artifacts.ts'
import type { ResolvedAttempts } from '../contract/attempts.ts'
import type { RunEventBody } from '../contract/events.ts'
import { reachedLimit } from '../contract/limits.ts'
import { type Message, type ToolCallPart, user } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { Operations } from '../contract/operations.ts'
import type { PendingQuestion, RunStep, StopReason } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import type { Tracer } from '../contract/tracer.ts'
import { type CallPosition, makeChildId } from '../durability/operation-ids.ts'
import type { ToolCallOutput } from '../durability/records.ts'
import type { ConfigValues, LoopAgent } from './loop-agent.ts'
import type { ShownStep } from './shown-step.ts'
import { totalCost, totalUsage } from './spending.ts'
import { CacheUse } from './state/cache-use.ts'
import { Children } from './state/children.ts'
import { GrantedTargets } from './state/granted-targets.ts'
import { History } from './state/history.ts'
import { Ledger } from './state/ledger.ts'
import { ModelChain } from './state/model-chain.ts'
import { Notes } from './state/notes.ts'
import { OutputLimit } from './state/output-limit.ts'
import { QuestionIds } from './state/question-ids.ts'
import { ResultIds } from './state/result-ids.ts'
import { RunClock } from './state/run-clock.ts'
import { RunConfig } from './state/run-config.ts'
import { StepTools } from './state/step-tools.ts'
import { Taint } from './state/taint.ts'
import { Transcript } from './state/transcript.ts'

/** What a run starts with. */
export interface LoopStart {
  readonly agent: LoopAgent
  /** What the configuration of the run is if it starts now. */
  readonly planned: ConfigValues
  readonly operations: Operations
  readonly show: (event: RunEventBody) => void
  /** How often and after which delay a failed request is sent again. */
  readonly attempts: ResolvedAttempts
  /** What the caller gave for the tools: never sent, never recorded. */
  readonly context: unknown
  /** True when a broken attempt may start again although text of the step was shown. */
  readonly restartAfterText: boolean
  /** True when the records may have been changed by others: a gate that let a call pass is asked again before the call runs. */
  readonly recheckGates: boolean
  /** Where complete results are kept; `undefined` where nothing is kept. */
  readonly artifacts: ArtifactStore | undefined
  /** What records the run. */
  readonly tracers: readonly Tracer[]
  /** Runs the agents that answer calls. Loaded only with an agent whose tools have one behind them. */
  readonly runAgents: RunAgents
  /** Of an agent that answers a call of another one. */
  readonly child?: ChildPlace
}

/** Runs the agents that answer calls of one step, side by side: the answers in the order of the calls, or the questions that people have to answer first. */
export type RunAgents = (
  run: LoopRun,
  delegated: readonly DelegatedCall[],
) => Promise<{ readonly pending: readonly PendingQuestion[] } | { readonly answers: readonly AgentAnswer[] }>

/** A call that an agent answers. */
export interface DelegatedCall extends CallPosition {
  /** Id of its operation. */
  readonly id: string
  readonly part: ToolCallPart
  readonly tool: Tool<never>
  readonly prompt: string
}

/** What an agent answered to a call, or why it could not. */
export interface AgentAnswer {
  readonly output: ToolCallOutput
  readonly ms: number
  readonly replayed: boolean
  readonly at?: number | undefined
  /** The run of the agent. */
  readonly child: LoopRun
}

/** Where a child is: under a call of its parent. */
export interface ChildPlace {
  readonly parent: LoopRun
  /** The call of the parent that it answers. */
  readonly call: CallPosition
  /** The id of the result that it works for. */
  readonly result: string | undefined
  /** The calls around it, the outermost first: `['research#2', 'verify#1']`. */
  readonly path: readonly string[]
  /** What was shown of it in this process. */
  readonly shown: ShownStep
}

/**
 * One run as the loop keeps it: what it started with, and the owners of its state. Only they change it. What ledger, transcript and chain
 * hold follows from the input and from recorded outcomes; clock and notes belong to this process.
 */
export interface LoopRun extends LoopStart {
  readonly config: RunConfig
  readonly ledger: Ledger
  readonly transcript: Transcript
  readonly stepTools: StepTools
  readonly history: History
  readonly cacheUse: CacheUse
  readonly outputLimit: OutputLimit
  readonly chain: ModelChain
  readonly children: Children<LoopRun>
  readonly questionIds: QuestionIds
  readonly resultIds: ResultIds
  readonly taint: Taint
  readonly grants: GrantedTargets
  readonly clock: RunClock
  readonly notes: Notes
}

export function newLoopRun(start: LoopStart, input: readonly Message[]): LoopRun {
  return {
    ...start,
    config: new RunConfig(start.planned),
    ledger: new Ledger(),
    transcript: new Transcript(input),
    stepTools: new StepTools(),
    history: new History(),
    cacheUse: new CacheUse(),
    outputLimit: new OutputLimit(),
    chain: new ModelChain(start.agent.models),
    children: new Children(),
    questionIds: new QuestionIds(),
    resultIds: new ResultIds(start.child?.result),
    taint: new Taint(start.child?.parent.taint),
    grants: new GrantedTargets(start.child?.parent.grants),
    clock: new RunClock(),
    notes: new Notes(),
  }
}

/** The key of a call, or an id of an operation, as it is in the run of the root. */
export function idInRoot({ child }: LoopRun, id: string): string {
  return child === undefined ? id : idInRoot(child.parent, makeChildId(child.call, id))
}

/** Active time that the run has left, in milliseconds. No child has more than its parent. */
export function leftMs({ config, ledger, child }: LoopRun): number {
  const own = config.limits.durationMs - ledger.activeMs
  return child === undefined ? own : Math.min(own, leftMs(child.parent))
}

/** Runs a body of an operation within the time that the run has left. */
export function withinTimeLimit<Result>(run: LoopRun, signal: AbortSignal, body: (signal: AbortSignal) => Promise<Result>): Promise<Result | 'late'> {
  return run.clock.within(signal, leftMs(run), body)
}

/** The limit of steps, tool calls or time that forbids another step, or `undefined`. */
export function limitOf({ config, ledger, transcript }: LoopRun): StopReason | undefined {
  return reachedLimit(config.limits, { steps: transcript.steps.length, toolCalls: ledger.toolCalls, activeMs: ledger.activeMs })
}

/** Adds a message of the loop to the model. It is marked, as it does not say what the user wants; runs of release 0.1.0 have no such marks. */
export function addNotice({ transcript, operations }: LoopRun, text: string): void {
  transcript.addNotice(operations.version === 1 ? user(text) : { ...user(text), origin: 'loop' })
}

/** Completes the current step: the message with the results of all its calls. */
export function completeStep(run: LoopRun, reply: ModelReply, toolResults: RunStep['toolResults']): void {
  const { transcript, history, ledger, chain, taint, show } = run
  const { finishReason, usage, response } = reply
  const step = transcript.currentStep
  history.addReply(usage, chain.lastIndex)
  // The model wrote it before it had these results.
  const message = taint.mark(reply.message)
  taint.take(toolResults)
  transcript.addStep({ step, model: chain.lastModel.id, message, toolResults, finishReason, ...ledger.closeStep(), response })
  const cost = totalCost(run)
  show({ type: 'step-end', step, usage: totalUsage(run), ...(cost && { cost }) })
}
