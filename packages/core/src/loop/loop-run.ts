import type { ArtifactStore } from '../contract/artifacts.ts'
import type { ResolvedAttempts } from '../contract/attempts.ts'
import type { RunEventBody } from '../contract/events.ts'
import { reachedLimit } from '../contract/limits.ts'
import type { Message } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { Operations } from '../contract/operations.ts'
import type { RunStep, StopReason } from '../contract/result.ts'
import type { ConfigValues, LoopAgent } from './loop-agent.ts'
import { Ledger } from './state/ledger.ts'
import { ModelChain } from './state/model-chain.ts'
import { Notes } from './state/notes.ts'
import { QuestionIds } from './state/question-ids.ts'
import { ResultIds } from './state/result-ids.ts'
import { RunClock } from './state/run-clock.ts'
import { RunConfig } from './state/run-config.ts'
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
  /** Of a child: the id of the result that it works for. */
  readonly parentResult?: string
}

/**
 * One run as the loop keeps it: what it started with, and the owners of its state. Only they change it. What ledger, transcript and chain
 * hold follows from the input and from recorded outcomes; clock and notes belong to this process.
 */
export interface LoopRun extends LoopStart {
  readonly config: RunConfig
  readonly ledger: Ledger
  readonly transcript: Transcript
  readonly chain: ModelChain
  readonly questionIds: QuestionIds
  readonly resultIds: ResultIds
  readonly clock: RunClock
  readonly notes: Notes
}

export function newLoopRun(start: LoopStart, input: readonly Message[]): LoopRun {
  return {
    ...start,
    config: new RunConfig(start.planned),
    ledger: new Ledger(),
    transcript: new Transcript(input),
    chain: new ModelChain(start.agent.models),
    questionIds: new QuestionIds(),
    resultIds: new ResultIds(start.parentResult),
    clock: new RunClock(),
    notes: new Notes(),
  }
}

/** Active time that the run has left, in milliseconds. */
export function leftMs({ config, ledger }: LoopRun): number {
  return config.limits.durationMs - ledger.activeMs
}

/** Runs a body of an operation within the time that the run has left. */
export function withinTimeLimit<Result>(run: LoopRun, signal: AbortSignal, body: (signal: AbortSignal) => Promise<Result>): Promise<Result | 'late'> {
  return run.clock.within(signal, leftMs(run), body)
}

/** The limit of steps, tool calls or time that forbids another step, or `undefined`. */
export function limitOf({ config, ledger, transcript }: LoopRun): StopReason | undefined {
  return reachedLimit(config.limits, { steps: transcript.steps.length, toolCalls: ledger.toolCalls, activeMs: ledger.activeMs })
}

/** Completes the current step: the message with the results of all its calls. */
export function completeStep({ transcript, ledger, chain, show }: LoopRun, reply: ModelReply, toolResults: RunStep['toolResults']): void {
  const { message, finishReason, response } = reply
  const step = transcript.currentStep
  transcript.addStep({ step, model: chain.lastModel.id, message, toolResults, finishReason, ...ledger.closeStep(), response })
  show({ type: 'step-end', step, usage: ledger.usage })
}
