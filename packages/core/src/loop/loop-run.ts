import type { AgentError } from '../contract/errors.ts'
import type { RunEventBody } from '../contract/events.ts'
import type { Json } from '../contract/json.ts'
import { type ResolvedLimits, reachedLimit } from '../contract/limits.ts'
import type { Message } from '../contract/messages.ts'
import type { Model, ModelReply, ModelTraits, ToolChoice, ToolDefinition, Warning } from '../contract/model.ts'
import type { Operations, Outcome } from '../contract/operations.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { RunStep, StopReason } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { addUsage, type RunUsage, type Usage } from '../contract/usage.ts'
import { noRepeats, type Repeats } from './repeats.ts'
import { RunClock } from './run-clock.ts'

/** An agent as the loop sees it: checked, with every default filled in. */
export interface LoopAgent {
  readonly name: string
  /** The first of `models`. */
  readonly model: Model
  /** The fallback chain: at least one. */
  readonly models: readonly Model[]
  /** What all models of the chain have. */
  readonly traits: ModelTraits
  readonly instructions: string | undefined
  readonly tools: ReadonlyMap<string, Tool<never>>
  /** One array for all runs, so that adapters serialise it once. */
  readonly toolDefinitions: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | undefined
  readonly toolCallConcurrency: number
  readonly limits: ResolvedLimits
  readonly output: LoopOutput | undefined
  readonly prepareStep: PrepareStep | undefined
  readonly stopWhen: StopWhen | undefined
}

/** What the final answer must be, and how the model is brought to it. */
export interface LoopOutput {
  readonly spec: OutputSpec
  readonly mode: OutputMode
  /** Added to all instructions. */
  readonly instructions: string
}

/** What `prepareStep` may change for one step. It is recorded, so it is plain JSON. */
export interface StepPlan {
  readonly instructions?: string
  /** Names of the tools to offer; a call of another is refused. Fewer tools change the prompt prefix, so the provider's cache misses once. */
  readonly tools?: readonly string[]
  readonly toolChoice?: ToolChoice
}

/** What `prepareStep` and `stopWhen` are told. */
export interface StepView {
  readonly messages: readonly Message[]
  /** The whole steps so far. */
  readonly steps: readonly RunStep[]
  readonly usage: RunUsage
}

export type PrepareStep = (view: StepView) => StepPlan | undefined | Promise<StepPlan | undefined>
export type StopWhen = (view: StepView) => boolean | Promise<boolean>

/** One run as the loop keeps it. Everything in it follows from the input and from recorded outcomes. */
export interface LoopRun {
  readonly agent: LoopAgent
  readonly operations: Operations
  readonly show: (event: RunEventBody) => void
  /** What the caller gave for the tools: never sent, never recorded. */
  readonly context: unknown
  /** True when a broken attempt may start again although text of the step was shown. */
  readonly restartAfterText: boolean
  /** Input and whole steps: always sendable. */
  readonly messages: Message[]
  readonly steps: RunStep[]
  readonly warnings: Warning[]
  /** Errors of this process by operation key, for `cause`; a replayed failure has its data alone. */
  liveErrors: Map<string, AgentError> | undefined
  /** What `fatal` tools threw in this process, by operation id, for `cause`. */
  toolErrors: Map<string, unknown> | undefined
  usage: RunUsage
  /** Usage by index of the model in the chain: models have their own prices. */
  readonly usageByEntry: Usage[]
  /** Index of the model that answered last. */
  entry: number
  /** Indices of models without quota. */
  exhausted: Set<number> | undefined
  /** Usage of the step that is open: all its attempts. */
  stepUsage: Usage
  stepAttempts: number
  stepMs: number
  activeMs: number
  toolCalls: number
  /** Charged to the budgets for attempts that never reported. */
  unknownTokens: number
  /** Estimate for the request that is under way. */
  openTokens: number
  emptyReplies: number
  cutReplies: number
  outputRetries: number
  /** The final answer as JSON, once it fits. */
  output: Json | undefined
  repeats: Repeats
  /** Made with the first operation. */
  clock: RunClock | undefined
}

/** What a new run starts with. */
export type LoopStart = Pick<LoopRun, 'agent' | 'operations' | 'show' | 'context' | 'restartAfterText'> & {
  readonly input: readonly Message[]
}

