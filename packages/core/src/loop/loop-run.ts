import type { AgentError } from '../errors.ts'
import type { RunEventBody } from '../events.ts'
import type { Json } from '../json.ts'
import type { ResolvedLimits } from '../limits.ts'
import { reachedLimit } from '../limits.ts'
import type { Message } from '../messages.ts'
import type { Model, ModelReply, ToolChoice, ToolDefinition, Warning } from '../model.ts'
import type { Operations } from '../operations.ts'
import type { OutputMode, OutputSpec } from '../output.ts'
import type { RunStep, StopReason } from '../result.ts'
import type { Tool } from '../tool.ts'
import { addUsage, type Cost, costOf, type RunUsage, type Usage } from '../usage.ts'
import { estimateTokens } from './estimate.ts'
import type { Repeats } from './repeats.ts'

/** An agent as the loop sees it: checked, with every default filled in. */
export interface LoopAgent {
  readonly name: string
  readonly model: Model
  readonly instructions: string | undefined
  readonly tools: ReadonlyMap<string, Tool<never>>
  /** One array for all runs, so that adapters serialise it once. */
  readonly toolDefinitions: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | undefined
  readonly toolCallConcurrency: number
  readonly limits: ResolvedLimits
  readonly output: { readonly spec: OutputSpec; readonly mode: OutputMode } | undefined
  readonly prepareStep: PrepareStep | undefined
  readonly stopWhen: StopWhen | undefined
}

/** What `prepareStep` may change for one step. It is recorded, so it is plain JSON. */
export interface StepPlan {
  readonly instructions?: string
  /** Names of the tools to offer. Fewer tools change the prompt prefix, so the provider's cache misses once. */
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
  /** Errors of this process by operation id, for `cause`; a replayed failure has its data alone. */
  readonly liveErrors: Map<string, AgentError>
  /** What tools threw in this process, by operation id, for `cause`. */
  readonly toolErrors: Map<string, unknown>
  usage: RunUsage
  /** Usage of the step that is open: all its attempts. */
  stepUsage: Usage
  stepAttempts: number
  stepMs: number
  activeMs: number
  toolCalls: number
  /** Charged to the budgets for attempts that never reported. */
  unknownTokens: number
  emptyReplies: number
  cutReplies: number
  outputRetries: number
  /** The final answer as JSON, once it fits. */
  output: Json | undefined
  repeats: Repeats
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
    liveErrors: new Map(),
    toolErrors: new Map(),
    usage: { unknownAttempts: 0 },
    stepUsage: {},
    stepAttempts: 0,
    stepMs: 0,
    activeMs: 0,
    toolCalls: 0,
    unknownTokens: 0,
    emptyReplies: 0,
    cutReplies: 0,
    outputRetries: 0,
    output: undefined,
    repeats: { calls: '', outputs: '', count: 0 },
  }
}

/** Adds active time: a batch takes as long as its slowest operation. */
export function addTime(run: LoopRun, ms: number): void {
  run.activeMs += ms
  run.stepMs += ms
}

/** Adds what an attempt reported; an attempt that reported nothing is counted, and charged an estimate. */
export function addAttempt(run: LoopRun, usage: Usage | undefined): void {
  run.stepAttempts++
  if (usage?.totalTokens === undefined) {
    run.usage = { ...run.usage, unknownAttempts: run.usage.unknownAttempts + 1 }
    if (hasBudget(run)) run.unknownTokens += nextInputTokens(run)
  }
  if (usage === undefined) return
  run.usage = { ...addUsage(run.usage, usage), unknownAttempts: run.usage.unknownAttempts }
  run.stepUsage = addUsage(run.stepUsage, usage)
}

/** Adds a whole step: the message with the results of all its calls. */
export function addStep(run: LoopRun, reply: ModelReply, toolResults: RunStep['toolResults']): void {
  const step = run.steps.length + 1
  run.messages.push(reply.message, ...toolResults.map((result) => ({ role: 'tool', content: [result] }) as const))
  const { message, finishReason, response } = reply
  run.steps.push({ step, message, toolResults, finishReason, usage: run.stepUsage, attempts: run.stepAttempts, response, ms: run.stepMs })
  run.stepUsage = {}
  run.stepAttempts = 0
  run.stepMs = 0
  run.show({ type: 'step-end', step, usage: run.usage })
}

/** The cost so far; `undefined` without prices, or while the usage of an attempt is unknown. */
export function costSoFar(run: LoopRun): Cost | undefined {
  const { prices } = run.agent.model.traits
  if (prices === undefined || run.usage.unknownAttempts > 0) return undefined
  return costOf({ inputTokens: 0, outputTokens: 0, ...run.usage }, prices)
}

/** The limit that forbids one more request of this run, or `undefined`. */
export function limitOf(run: LoopRun): StopReason | undefined {
  const { limits, model } = run.agent
  const nextTokens = hasBudget(run) ? nextInputTokens(run) : 0
  const price = (inputTokens: number, usage: Usage): number =>
    model.traits.prices === undefined ? 0 : (costOf(addUsage({ inputTokens, outputTokens: 0 }, usage), model.traits.prices)?.amountMicros ?? 0)
  return reachedLimit(limits, {
    steps: run.steps.length,
    toolCalls: run.toolCalls,
    tokens: (run.usage.totalTokens ?? 0) + run.unknownTokens,
    cost: price(run.unknownTokens, run.usage),
    activeMs: run.activeMs,
    nextTokens,
    nextCost: price(nextTokens, {}),
  })
}

// Estimates read the whole history: they are made only where a budget needs them.
function hasBudget({ agent: { limits } }: LoopRun): boolean {
  return limits.tokens !== Number.POSITIVE_INFINITY || limits.cost !== Number.POSITIVE_INFINITY
}

// The next request holds what the last one held, its answer and the results: reported numbers where there are some.
function nextInputTokens(run: LoopRun): number {
  const last = run.steps.at(-1)
  const known = last?.attempts === 1 ? last.usage.totalTokens : undefined
  if (last === undefined || known === undefined) {
    return estimateTokens([run.agent.instructions, run.agent.toolDefinitions, run.messages])
  }
  return known + estimateTokens(last.toolResults)
}