export function newLoopRun({ input, ...start }: LoopStart): LoopRun {
  return {
    ...start,
    messages: [...input],
    steps: [],
    warnings: [],
    liveErrors: undefined,
    toolErrors: undefined,
    usage: { unknownAttempts: 0 },
    usageByEntry: [],
    entry: 0,
    exhausted: undefined,
    stepUsage: {},
    stepAttempts: 0,
    stepMs: 0,
    activeMs: 0,
    toolCalls: 0,
    unknownTokens: 0,
    openTokens: 0,
    emptyReplies: 0,
    cutReplies: 0,
    outputRetries: 0,
    output: undefined,
    repeats: noRepeats,
    clock: undefined,
  }
}

/** The number of the step that is open, from 1. */
export function openStep(run: LoopRun): number {
  return run.steps.length + 1
}

/** Active time that the run has left, in milliseconds. */
export function leftMs(run: LoopRun): number {
  return run.agent.limits.durationMs - run.activeMs
}

/** The clock of the run, by the signal of its operations: the same for all of them. */
export function clockOf(run: LoopRun, signal: AbortSignal): RunClock {
  run.clock ??= new RunClock(signal)
  return run.clock
}

/** Adds active time. */
export function addTime(run: LoopRun, ms: number): void {
  run.activeMs += ms
  run.stepMs += ms
}

/** Adds the time of a batch: it takes until its last operation ends. */
export function addBatchTime(run: LoopRun, outcomes: readonly Outcome<unknown>[]): void {
  addTime(run, Math.max(0, ...outcomes.map((outcome) => (outcome.status === 'done' ? outcome.waitedMs + outcome.ms : 0))))
}

/** Adds what an attempt reported; an attempt that reported nothing is counted, and charged the estimate of its request. */
export function addAttempt(run: LoopRun, reported: Usage | undefined, entry: number = run.entry): void {
  const usage = withTotal(reported)
  run.stepAttempts++
  if (usage?.totalTokens === undefined) {
    run.usage = { ...run.usage, unknownAttempts: run.usage.unknownAttempts + 1 }
    run.unknownTokens += run.openTokens
  }
  if (usage === undefined) return
  run.usage = { ...addUsage(run.usage, usage), unknownAttempts: run.usage.unknownAttempts }
  run.usageByEntry[entry] = addUsage(run.usageByEntry[entry] ?? {}, usage)
  run.stepUsage = addUsage(run.stepUsage, usage)
}

function withTotal(usage: Usage | undefined): Usage | undefined {
  const { inputTokens, outputTokens, totalTokens } = usage ?? {}
  if (totalTokens !== undefined || inputTokens === undefined || outputTokens === undefined) return usage
  return { ...usage, totalTokens: inputTokens + outputTokens }
}

/** Adds a whole step: the message with the results of all its calls. */
export function addStep(run: LoopRun, reply: ModelReply, toolResults: RunStep['toolResults']): void {
  const step = openStep(run)
  run.messages.push(reply.message, ...toolResults.map((result) => ({ role: 'tool', content: [result] }) as const))
  const { message, finishReason, response } = reply
  const model = run.agent.models[run.entry]?.id ?? run.agent.model.id
  run.steps.push({ step, model, message, toolResults, finishReason, usage: run.stepUsage, attempts: run.stepAttempts, response, ms: run.stepMs })
  run.stepUsage = {}
  run.stepAttempts = 0
  run.stepMs = 0
  run.show({ type: 'step-end', step, usage: run.usage })
}

const maxWarnings = 100

/** Keeps a warning for the result, each once and at most 100. Returns whether it is new. */
export function addWarning(run: LoopRun, warning: Warning): boolean {
  const isKnown = run.warnings.some(({ code, message }) => code === warning.code && message === warning.message)
  if (isKnown || run.warnings.length >= maxWarnings) return false
  run.warnings.push(warning)
  return true
}

/** The limit of steps, tool calls or time that forbids another step, or `undefined`. */
export function limitOf(run: LoopRun): StopReason | undefined {
  return reachedLimit(run.agent.limits, { steps: run.steps.length, toolCalls: run.toolCalls, activeMs: run.activeMs })
}
